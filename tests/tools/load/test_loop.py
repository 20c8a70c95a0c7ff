"""The loop calls whom it should, when it should."""

from __future__ import annotations

import os
import socket
import sys
import time

import pytest

from trio_srs.tools.load.loop import READ, Loop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux's")


def test_timers_are_called_in_the_order_of_their_times() -> None:
    loop, called = Loop(), list[str]()
    now = time.monotonic()
    loop.at(now + 0.002, loop.stop)
    loop.at(now + 0.001, lambda: called.append("second"))
    loop.at(now - 1, lambda: called.append("first"))
    loop.run()
    loop.close()
    assert called == ["first", "second"]


def test_timers_of_one_time_are_called_as_they_were_set() -> None:
    loop, called = Loop(), list[int]()
    for i in range(5):
        loop.at(1.0, lambda i=i: called.append(i))  # type: ignore[misc]  # i is bound now, not later
    loop.at(2.0, loop.stop)
    loop.run()
    loop.close()
    assert called == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("round_s", [0.0, 0.001])
def test_a_ready_descriptor_is_handled(round_s: float) -> None:
    loop, (ours, theirs) = Loop(), socket.socketpair()
    loop.round_s = round_s
    with ours, theirs:
        got: list[bytes] = []

        def read(events: int) -> None:
            assert events & READ
            got.append(os.read(ours.fileno(), 10))
            loop.stop()

        loop.add(ours.fileno(), READ, read)
        theirs.send(b"news")
        loop.run()
    loop.close()
    assert got == [b"news"]


def test_what_is_left_for_later_comes_after_all_that_is_ready() -> None:
    loop, pairs, order = Loop(), [socket.socketpair() for _ in range(3)], list[str]()
    for ours, theirs in pairs:

        def read(_events: int, fd: int = ours.fileno()) -> None:
            os.read(fd, 10)
            order.append("ready")
            loop.later(lambda: order.append("later"))
            loop.later(loop.stop)

        loop.add(ours.fileno(), READ, read)
        theirs.send(b"news")
    loop.run()
    loop.close()
    assert order == ["ready"] * 3 + ["later"] * 3
    for ours, theirs in pairs:
        ours.close()
        theirs.close()


def test_a_descriptor_that_another_handler_removed_is_not_handled() -> None:
    loop, pairs, called = Loop(), [socket.socketpair() for _ in range(2)], list[int]()
    fds = [ours.fileno() for ours, _ in pairs]
    for fd in fds:

        def read(_events: int, fd: int = fd) -> None:
            called.append(fd)
            loop.stop()
            for each in fds:
                loop.remove(each)

        loop.add(fd, READ, read)
    for _, theirs in pairs:
        theirs.send(b"news")
    loop.run()
    loop.close()
    assert len(called) == 1
    for ours, theirs in pairs:
        ours.close()
        theirs.close()
