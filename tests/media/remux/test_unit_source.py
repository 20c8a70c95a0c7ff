"""The first units of a stream come together, with all of its tracks among them."""

from __future__ import annotations

from tests.media.remux.records import ASC, aac, aac_head, avc, head, other_head, other_sound
from tests.media.remux.test_unit_reader_sounds import many
from trio_srs.media.remux.unit_source import UnitSource
from trio_srs.wire.flv.audio import AudioPacketType


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


def test_other_tracks_of_sound_are_held_with_the_first_and_do_not_stand_for_it() -> None:
    units = UnitSource({"h264", "aac"}, lambda _: None, has_many_sounds=True)
    for message in (head(), avc(0, key=True), aac_head(), other_head(1), other_sound(1, 0, b"1")):
        assert units.read(*message) == []
    assert [unit.lane for unit in units.read(*aac(21))] == ["video", "audio1", "audio"]
    assert [unit.lane for unit in units.read(*other_sound(1, 42, b"1"))] == ["audio1"]
    assert [unit.lane for unit in units.read(*avc(40))] == ["video"]


def test_one_message_may_let_all_go_on() -> None:
    units = UnitSource({"h264", "aac"}, lambda _: None, has_many_sounds=True)
    for message in (
        head(),
        avc(0, key=True),
        (8, 0, many(0, AudioPacketType.SEQUENCE_START, ASC, 0, 1)),
    ):
        units.read(*message)
    begun = units.read(8, 21, many(21, AudioPacketType.CODED_FRAMES, b"x", 0, 1))
    assert [unit.lane for unit in begun] == ["video", "audio", "audio1"]


def test_other_tracks_that_are_announced_are_waited_for_but_not_for_ever() -> None:
    units = UnitSource({"h264", "aac"}, lambda _: None, has_many_sounds=True)
    for message in (head(), avc(0, key=True), aac_head(), other_head(1), aac(0)):
        assert units.read(*message) == []
    assert len(units.read(*avc(520))) == 3
