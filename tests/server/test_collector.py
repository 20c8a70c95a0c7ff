"""The collector of a server's process: in a process of its own, as it is one for all."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
import trio
from trio.testing import MockClock

from trio_srs.server import collector
from trio_srs.server.collector import look_at_all_seldom, tune_collector


class Node:
    """Refers to itself."""

    alive = 0

    def __init__(self) -> None:
        self.me = self
        Node.alive += 1

    def __del__(self) -> None:
        Node.alive -= 1


@pytest.fixture
def tuned(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    usual, callbacks = gc.get_threshold(), list(gc.callbacks)
    tune_collector()
    tune_collector()
    Node.alive = 0
    try:
        yield
    finally:
        gc.callbacks[:] = callbacks
        gc.set_threshold(*usual)
        gc.unfreeze()


@pytest.mark.usefixtures("tuned")
def test_what_is_new_is_looked_at_once() -> None:
    assert gc.get_count()[0] < 2000
    Node()
    kept = Node()
    gc.collect(0)
    assert Node.alive == 1
    assert not any(each is kept for each in gc.get_objects())
    del kept
    gc.collect()
    assert Node.alive == 1  # it was in use when it was looked at


@pytest.mark.usefixtures("tuned")
@pytest.mark.parametrize("is_much", [True, False])
async def test_all_is_looked_at_again_when_there_is_much_more_of_it(
    nursery: trio.Nursery,
    autojump_clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
    is_much: bool,
) -> None:
    monkeypatch.setattr(collector, "_GROWN", 0)
    grown = 10**9
    monkeypatch.setattr(gc, "get_freeze_count", lambda: grown if is_much else 0)
    nursery.start_soon(look_at_all_seldom)
    grown = 1
    await trio.sleep(1)
    kept = Node()
    gc.collect(0)
    del kept
    grown = 10**10
    await trio.sleep(1000)
    assert Node.alive == (0 if is_much else 1)


@pytest.mark.usefixtures("tuned")
async def test_what_has_gone_since_is_no_reason_to_look_later(
    nursery: trio.Nursery, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "_GROWN", 0)
    count = 1000
    monkeypatch.setattr(gc, "get_freeze_count", lambda: count)
    nursery.start_soon(look_at_all_seldom)
    await trio.sleep(1)
    kept = Node()
    gc.collect(0)
    del kept
    count = 10  # most of it has gone
    await trio.sleep(900)
    count = 600
    await trio.sleep(900)
    assert Node.alive == 0
