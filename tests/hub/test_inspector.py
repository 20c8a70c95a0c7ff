"""Inspectors: exact whenever asked, off the receive path, and no danger to the publish."""

from __future__ import annotations

import logging

import pytest
import trio
from trio.testing import MockClock

from tests.hub.stage import Stage
from trio_srs.hub.inspector import Inspector
from trio_srs.media.probe import Level, StreamProbe
from trio_srs.testing.bodies import audio, audio_header, header, inter, key
from trio_srs.units import Seconds

SAID = [header(), audio_header(), key(0), audio(10), inter(40), audio(30), inter(80)]


def inspected(stage: Stage, level: Level = "full") -> Inspector:
    lease = stage.publish()
    return Inspector(stage.live.feed, level, published_at=lease.began_at)


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
    assert inspector.cursor.behind == len(SAID)


async def test_after_the_end_it_says_the_same_for_ever() -> None:
    stage = Stage()
    lease = stage.publish()
    inspector = Inspector(stage.live.feed, "full", published_at=lease.began_at)
    stage.say(*SAID)
    lease.give_back()
    facts, trace = inspector.facts(), inspector.trace()
    assert (facts.messages, len(trace)) == (len(SAID), 5)
    stage.publish()
    stage.say(key(0))
    assert (inspector.facts(), inspector.trace()) == (facts, trace)
    inspector.catch_up()
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
    assert inspector.cursor.behind == 0
