"""Bit rates: over 30 seconds, since the beginning if that was later, and right at once."""

from __future__ import annotations

import attrs
import trio
from trio.testing import MockClock

from trio_srs.hub.registry import Registry, SessionEntry
from trio_srs.hub.session_requests import SessionRequests
from trio_srs.hub.turns import Turns
from trio_srs.service.api.srs.bit_rates import Rates, total
from trio_srs.service.api.srs.stream_answers import SrsKbps


@attrs.define
class Counted:
    bytes_in: int = 0
    bytes_said: int = 0


def session(registry: Registry) -> tuple[SessionEntry, Counted]:
    entry, counted = SessionEntry("c1", "rtmp", "p:1", trio.current_time()), Counted()
    entry.requests = SessionRequests(counted)
    registry.add(entry)
    return entry, counted


async def test_a_young_session_is_measured_since_it_came(autojump_clock: MockClock) -> None:
    registry = Registry()
    rates, (entry, counted) = Rates(registry, Turns()), session(registry)
    counted.bytes_in = 125
    assert rates.kbps(entry).recv_30s == 1  # over a second at least
    await trio.sleep(10)
    counted.bytes_in, counted.bytes_said = 12_500, 25_000
    assert rates.kbps(entry) == SrsKbps(recv_30s=10, send_30s=20)


async def test_an_old_one_over_the_last_30_seconds(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    registry = Registry()
    rates, (entry, counted) = Rates(registry, Turns()), session(registry)
    nursery.start_soon(rates.run)
    for _ in range(100):
        await trio.sleep(1)
        counted.bytes_in += 1250
        rates.kbps(entry)
    for _ in range(15):
        await trio.sleep(1)
        counted.bytes_in += 2500
    assert 13 <= rates.kbps(entry).recv_30s <= 17
    nursery.cancel_scope.cancel()


async def test_who_asks_twice_in_a_row_is_told_the_same(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    registry = Registry()
    rates, (entry, counted) = Rates(registry, Turns()), session(registry)
    nursery.start_soon(rates.run)
    await trio.sleep(40)
    counted.bytes_in = 50_000
    first = rates.kbps(entry)
    await trio.sleep(0.2)  # by now there is something to compare with, of a moment ago
    assert first == rates.kbps(entry) == SrsKbps(recv_30s=10, send_30s=0)
    nursery.cancel_scope.cancel()


async def test_nobody_is_looked_at_when_nobody_asks(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    registry = Registry()
    rates, (entry, counted) = Rates(registry, Turns()), session(registry)
    nursery.start_soon(rates.run)
    await trio.sleep(5)
    assert not rates.samples
    rates.kbps(entry)
    await trio.sleep(30)
    assert rates.samples
    await trio.sleep(60)
    assert not rates.samples
    counted.bytes_in = 95 * 125
    assert rates.kbps(entry).recv_30s == 1  # of all its life: there is nothing else to compare with
    nursery.cancel_scope.cancel()


def test_all_together_are_their_sum() -> None:
    some = SrsKbps(recv_30s=1, send_30s=2)
    assert total([some, some]) == SrsKbps(recv_30s=2, send_30s=4)
    assert total([]) == SrsKbps(recv_30s=0, send_30s=0)
