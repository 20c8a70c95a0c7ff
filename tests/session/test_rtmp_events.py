"""Events are values: equal by what they say, and never changed."""

from __future__ import annotations

import attrs
import pytest

from trio_srs.session import rtmp_events
from trio_srs.session.rtmp_events import AudioSwitched, Paused, StreamClosed, VideoSwitched
from trio_srs.wire.rtmp.message import Message

EVENTS = [getattr(rtmp_events, name) for name in rtmp_events.__all__ if "Rtmp" not in name]


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_a_frozen_value_that_some_session_reports(event: type) -> None:
    made = event(*range(len(attrs.fields(event))))
    assert made == event(*range(len(attrs.fields(event))))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(made, attrs.fields(event)[0].name, None)
    assert event in (*rtmp_events.RtmpServerEvent.__args__, *rtmp_events.RtmpClientEvent.__args__)


def test_media_is_reported_as_the_message_itself_by_both_ends() -> None:
    assert Message in rtmp_events.RtmpServerEvent.__args__
    assert Message in rtmp_events.RtmpClientEvent.__args__


def test_events_about_the_same_stream_differ_by_kind_and_content() -> None:
    said = [AudioSwitched(1, False), VideoSwitched(1, False), Paused(1, False), Paused(1, True)]
    assert len({*said, StreamClosed(1, "closeStream"), StreamClosed(1, "deleteStream")}) == 6
