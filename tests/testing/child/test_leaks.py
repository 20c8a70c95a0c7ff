"""What is held is found by name, and what is given back is not held."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import trio

from trio_srs.errors import EndReason
from trio_srs.hub.registry import SessionEntry
from trio_srs.testing.child.leaks import take_snapshot, until_given_back
from trio_srs.testing.child.orders import is_order


def end(reason: EndReason, detail: str) -> None:
    raise AssertionError("nobody ends it")


ENTRY = SessionEntry("c7", "rtmp", "10.0.0.1:5", 0.0, end)


async def test_nothing_changes_by_looking() -> None:
    before = take_snapshot([])
    assert take_snapshot([]).beyond(before) == ()


async def test_a_session_that_is_open_is_named() -> None:
    before = take_snapshot([])
    assert take_snapshot([ENTRY]).beyond(before) == ("session c7 from 10.0.0.1:5",)


async def test_tasks_that_go_on_are_named_and_counted() -> None:
    before = take_snapshot([])
    async with trio.open_nursery() as nursery:
        for _ in range(2):
            nursery.start_soon(trio.sleep_forever, name="forgotten")
        assert take_snapshot([]).beyond(before) == ("task forgotten (2 times)",)
        nursery.cancel_scope.cancel()
    assert take_snapshot([]).beyond(before) == ()


async def test_orders_and_what_they_do_are_no_leak() -> None:
    before = take_snapshot([])

    async def order() -> None:
        assert is_order(trio.lowlevel.current_task())
        async with trio.open_nursery() as inner:
            inner.start_soon(trio.sleep_forever)
            await trio.testing.wait_all_tasks_blocked()
            assert take_snapshot([]).beyond(before) == ()
            inner.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(order, name="order: look")


async def test_descriptors_are_named(tmp_path: Path) -> None:
    before = take_snapshot([])
    path = tmp_path / "forgotten"
    near, far = socket.socketpair()
    with path.open("wb"), near, far:
        left = take_snapshot([]).beyond(before)
        assert f"descriptor {path}" in left
        assert any("socket" in each for each in left)
        assert len(left) >= 2
    assert take_snapshot([]).beyond(before) == ()


async def test_a_listening_socket_is_named() -> None:
    before = take_snapshot([])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        [left] = take_snapshot([]).beyond(before)
        assert left == f"descriptor AF_INET socket {listener.getsockname()}"


async def test_what_is_given_back_in_time_is_no_leak() -> None:
    before = take_snapshot([])

    async def give_back(descriptor: int) -> None:
        await trio.sleep(0.05)
        os.close(descriptor)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(give_back, os.open(os.devnull, os.O_RDONLY))
        assert await until_given_back(before, [], 5.0) == ()


async def test_what_is_not_given_back_is_told_when_patience_ends() -> None:
    before = take_snapshot([])
    began = trio.current_time()
    assert await until_given_back(before, [ENTRY], 0.05) == ("session c7 from 10.0.0.1:5",)
    assert trio.current_time() - began >= 0.05
