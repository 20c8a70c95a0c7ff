"""Reports of what a fixture's server has kept: they say the same as others, and can be decoded."""

from __future__ import annotations

import attrs
import pytest

from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import StreamReport
from trio_srs.testing.kept_report import KeptReport, NothingKeptError

REPORT = StreamReport(
    stream="live/a", session="s", peer="p", began_at=0.0, facts=StreamProbe().facts()
)


def test_it_is_equal_to_any_report_that_says_the_same() -> None:
    kept = KeptReport.of(REPORT)
    assert [kept] == [REPORT]
    assert [kept] == [REPORT]
    assert kept == KeptReport.of(REPORT)
    assert kept != attrs.evolve(REPORT, stream="live/b")
    assert kept != "live/a"


def test_another_is_made_of_it_that_is_of_its_kind() -> None:
    assert isinstance(attrs.evolve(KeptReport.of(REPORT), stream="live/b"), KeptReport)


def test_what_was_not_kept_has_no_pictures() -> None:
    with pytest.raises(NothingKeptError, match="live/a: nothing of it was kept to decode"):
        KeptReport.of(REPORT).thumbnail(at=1.0)
    with pytest.raises(NothingKeptError):
        KeptReport.of(REPORT).decoded()
