"""The server's side of a play: how it begins, goes on and ends, and what is asked meanwhile."""

from __future__ import annotations

import pytest

from tests.session.pair import (
    ServerScript,
    brief,
    command,
    in_state,
)
from trio_srs.session.rtmp_events import (
    AudioSwitched,
    Paused,
    PlayRequested,
    StreamClosed,
    VideoSwitched,
)
from trio_srs.session.rtmp_streams import StreamState
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import (
    StreamBegin,
    StreamEof,
)
from trio_srs.wire.rtmp.message import Message, MessageType


def test_a_play_is_answered_with_begin_reset_start_and_sample_access() -> None:
    script = ServerScript.connected()
    script.create()
    assert script.say(command("play", "a?k=v", -2000.0, 5000.0, stream_id=1)) == [
        PlayRequested(1, "a?k=v", 5.0)
    ]
    script.session.accept()
    begin, reset, start, access = script.hear()
    assert begin == StreamBegin(1)
    assert brief([reset, start]) == [
        ("onStatus", "NetStream.Play.Reset"),
        ("onStatus", "NetStream.Play.Start"),
    ]
    assert isinstance(access, Message)
    assert (access.type_id, access.stream_id) == (MessageType.DATA_AMF0, 1)


def test_play2_names_its_stream_in_an_object() -> None:
    script = ServerScript.connected()
    said = command("play2", {"streamName": "b"}, stream_id=1)
    assert script.say(said) == [PlayRequested(1, "b", -1.0)]


def test_a_second_play_on_the_same_stream_ends_the_first() -> None:
    script = in_state(StreamState.PLAYING)
    events, heard = script.call("play", "b", stream_id=1)
    assert (events, heard) == ([StreamClosed(1, "play"), PlayRequested(1, "b", -1.0)], [])


@pytest.mark.parametrize("name", ["closeStream", "deleteStream"])
def test_a_play_is_ended_without_a_word(name: str) -> None:
    script = in_state(StreamState.PLAYING)
    assert script.call(name, 1.0, stream_id=1) == ([StreamClosed(1, name)], [])


@pytest.mark.parametrize("name", ["pause", "pauseRaw", "pauseraw"])
@pytest.mark.parametrize(
    ("args", "paused", "code", "control"),
    [
        ((), True, "NetStream.Pause.Notify", StreamEof(1)),
        ((True, 0.0), True, "NetStream.Pause.Notify", StreamEof(1)),
        ((False, 0.0), False, "NetStream.Unpause.Notify", StreamBegin(1)),
    ],
)
def test_a_pause_is_answered_and_reported(
    name: str, args: tuple[object, ...], paused: bool, code: str, control: StreamBegin | StreamEof
) -> None:
    script = in_state(StreamState.PLAYING)
    events, heard = script.call(name, *args, stream_id=1)
    assert (events, brief(heard)) == ([Paused(1, paused)], [("onStatus", code), control])


@pytest.mark.parametrize(
    ("name", "event"), [("receiveAudio", AudioSwitched), ("receiveVideo", VideoSwitched)]
)
@pytest.mark.parametrize(("args", "wanted"), [((), True), ((True,), True), ((False,), False)])
def test_only_wanting_more_of_a_play_is_answered(
    name: str,
    event: type[AudioSwitched | VideoSwitched],
    args: tuple[object, ...],
    wanted: bool,
) -> None:
    script = in_state(StreamState.PLAYING)
    events, heard = script.call(name, *args, stream_id=1)
    answers = [("onStatus", "NetStream.Seek.Notify"), ("onStatus", "NetStream.Play.Start")]
    assert (events, brief(heard)) == ([event(1, wanted)], answers if wanted else [])


@pytest.mark.parametrize("name", ["pause", "receiveAudio", "receiveVideo"])
def test_what_is_meant_for_a_play_means_nothing_on_an_idle_stream(name: str) -> None:
    assert in_state(StreamState.IDLE).call(name, False, stream_id=1) == ([], [])


def test_a_live_stream_cannot_be_sought() -> None:
    events, heard = in_state(StreamState.PLAYING).call("seek", 5.0, stream_id=1)
    assert (events, brief(heard)) == ([], [("onStatus", "NetStream.Seek.Failed")])


def test_the_length_of_a_live_stream_is_nothing() -> None:
    events, [answer] = ServerScript.connected().call("getStreamLength", "a")
    assert (events, answer) == ([], Command("_result", 1.0, (None, 0.0)))


def test_a_subscription_is_answered_twice() -> None:
    events, heard = ServerScript.connected().call("FCSubscribe", "a")
    assert (events, brief(heard)) == ([], ["_result", ("onFCSubscribe", "NetStream.Play.Start")])
