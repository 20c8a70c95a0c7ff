"""Oddities: counted by their code, with what and where the first one was."""

from __future__ import annotations

from trio_srs.wire.rtmp.oddity import Oddities, OddityCounter, OddityKind, note


def test_the_first_of_a_kind_is_told_and_all_are_counted() -> None:
    oddities: Oddities = {}
    note(oddities, OddityKind.ABORT, "once", 7)
    note(oddities, OddityKind.AGGREGATE, "another", 8)
    note(oddities, OddityKind.ABORT, "again", 9)
    assert list(oddities.items()) == [
        (OddityKind.ABORT, OddityCounter("once", 7, 2)),
        (OddityKind.AGGREGATE, OddityCounter("another", 8)),
    ]
