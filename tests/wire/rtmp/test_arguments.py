"""What the arguments of commands say, and what is said of those that say nothing."""

from __future__ import annotations

import math
from typing import Any, Final

import pytest

from trio_srs.wire.amf.values import UNDEFINED, UNSUPPORTED
from trio_srs.wire.rtmp.arguments import (
    asks_to_stop,
    flag,
    play_duration_s,
    play_name,
    stream_number,
)
from trio_srs.wire.rtmp.command import Command, CommandError

PLAYS: Final[dict[str, tuple[str, tuple[Any, ...], str, float]]] = {
    "by name": ("play", (None, "cam"), "cam", -1.0),
    "from anywhere": ("play", (None, "cam", -2000.0), "cam", -1.0),
    "for a while": ("play", (None, "cam", -2000.0, 5500.0), "cam", 5.5),
    "to the end": ("play", (None, "cam", 0.0, -1000.0, True), "cam", -1.0),
    "for no number": ("play", (None, "cam", 0.0, math.nan), "cam", -1.0),
    "for text": ("play", (None, "cam", 0.0, "5"), "cam", -1.0),
    "play2 with its object": ("play2", (None, {"streamName": "cam", "len": 5.0}), "cam", -1.0),
    "play2 like play": ("play2", (None, "cam", 0.0, 5.0), "cam", -1.0),
}


@pytest.mark.parametrize(("name", "args", "stream", "seconds"), PLAYS.values(), ids=list(PLAYS))
def test_a_play_says_what_and_how_long(
    name: str, args: tuple[Any, ...], stream: str, seconds: float
) -> None:
    command = Command(name, 0.0, args)
    assert (play_name(command), play_duration_s(command)) == (stream, seconds)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Command("play"), "play: the stream name is missing, expected a string"),
        (Command("play", 0.0, (None, {"streamName": "cam"})), "play: the stream name is dict"),
        (Command("play2", 0.0, (None, {})), "play2: the stream name is dict, expected a string"),
        (Command("play2", 0.0, (None, {"streamName": 1.0})), "play2: the stream name is dict"),
        (Command("play2", 0.0, (None, None)), "play2: the stream name is NoneType"),
    ],
    ids=str,
)
def test_a_play_without_a_name_is_refused(command: Command, text: str) -> None:
    with pytest.raises(CommandError) as caught:
        play_name(command)
    assert str(caught.value).startswith(text)


def said(name: str, *args: Any) -> Command:
    """A command with these behind its command object."""
    return Command(name, 0.0, (None, *args))


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((), True),
        ((None,), True),
        ((UNDEFINED,), True),
        ((True,), True),
        ((False,), False),
        ((0.0,), False),
        ((1,), True),
    ],
)
def test_a_flag_is_given_or_assumed(args: tuple[Any, ...], expected: bool) -> None:
    assert flag(said("pause", *args), "whether", default=True) is expected


@pytest.mark.parametrize("value", ["false", "", {}, [], UNSUPPORTED])
def test_what_is_no_flag_is_refused(value: Any) -> None:
    with pytest.raises(CommandError, match=r"^pause: whether is \w+, expected true or false$"):
        flag(said("pause", value), "whether", default=True)


@pytest.mark.parametrize(
    ("args", "expected"), [((), 7), ((None,), 7), ((UNDEFINED,), 7), ((2.0,), 2.0), ((3,), 3)]
)
def test_a_message_stream_is_named_or_assumed(args: tuple[Any, ...], expected: float) -> None:
    assert stream_number(said("deleteStream", *args), 7) == expected


@pytest.mark.parametrize("value", ["1", True, {}, [1.0]])
def test_what_is_no_number_names_no_message_stream(value: Any) -> None:
    with pytest.raises(CommandError, match=r"the message stream is \w+, expected a number$"):
        stream_number(said("deleteStream", value), 7)


@pytest.mark.parametrize(
    ("args", "stops"),
    [
        ((False,), True),
        ((None,), True),
        ((UNDEFINED,), True),
        ((0.0,), True),
        ((), False),
        ((True,), False),
        (("",), False),
        (("false",), False),
        ((5.0,), False),
        (({},), False),
    ],
)
def test_false_and_nothing_for_a_name_ask_to_stop(args: tuple[Any, ...], stops: bool) -> None:
    assert asks_to_stop(said("publish", *args)) is stops
