"""Frames are known again by their counter or their payload, and their delay is taken."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import pytest

from tests.media.expect.publishing import published, timed
from trio_srs.media.delay import DelayFacts, delay_between, delays
from trio_srs.media.facts import Moment
from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import StreamReport
from trio_srs.testing import bodies
from trio_srs.testing.streams import Pattern, Timed
from trio_srs.wire.rtmp.message import Message


def late(messages: Iterable[Timed], by_ms: float, **others: float) -> StreamReport:
    return published([Timed(each.at_ms + by_ms, each.message) for each in messages], **others)  # type: ignore[arg-type]  # as it is called


def pictures(*fills: int, start_ms: int = 0) -> list[Message]:
    return [bodies.inter(start_ms + 40 * i, fill=fill) for i, fill in enumerate(fills)]


def test_a_synthetic_stream_is_known_by_its_counter() -> None:
    pattern = Pattern(seconds=1.0)
    facts = delay_between(published(pattern), late(pattern.timed(), 120))
    assert (facts.by, facts.kind, facts.matched, facts.missing) == ("number", "video", 25, 0)
    assert [facts.min_ms, facts.mean_ms, facts.max_ms] == [pytest.approx(120)] * 3


def test_sessions_that_began_at_other_times_are_compared_all_the_same() -> None:
    pattern = Pattern(seconds=1.0)
    output = attrs.evolve(published(pattern), began_at=1e9 + 2.5)
    assert delay_between(published(pattern), output).mean_ms == pytest.approx(2500)


def test_others_are_known_by_their_payload_whatever_their_timestamps() -> None:
    source = published(timed(pictures(1, 2, 3)))
    output = published(timed(pictures(1, 2, 3, start_ms=1000)))
    facts = delay_between(source, output)
    assert (facts.by, facts.matched, facts.missing) == ("payload", 3, 0)
    assert facts.mean_ms == pytest.approx(1000)


def test_frames_like_others_of_the_source_are_left_out() -> None:
    source = published(timed(pictures(1, 9, 2, 9, 3)))
    output = published(timed(pictures(1, 9, 2, 3)))
    facts = delay_between(source, output)
    assert (facts.matched, facts.missing) == (3, 0)


def test_what_is_missing_is_between_two_that_came() -> None:
    source = published(timed(pictures(1, 2, 3, 4, 5, 6)))
    output = published(timed(pictures(2, 5)))
    facts = delay_between(source, output)
    assert (facts.matched, facts.missing, facts.first_missing) == (2, 2, Moment(2, 80))


def test_sound_is_asked_where_no_picture_is_known() -> None:
    source = published(timed([bodies.audio(0, fill=1), bodies.audio(20, fill=2)]))
    facts = delay_between(source, source)
    assert (facts.kind, facts.matched, facts.mean_ms) == ("audio", 2, 0)


def test_strangers_have_nothing_in_common() -> None:
    facts = delay_between(published(timed(pictures(1))), published(timed(pictures(2))))
    assert facts == DelayFacts(by="payload", kind="video")
    assert delays(published(timed(pictures(1))), published(timed(pictures(2)))) == ()


def test_without_arrivals_no_delay_is_known() -> None:
    probe = StreamProbe()
    for message in pictures(1, 2):
        probe.see(message)
    file = attrs.evolve(published([]), facts=probe.facts(), trace=probe.trace())
    facts = delay_between(file, published(timed(pictures(1, 2))))
    assert (facts.matched, facts.min_ms, facts.mean_ms, facts.max_ms) == (2, None, None, None)


def test_pairs_are_in_the_order_in_which_they_came_out() -> None:
    source, output = published(timed(pictures(1, 2))), published(timed(pictures(2, 1)))
    pairs = delays(source, output)
    assert [(pair.source.index, pair.output.index) for pair in pairs] == [(1, 0), (0, 1)]
    assert [pair.delay_ms for pair in pairs] == [pytest.approx(-40), pytest.approx(40)]
