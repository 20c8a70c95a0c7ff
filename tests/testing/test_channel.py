"""Whoever asks gets the answer that is meant for him, or hears why there is none."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from trio_srs.testing.channel import (
    Channel,
    ProcessEndedError,
    ProcessRefusedError,
    ProcessSilentError,
)


class Other:
    """The other end, in the test's hands."""

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair()
        self.far.settimeout(10)
        self._lines = self.far.makefile("rb")

    def hear(self) -> dict[str, Any]:
        """The next order."""
        order: dict[str, Any] = json.loads(self._lines.readline())
        return order

    def say(self, **words: object) -> None:
        """Answer something."""
        self.far.sendall(json.dumps(words).encode() + b"\n")

    def close(self) -> None:
        """Be gone."""
        self._lines.close()
        self.far.close()


@pytest.fixture
def other() -> Iterator[Other]:
    other = Other()
    yield other
    other.close()


@pytest.fixture
def channel(other: Other) -> Iterator[Channel]:
    channel = Channel(other.near, "the process", lambda: "has died", lambda: "; said: bye")
    yield channel
    channel.close()


class Asking(threading.Thread):
    """A thread that asks, and what it hears."""

    def __init__(self, channel: Channel, verb: str) -> None:
        super().__init__()
        self._channel, self._verb = channel, verb
        self.heard: object = None
        self.start()

    def run(self) -> None:
        try:
            self.heard = self._channel.ask(self._verb, 10.0, of=self._verb)
        except ProcessEndedError as error:
            self.heard = error


def test_answers_find_who_asked_whatever_their_order(channel: Channel, other: Other) -> None:
    threads = {verb: Asking(channel, verb) for verb in ("a", "b", "c")}
    for order in sorted((other.hear() for _ in threads), key=lambda order: order["do"]):
        assert order["with"] == {"of": order["do"]}
        other.say(**{"id": order["id"], "is": order["do"] * 2})
    for thread in threads.values():
        thread.join()
    assert {verb: thread.heard for verb, thread in threads.items()} == {
        "a": "aa",
        "b": "bb",
        "c": "cc",
    }


def test_an_answer_in_pieces_is_put_together(channel: Channel, other: Other) -> None:
    line = json.dumps({"id": 0, "is": "x" * 500_000}).encode() + b"\n"
    sending = threading.Thread(target=other.far.sendall, args=(line,))
    sending.start()
    assert len(channel.started(10.0)) == 500_000
    sending.join()


def test_a_refusal_is_raised_with_its_code(channel: Channel, other: Other) -> None:
    other.say(id=0, no={"code": "config_error", "message": "no such key"})
    with pytest.raises(ProcessRefusedError, match="no such key") as refusal:
        channel.started(10.0)
    assert refusal.value.why == "config_error"


def test_silence_is_told_with_the_last_words(channel: Channel) -> None:
    message = "the process: no answer to 'report' within 0.01 s; said: bye"
    with pytest.raises(ProcessSilentError, match=message):
        channel.ask("report", 0.01)


def test_an_answer_that_comes_too_late_disturbs_nobody(channel: Channel, other: Other) -> None:
    with pytest.raises(ProcessSilentError):
        channel.ask("slow", 0.01)
    other.say(**{"id": other.hear()["id"], "is": "late"})
    thread = Asking(channel, "quick")
    other.say(**{"id": other.hear()["id"], "is": "in time"})
    thread.join()
    assert thread.heard == "in time"


def test_the_end_is_told_to_who_waits_and_to_who_asks_later(channel: Channel, other: Other) -> None:
    thread = Asking(channel, "report")
    other.hear()
    other.close()
    thread.join()
    assert str(thread.heard) == "the process has died; said: bye"
    with pytest.raises(ProcessEndedError, match="the process has died; said: bye"):
        channel.ask("report", 10.0)


def test_closing_is_told_to_the_other_end(channel: Channel, other: Other) -> None:
    channel.close()
    assert other.far.recv(1) == b""
