"""Evidence is one publish, and more only where there is more; what is seen is a plain value."""

from __future__ import annotations

from tests.media.expect.publishing import published
from trio_srs.media.expect.evidence import Absent, Evidence, Extent
from trio_srs.testing.streams import Pattern


def test_a_publish_alone_is_evidence() -> None:
    evidence = Evidence(report=published(Pattern(seconds=0.2)))
    assert (evidence.earlier, evidence.source, evidence.golden) == ((), None, {})


def test_what_is_seen_compares_by_value() -> None:
    assert Absent("no video came") == Absent("no video came")
    assert Extent(1, 2) != Extent(None, 2)
