"""Evidence is one publish, and more only where there is more; what is seen is a plain value."""

from __future__ import annotations

import pytest

from tests.media.expect.publishing import published
from trio_srs.media.expect.evidence import Absent, Evidence, Extent
from trio_srs.testing.streams import Pattern


def test_a_publish_alone_is_evidence() -> None:
    evidence = Evidence(report=published(Pattern(seconds=0.2)))
    assert (evidence.earlier, evidence.source, evidence.golden) == ((), None, {})


def test_what_is_seen_compares_by_value() -> None:
    assert Absent("no video came") == Absent("no video came")
    assert Extent(1, 2) != Extent(None, 2)


def test_some_streams_stand_in_for_the_one_that_is_judged() -> None:
    one, two = published(Pattern(seconds=1.0)), published(Pattern(seconds=0.4))
    evidence = Evidence(report=one, streams={"live/a": one, "live/b": two}, source=one)
    chosen = evidence.of_streams(("live/b", "live/a"))
    assert (chosen.report, chosen.beside, chosen.source) == (two, (one,), one)
    with pytest.raises(KeyError):
        evidence.of_streams(("live/c",))
    assert evidence.of_source(two).report is two
