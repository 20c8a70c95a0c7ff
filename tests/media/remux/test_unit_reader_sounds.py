"""Tracks of sound beside the first, for containers that have a place for them."""

from __future__ import annotations

from tests.media.remux.records import ASC, aac, aac_head, avc, head, other_head, other_sound
from trio_srs.media.remux.left_out import LeftOutReason
from trio_srs.media.remux.unit_reader import UnitReader
from trio_srs.wire.flv.audio import AudioBody, AudioPacketType, build_audio
from trio_srs.wire.flv.enhanced import Multitrack


def reader(*, has_many_sounds: bool = True) -> UnitReader:
    return UnitReader({"h264", "aac"}, lambda _: None, has_many_sounds=has_many_sounds)


def many(at_ms: int, packet_type: AudioPacketType, data: bytes, *tracks: int) -> bytes:
    bodies = [
        AudioBody(
            "mp4a", packet_type, data + b"%d" % track if at_ms else data,
            track_id=track, multitrack=Multitrack.MANY_TRACKS,
        )
        for track in tracks
    ]  # fmt: skip
    return build_audio(bodies)


def test_each_track_of_sound_is_read_by_itself() -> None:
    made = reader()
    for message in (head(), avc(0, key=True), aac_head(), other_head(2)):
        made.read(*message)
    assert made.read(*aac(0, b"first")) is not None
    assert made.others == []
    assert made.read(*other_sound(2, 0, b"second")) is None
    (unit,) = made.others
    assert (unit.data, unit.track, unit.lane, unit.dts) == (b"second", 2, "audio2", 0)
    assert made.read(*other_sound(2, 21, b"third")) is None
    assert made.others[0].dts == 1920, "counted in samples"
    assert sorted(made.formats) == ["audio", "audio2", "video"]
    assert unit.later(5).track == 2
    made.read(*avc(40))
    assert made.others == []


def test_tracks_in_one_message_are_read_in_any_order() -> None:
    made = reader()
    made.read(8, 0, many(0, AudioPacketType.SEQUENCE_START, ASC, 1, 0))
    first = made.read(8, 21, many(21, AudioPacketType.CODED_FRAMES, b"x", 1, 0))
    assert first is not None
    assert (first.data, first.lane) == (b"x0", "audio")
    assert [(unit.data, unit.lane) for unit in made.others] == [(b"x1", "audio1")]


def test_who_has_a_place_for_one_reads_the_first_wherever_it_stands() -> None:
    made = reader(has_many_sounds=False)
    made.read(8, 0, many(0, AudioPacketType.SEQUENCE_START, ASC, 1, 0))
    first = made.read(8, 21, many(21, AudioPacketType.CODED_FRAMES, b"x", 1, 0))
    assert first is not None
    assert first.data == b"x0"
    assert made.others == []
    (left_out,) = made.left_out.found
    assert left_out.reason is LeftOutReason.OTHER_TRACK
    assert "of each kind track 0 is carried" in left_out.detail


def test_there_are_not_more_tracks_than_anybody_needs() -> None:
    made = reader()
    for track in range(1, 12):
        made.read(*other_head(track))
        made.read(*other_sound(track, 0, b"x"))
    assert len(made.formats) == 8
    assert {"tracks of sound are 9 at most" in each.detail for each in made.left_out.found} == {
        True
    }


def test_another_publisher_has_other_tracks_and_a_clock_that_is_set_is_for_all() -> None:
    made = reader()
    for message in (head(), avc(0, key=True), other_head(1), other_sound(1, 0, b"x")):
        made.read(*message)
    made.read(*avc(60_000, key=True))
    made.read(*other_sound(1, 60_000, b"x"))
    assert made.others[0].dts == 60_000 * 90
    made.restart()
    assert made.formats == {}
    made.read(*other_sound(1, 0, b"x"))
    assert made.others == [], "its header is to come"


def test_tracks_whose_header_has_come_are_expected_unless_they_cannot_be_carried() -> None:
    made = UnitReader({"h264", "aac"}, lambda _: None, has_many_sounds=True)
    assert made.expected_others() == []
    for message in (aac_head(), other_head(1), other_head(2), other_sound(2, 0, b"x")):
        made.read(*message)
    assert made.expected_others() == ["audio1", "audio2"]
    refused = UnitReader({"aac"}, lambda _: "not like this", has_many_sounds=True)
    for message in (other_head(1), other_sound(1, 0, b"x")):
        refused.read(*message)
    assert refused.expected_others() == []
