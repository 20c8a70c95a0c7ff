"""The first units of a stream come together, with all of its tracks among them."""

from __future__ import annotations

from tests.media.remux.records import aac, aac_head, avc, head
from trio_srs.media.remux.unit_source import UnitSource


def source() -> UnitSource:
    return UnitSource({"h264", "aac"}, lambda _: None)


def test_the_first_units_come_together_and_the_rest_one_by_one() -> None:
    units = source()
    assert [units.read(*each) for each in (head(), avc(0, key=True), aac_head())] == [[], [], []]
    begun = units.read(*aac(0))
    assert [unit.format.kind for unit in begun] == ["video", "audio"]
    assert [unit.dts for unit in units.read(*avc(40))] == [3600]
    assert units.left_out.found == []
    assert sorted(units.formats) == ["audio", "video"]


def test_what_is_held_comes_at_the_end_and_another_publisher_is_held_anew() -> None:
    units = source()
    for message in (head(), avc(0, key=True)):
        units.read(*message)
    assert [unit.is_key for unit in units.finish()] == [True]
    units.restart()
    for message in (head(at_ms=9000), avc(9000, key=True)):
        assert units.read(*message) == []
    (unit,) = units.finish()
    assert unit.discontinuity
