"""The right to publish: lost at once, told once, and never kept by accident."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from tests.hub.stage import Stage, later
from trio_srs.errors import EndReason
from trio_srs.hub.lease import LeaseLostError, StreamBusyError
from trio_srs.testing.bodies import key
from trio_srs.wire.rtmp.status import StatusCode


async def test_a_lease_notes_when_the_last_message_came(autojump_clock: MockClock) -> None:
    stage = Stage()
    lease = stage.publish()
    assert lease.began_at == trio.current_time()
    assert lease.last_at is None
    later(3.0)
    lease.append(key(0), trio.current_time())
    assert lease.last_at == lease.began_at + 3
    assert stage.live.feed.log.at(0).arrived_at == lease.last_at


async def test_what_is_appended_after_the_name_was_taken_away_is_refused() -> None:
    stage = Stage()
    lost = stage.publish()
    lost.revoke(EndReason.KICKED, "by a test")
    assert not lost.held
    with pytest.raises(LeaseLostError, match="cam is no longer published by this connection"):
        lost.append(key(0), 0.0)
    held = stage.publish()
    with pytest.raises(LeaseLostError):
        lost.append(key(0), 0.0)
    held.append(key(0), 0.0)
    assert stage.live.counters.messages == 1
    assert lost.last_at is None


async def test_the_name_is_free_before_the_holder_is_told() -> None:
    stage = Stage()
    lease = stage.publish()
    seen: list[bool] = []
    lease._revoke = lambda reason, detail: seen.append(stage.live.publishing)
    lease.revoke(EndReason.KICKED, "by a test")
    assert seen == [False]


async def test_giving_back_what_is_not_held_takes_nothing_from_its_new_holder() -> None:
    stage = Stage()
    first = stage.publish()
    first.give_back()
    second = stage.publish()
    first.give_back()
    assert second.held
    assert stage.revoked == []


def test_how_a_busy_name_is_answered() -> None:
    assert StreamBusyError.rtmp_status == StatusCode.PUBLISH_BAD_NAME
    assert StreamBusyError.http_status == 409
    assert LeaseLostError.end is EndReason.REPLACED
