"""A source may be asked for everything."""

from __future__ import annotations

from trio_srs.media.expect.source_keywords import SourceKeywords
from trio_srs.media.expect.subjects import SUBJECTS


def test_a_source_has_every_subject() -> None:
    assert set(SourceKeywords.__annotations__) == {name.replace(".", "_") for name in SUBJECTS}
