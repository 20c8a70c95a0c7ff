"""Subjects about packaging say what its facts say, and the first place that is not as expected."""

from __future__ import annotations

from typing import Any, Final

import attrs
import pytest

from tests.media.expect.publishing import published
from trio_srs.media.expect import Evidence, Verdict, judge, parse_rules
from trio_srs.media.expect.packaging_subjects import packaging_subjects
from trio_srs.media.packaging_facts import AnswerFacts, PackagingFacts, PieceFacts, RuleBreach
from trio_srs.media.report import StreamReport
from trio_srs.testing.streams import Pattern


def piece(number: int, seconds: float, **others: Any) -> PieceFacts:
    return PieceFacts(rendition="r", number=number, url=f"u{number}", seconds=seconds, **others)


def request(url: str, **others: Any) -> AnswerFacts:
    return AnswerFacts(**{"url": url, "status": 200, "seconds": 0.1, **others})


def breach(rule: str, severity: str) -> RuleBreach:
    return RuleBreach(
        rule=rule, clause="8216 3", severity=severity, where="list", seen="a", expected="b"
    )


FACTS: Final = PackagingFacts(
    form="LL-HLS", container="fMP4", is_live=True, variants=2, target_s=2.0, part_target_s=0.5,
    segments=(
        piece(1, 2.0), piece(2, 1.5, hole_ms=5.0, drift_ms=0.0),
        piece(3, 2.6, hole_ms=-40.0, drift_ms=-300.0),
    ),
    parts=(piece(4, 0.5, part=0), piece(4, 0.4, part=1)),
    discontinuities=1, gap_segments=3, encrypted="AES-128", variants_apart_ms=20.0,
    first_segment_s=0.25, latency_least_s=1.0, latency_most_s=4.0, stale_s=2.5,
    requests=(
        request("p", is_list=True, max_age_s=1), request("s", max_age_s=60),
        request("t", status=404, seconds=2.0, max_age_s=5), request("v", status=0),
    ),
    breaches=(breach("one", "error"), breach("one", "error"), breach("two", "warning")),
)  # fmt: skip
REPORT: Final = attrs.evolve(published(Pattern(seconds=1.0)), packaging=FACTS)
BARE: Final = attrs.evolve(REPORT, packaging=PackagingFacts(form="HLS"))
PLAIN: Final = published(Pattern(seconds=1.0))


def verdict(rule: str, report: StreamReport = REPORT) -> Verdict:
    [found] = judge(Evidence(report=report), parse_rules([rule]))
    return found


@pytest.mark.parametrize(
    "rule",
    [
        "packaging.form == LL-HLS", "packaging.container == fMP4", "packaging.live",
        "packaging.encrypted == AES-128", "packaging.variants.count == 2",
        "packaging.variants.apart ~ 20 ms", "packaging.target.seconds == 2",
        "packaging.part_target.seconds == 500 ms", "packaging.discontinuities == 1",
        "packaging.gap_segments == 3", "packaging.segments.count == 3",
        "packaging.segments.seconds in 1.5..2.6", "packaging.parts.count == 2",
        "packaging.parts.seconds in 0.4..0.5", "packaging.hole.longest == 40",
        "packaging.dates.drift == 300", "packaging.first_segment.seconds <= 250 ms",
        "packaging.latency.seconds in 1..4", "packaging.stale.seconds == 2.5",
        "packaging.requests.count == 4", "packaging.requests.failed == 2",
        "packaging.requests.slowest == 2", "packaging.availability == 50",
        "packaging.cache.lists == 1", "packaging.cache.media == 60", "packaging.errors has one",
        "packaging.errors in one, three", "packaging.warnings in two",
    ],
)  # fmt: skip
def test_every_fact_can_be_asked_for(rule: str) -> None:
    assert verdict(rule).met


@pytest.mark.parametrize(
    ("rule", "seen", "where"),
    [
        (
            "packaging.segments.seconds <= 2.4", "1.5 s to 2.6 s",
            "first at segment 3 (u3), with 2.6 s",
        ),
        ("packaging.parts.seconds >= 0.45", "0.4 s to 0.5 s",
         "first at segment 4 part 1 (u4), with 0.4 s"),
        ("packaging.hole.longest <= 10", "40 ms", "first at segment 3 (u3), with 40 ms"),
        ("packaging.requests.failed == 0", "2", "first at t, status 404, with 1"),
        ("packaging.requests.slowest <= 1", "2 s", "first at t, with 2 s"),
        ("packaging.requests.failed >= 5", "2", "first at t, status 404, with 1"),
        (
            "packaging.errors absent", "one, one at list: a, expected b [8216 3]", "",
        ),
        ("packaging.errors in two", "one, one at list: a, expected b [8216 3]", ""),
    ],
)  # fmt: skip
def test_the_first_place_that_is_not_as_expected_is_told(rule: str, seen: str, where: str) -> None:
    found = verdict(rule)
    assert (found.met, found.seen, found.where, found.index) == (False, seen, where, None)


@pytest.mark.parametrize("name", [subject.name for subject in packaging_subjects()])
def test_what_is_not_packaged_has_none_of_it(name: str) -> None:
    found = verdict(f"{name} present", PLAIN)
    assert (found.met, found.seen) == (False, "it is neither HLS nor DASH")


def test_what_is_not_known_is_not_made_up() -> None:
    absent = {
        subject.name.removeprefix("packaging.")
        for subject in packaging_subjects()
        if not verdict(f"{subject.name} present", BARE).met
    }
    assert absent == {
        "errors", "warnings", "container", "encrypted", "variants.apart", "target.seconds",
        "part_target.seconds", "segments.seconds", "parts.seconds", "first_segment.seconds",
        "latency.seconds", "availability", "cache.lists", "cache.media",
    }  # fmt: skip
    assert verdict("packaging.errors absent", BARE).met
    assert verdict("packaging.hole.longest == 0", BARE).met
