"""Evidence is one publish, and more only where there is more."""

from __future__ import annotations

from tests.media.expect.publishing import published
from trio_srs.media.expect.evidence import Evidence
from trio_srs.testing.streams import Pattern


def test_a_publish_alone_is_evidence() -> None:
    evidence = Evidence(report=published(Pattern(seconds=0.2)))
    assert (evidence.earlier, evidence.source, evidence.golden) == ((), None, {})
