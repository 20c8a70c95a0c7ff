"""Oddities: counted by their code, with what and where the first one was."""

from __future__ import annotations

from trio_srs.wire.rtmp.oddity import Oddities, Oddity, note


def test_the_first_of_a_kind_is_told_and_all_are_counted() -> None:
    oddities: Oddities = {}
    note(oddities, "b", "once", 7)
    note(oddities, "a", "another", 8)
    note(oddities, "b", "again", 9)
    assert list(oddities.items()) == [("b", Oddity("once", 7, 2)), ("a", Oddity("another", 8))]
