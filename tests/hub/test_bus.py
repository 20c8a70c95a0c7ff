"""The bus tells everybody, in order, and is not stopped by a listener's bug."""

from __future__ import annotations

import logging
from contextlib import ExitStack, suppress

import attrs
import pytest

from trio_srs.hub.bus import Bus, Event, PlayBegan, SessionBegan

BEGAN = SessionBegan(session="c1", peer="127.0.0.1:50000", protocol="rtmp")
PLAY = PlayBegan(session="c1", peer="127.0.0.1:50000", stream="live/cam")


def test_every_listener_is_told_at_once_and_in_order() -> None:
    bus = Bus()
    told: list[tuple[str, Event]] = []
    with (
        bus.listening(lambda event: told.append(("first", event))),
        bus.listening(lambda event: told.append(("second", event))),
    ):
        bus.tell(BEGAN)
        bus.tell(PLAY)
    assert told == [("first", BEGAN), ("second", BEGAN), ("first", PLAY), ("second", PLAY)]


def test_who_listens_no_more_is_told_no_more() -> None:
    bus = Bus()
    told: list[Event] = []
    with bus.listening(told.append):
        bus.tell(BEGAN)
    with suppress(KeyError), bus.listening(told.append):
        raise KeyError
    bus.tell(PLAY)
    assert told == [BEGAN]


def test_a_listeners_bug_is_logged_and_the_others_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(event: Event) -> None:
        raise ZeroDivisionError

    bus = Bus()
    told: list[Event] = []
    with bus.listening(fail), bus.listening(told.append), caplog.at_level(logging.ERROR):
        bus.tell(BEGAN)
    assert told == [BEGAN]
    [line] = caplog.records
    assert line.getMessage() == "a bug ended a listener's turn at SessionBegan"
    assert line.exc_info is not None
    assert line.exc_info[0] is ZeroDivisionError


def test_a_listener_may_leave_while_it_is_told() -> None:
    bus = Bus()
    told: list[str] = []
    leaving = ExitStack()

    def first(event: Event) -> None:
        told.append("first")
        leaving.close()

    leaving.enter_context(bus.listening(first))
    with bus.listening(lambda event: told.append("second")):
        bus.tell(BEGAN)
        bus.tell(PLAY)
    assert told == ["first", "second", "second"]


def test_who_listens_for_a_stream_is_told_of_no_other() -> None:
    bus = Bus()
    told: list[str] = []
    other = attrs.evolve(PLAY, stream="live/other")
    with bus.listening(lambda _: told.append("a"), PLAY.stream):
        with bus.listening(lambda _: told.append("b"), PLAY.stream):
            for event in (BEGAN, PLAY, other):
                bus.tell(event)
        bus.tell(PLAY)
    bus.tell(PLAY)
    assert told == ["a", "b", "a"]
    assert not bus._of_streams
