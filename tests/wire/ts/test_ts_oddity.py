"""What may be wrong with a transport stream has words of its own."""

from __future__ import annotations

from trio_srs.wire.oddity_counter import note
from trio_srs.wire.ts.ts_oddity import TsOddities, TsOddityKind


def test_the_words_are_those_of_the_names() -> None:
    assert [kind.value for kind in TsOddityKind] == [kind.name.lower() for kind in TsOddityKind]


def test_they_are_counted_by_kind() -> None:
    oddities: TsOddities = {}
    note(oddities, TsOddityKind.CONTINUITY, "PID 0x100", 188)
    note(oddities, TsOddityKind.CONTINUITY, "PID 0x101", 376)
    assert {kind: each.count for kind, each in oddities.items()} == {"continuity": 2}
