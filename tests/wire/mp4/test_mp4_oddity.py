"""What may be wrong with an MP4 has words of its own."""

from __future__ import annotations

from trio_srs.wire.mp4.mp4_oddity import Mp4Oddities, Mp4OddityKind
from trio_srs.wire.oddity_counter import note


def test_the_words_are_those_of_the_names() -> None:
    assert [kind.value for kind in Mp4OddityKind] == [kind.name.lower() for kind in Mp4OddityKind]


def test_they_are_counted_by_kind() -> None:
    oddities: Mp4Oddities = {}
    note(oddities, Mp4OddityKind.OUTSIDE, "a sample", 100)
    assert oddities[Mp4OddityKind.OUTSIDE].count == 1
