"""Oddities: counted by their kind, with what and where the first one was."""

from __future__ import annotations

import enum

from trio_srs.wire.oddity_counter import OddityCounter, note


class Kind(enum.StrEnum):
    ROUND = "round"
    SQUARE = "square"


def test_the_first_of_a_kind_is_told_and_all_are_counted() -> None:
    oddities: dict[Kind, OddityCounter] = {}
    note(oddities, Kind.SQUARE, "once", 7)
    note(oddities, Kind.ROUND, "another", 8)
    note(oddities, Kind.SQUARE, "again", 9)
    assert list(oddities.items()) == [
        (Kind.SQUARE, OddityCounter("once", 7, 2)),
        (Kind.ROUND, OddityCounter("another", 8)),
    ]
