"""Subjects about a publish as a whole."""

from __future__ import annotations

import attrs
import pytest

from tests.media.expect.publishing import defective, published, timed
from trio_srs.errors import EndReason
from trio_srs.media.expect.evidence import Absent, Evidence, Seen
from trio_srs.media.expect.report_subjects import report_subjects
from trio_srs.media.report import Conduct, Oddity, StreamReport
from trio_srs.testing import bodies
from trio_srs.testing.streams import Pattern

SUBJECTS = {subject.name: subject for subject in report_subjects()}
GOOD = published(Pattern(seconds=1.0))


def read(report: StreamReport, name: str) -> Seen:
    return SUBJECTS[name].read(Evidence(report=report))


def remark(report: StreamReport, name: str) -> str:
    said = SUBJECTS[name].remark
    assert said is not None
    return said(Evidence(report=report))


def test_delays_count_from_publish() -> None:
    late = published(Pattern(seconds=1.0), delay_s=0.5)
    assert read(late, "first_frame.seconds") == pytest.approx(0.5)
    assert read(late, "first_keyframe.seconds") == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("report", "seconds", "index"),
    [
        (published(Pattern(seconds=1.0), delay_s=3.0), 3.0, 0),
        (published(defective("stall@20:4", audio="none")), 4.04, 20),
        (published(Pattern(seconds=1.0, audio="none"), tail_s=5.0), 5.0, 24),
    ],
    ids=["before the first frame", "between two", "before the end"],
)
def test_a_stall_is_found_wherever_it_is(report: StreamReport, seconds: float, index: int) -> None:
    assert read(report, "stall.seconds") == pytest.approx(seconds)
    walk = SUBJECTS["stall.seconds"].walk
    assert walk is not None
    longest = max(walk(Evidence(report=report)), key=lambda reading: reading.low)
    assert longest.low == pytest.approx(seconds)
    assert longest.frame.index == index


def test_without_arrivals_there_is_no_stall() -> None:
    nothing = published(timed([bodies.metadata()]))
    assert isinstance(read(nothing, "stall.seconds"), Absent)
    assert isinstance(read(published(Pattern(seconds=1.0), "headers"), "stall.seconds"), Absent)
    walk = SUBJECTS["stall.seconds"].walk
    assert walk is not None
    assert list(walk(Evidence(report=nothing))) == []


def test_a_publish_that_goes_on_has_no_end() -> None:
    running = published(Pattern(seconds=1.0), end=None)
    assert read(running, "end.reason") == Absent("the publish has not ended")
    assert read(running, "stall.seconds") == pytest.approx(0.1)


def test_the_end_is_told_with_its_detail() -> None:
    killed = published(Pattern(seconds=1.0), end=EndReason.PEER_RST, end_detail="reset by peer")
    assert (read(killed, "end.reason"), remark(killed, "end.reason")) == (
        "peer_rst",
        "reset by peer",
    )


def test_metadata_are_their_keys() -> None:
    assert read(published(timed([bodies.metadata()])), "metadata") == ("width", "height")
    assert read(published(timed([bodies.key(0)])), "metadata") == Absent("no metadata came")


def test_digests_are_those_of_the_facts() -> None:
    assert GOOD.facts.digests is not None
    for mode in ("exact", "payload", "without_user_data"):
        assert read(GOOD, f"digest.{mode}") == getattr(GOOD.facts.digests, mode)


def test_conduct_is_what_the_encoder_said_and_did() -> None:
    oddities = (Oddity(code="a", detail="b", offset=7), Oddity(code="c", count=2))
    conduct = Conduct(handshake="complex", client="FMLE/3.0", encoder="me", oddities=oddities)
    odd = attrs.evolve(GOOD, conduct=conduct)
    assert read(odd, "conduct.handshake") == "complex"
    assert read(odd, "conduct.client") == "FMLE/3.0"
    assert read(odd, "conduct.encoder") == "me"
    assert read(odd, "conduct.flow") == Absent("it did not say")
    assert (read(odd, "conduct.oddities"), remark(odd, "conduct.oddities")) == (
        3,
        "first a at byte 7 of the input: b",
    )
    nowhere = attrs.evolve(GOOD, conduct=Conduct(oddities=(Oddity(code="a", detail="b"),)))
    assert remark(nowhere, "conduct.oddities") == "first a: b"
    assert remark(GOOD, "conduct.oddities") == ""
