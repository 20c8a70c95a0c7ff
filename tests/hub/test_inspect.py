"""Inspectors: exact whenever asked, off the receive path, and no danger to the publish."""

from __future__ import annotations

import logging
from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock

from tests.hub.stage import Stage
from trio_srs.hub.follower import Follower
from trio_srs.hub.inspect import Inspection, Inspector
from trio_srs.hub.live import Live
from trio_srs.hub.record import Record
from trio_srs.media.probe import Level, StreamProbe
from trio_srs.testing.bodies import audio, audio_header, header, inter, key
from trio_srs.units import Seconds

SAID = [header(), audio_header(), key(0), audio(10), inter(40), audio(30), inter(80)]


def inspected(stage: Stage, level: Level = "full") -> Inspector:
    lease = stage.publish()
    return Inspector(stage.live, level, published_at=lease.began_at)


@pytest.mark.parametrize("level", ["headers", "full"])
async def test_facts_are_those_of_all_that_has_come_at_any_moment(level: Level) -> None:
    stage, probe = Stage(), StreamProbe(level)
    inspector = inspected(stage, level)
    for message in SAID:
        stage.say(message)
        probe.see(message)
        facts = inspector.facts()
        assert (facts.messages, facts.bytes) == (probe.facts().messages, probe.facts().bytes)
        assert facts.digests == probe.facts().digests
        assert [track.frames for track in facts.tracks] == [
            track.frames for track in probe.facts().tracks
        ]
        assert len(inspector.trace()) == len(probe.trace())


async def test_nothing_is_looked_at_while_it_is_received() -> None:
    stage = Stage()
    inspector = inspected(stage)
    stage.say(*SAID)
    assert inspector.behind == len(SAID)


async def test_after_the_end_it_says_the_same_for_ever() -> None:
    stage = Stage()
    lease = stage.publish()
    inspector = Inspector(stage.live, "full", published_at=lease.began_at)
    stage.say(*SAID)
    lease.give_back()
    facts, trace = inspector.facts(), inspector.trace()
    assert (facts.messages, len(trace)) == (len(SAID), 5)
    stage.publish()
    stage.say(key(0))
    assert (inspector.facts(), inspector.trace()) == (facts, trace)
    inspector.let_go()
    assert inspector.facts() is facts


async def test_arrivals_count_from_the_publish_and_are_as_exact_as_the_reading(
    autojump_clock: MockClock,
) -> None:
    stage = Stage(merge_read=Seconds(0.35))
    inspector = inspected(stage)
    await trio.sleep(1.5)
    stage.say(key(0))
    arrival = inspector.facts().arrival
    assert arrival.first_frame_s == pytest.approx(1.5)
    assert arrival.resolution_s == 0.35


async def test_a_bug_in_looking_ends_the_inspection_and_not_the_publish(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage()
    inspector = inspected(stage)
    stage.say(*SAID[:3])
    assert inspector.facts().messages == 3

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(StreamProbe, "take", fail)
    stage.say(*SAID[3:])
    with caplog.at_level(logging.ERROR):
        assert inspector.facts().messages == 3
    assert "a bug ended the inspection of cam" in caplog.text
    stage.say(inter(120))
    assert stage.live.counters.messages == len(SAID) + 1
    assert len(inspector.trace()) == 1
    assert inspector.behind == 0


class Slow(Follower):
    """Takes its time over every record."""

    def __init__(self, live: Live, order: list[Follower], clock: MockClock) -> None:
        super().__init__(live)
        self._order, self._clock = order, clock

    def see(self, records: list[Record]) -> None:
        self._order += [self] * len(records)
        self._clock.jump(0.0001 * len(records))


async def test_followers_catch_up_by_themselves_until_they_are_let_go(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    inspection, stage = Inspection(0.25), Stage()
    nursery.start_soon(inspection.run)
    lease = stage.publish()
    inspector = Inspector(stage.live, "full", published_at=lease.began_at)
    inspection.add(inspector)
    for _ in range(3):
        stage.say(*(inter(0) for _ in range(100)))
        await trio.sleep(0.26)
        assert inspector.behind == 0
    lease.give_back()
    await trio.sleep(1)
    assert len(inspection._followers) == 0


async def test_followers_take_turns_and_others_run_between(autojump_clock: MockClock) -> None:
    inspection, stages = Inspection(0.25), [Stage(), Stage()]
    order: list[Follower] = []
    seen: list[int] = []
    for stage in stages:
        stage.publish()
        inspection.add(Slow(stage.live, order, autojump_clock))
        stage.say(*(inter(0) for _ in range(96)))

    async def others() -> None:
        while len(order) < 192:
            seen.append(len(order))
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        await inspection._round()
    # A slice takes longer than the budget, and of two tasks either may be first in a pass.
    assert max(later - sooner for sooner, later in pairwise([*seen, 192])) <= 64
    assert order[:32] == [order[0]] * 32
    assert order[32:64] == [order[32]] * 32
    assert order[0] is not order[32]


async def test_a_round_ends_although_more_keeps_coming(autojump_clock: MockClock) -> None:
    stage = Stage()
    stage.publish()

    class Endless(Follower):
        def see(self, records: list[Record]) -> None:
            stage.say(inter(0), inter(0))  # while it looks

    follower = Endless(stage.live)
    inspection = Inspection(0.25)
    inspection.add(follower)
    stage.say(*(inter(0) for _ in range(64)))
    await inspection._round()
    assert (follower.position, follower.behind) == (64, 4)
