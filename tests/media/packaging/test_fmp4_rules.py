"""Each rule of fragmented MP4 finds its fault, and only that."""

from __future__ import annotations

from typing import Final

import attrs
import pytest

from tests.media.packaging.faults import (
    Change,
    Twin,
    check_patchy,
    check_twin,
    found_by,
    in_files,
    resized,
)
from tests.media.remux.records import ASC, AVC
from trio_srs.media.packaging.fmp4_rules import FMP4_RULES
from trio_srs.wire.codec.aac import build_audio_specific_config
from trio_srs.wire.mp4.init_segment import Mp4Track, build_init
from trio_srs.wire.mp4.sample_entry import SampleEntry

PICTURES: Final = Mp4Track(1, 90_000, SampleEntry("h264", AVC, 320, 242), is_video=True)
SOUND: Final = Mp4Track(2, 48_000, SampleEntry("aac", ASC, 0, 0, 48_000, 2), is_video=False)


def patched(name: bytes, at: int, new: bytes, old: bytes | None = None) -> Change:
    """So many bytes behind the name of a box others stand."""

    def change(body: bytes) -> bytes:
        start = body.index(name) + 4 + at
        assert old is None or body[start : start + len(old)] == old
        return body[:start] + new + body[start + len(new) :]

    return change


def later(body: bytes) -> bytes:
    start = body.index(b"tfdt") + 8
    time = int.from_bytes(body[start : start + 8], "big") + 900
    return body[:start] + time.to_bytes(8, "big") + body[start + 8 :]


def in_32_bits(box: bytes) -> bytes:
    return b"\0\0\0\x10tfdt" + bytes(4) + box[-4:]


def with_bytes_behind(box: bytes) -> bytes:
    return box + bytes(4)


def swapped_once(old: bytes, new: bytes, place: int) -> Change:
    def change(body: bytes) -> bytes:
        at = -1
        for _ in range(place + 1):
            at = body.index(old, at + 1)
        return body[:at] + new + body[at + len(old) :]

    return change


def of(name: str, change: Change) -> Twin:
    return Twin("plain", in_files(change, names=(name,)))


INIT: Final = "video-e-100-init.mp4"
ONE: Final = "video-e-104.m4s"
LAST: Final = "audio-e-108.m4s"
TWINS: Final = {
    "init_segments_are_empty": of("audio-e-100-init.mp4", patched(b"mdhd", 16, b"\0\0\1\0")),
    "a_file_has_one_track": of(INIT, lambda _: build_init([PICTURES, SOUND])),
    "fragments_have_their_time": of(ONE, resized(b"tfdt", in_32_bits)),
    "decode_times_add_up": of(ONE, later),
    "data_is_where_it_is_said_to_be": of(ONE, patched(b"tfhd", 1, b"\0", b"\x02")),
    "composition_is_said_one_way": of(
        INIT, lambda _: build_init([attrs.evolve(PICTURES, media_start=9000)])
    ),
    "sync_samples_are_keyframes": of(
        ONE, swapped_once(b"\x01\x01\x00\x00", b"\x02\x00\x00\x00", 2)
    ),
    "parameter_sets_are_in_the_init_segment": of(
        ONE, swapped_once(b"\x41\x9a\x24", b"\x67\x9a\x24", 2)
    ),
    "frames_of_aac_have_their_length": of(LAST, patched(b"tfhd", 8, b"\0\0\3\xff")),
    "fragment_numbers_rise": of(LAST, patched(b"mfhd", 4, b"\0\0\0\1")),
    "segments_say_their_brands": of(
        ONE, lambda body: body.replace(b"msdh", b"isom").replace(b"cmfs", b"iso6")
    ),
    "runs_end_with_their_samples": of(ONE, resized(b"trun", with_bytes_behind)),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_fault_is_found_by_its_rule_and_no_other(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_rule_has_a_twin() -> None:
    assert list(TWINS) == [rule.name for rule in FMP4_RULES]


def test_what_is_missing_is_no_fault() -> None:
    check_patchy(FMP4_RULES)


def plus(name: bytes, at: int, more: int) -> Change:
    """A number of 32 bits behind the name of a box is greater."""

    def change(body: bytes) -> bytes:
        start = body.index(name) + 4 + at
        number = int.from_bytes(body[start : start + 4], "big") + more
        return body[:start] + number.to_bytes(4, "big") + body[start + 4 :]

    return change


def all_later(body: bytes) -> bytes:
    """No picture is shown before its time of decoding, and the first later than then."""
    return plus(b"trun", 24, 9000)(body.replace(b"\xff\xff\xdc\xd8", b"\0\0\x23\x28"))


def renamed(old: bytes, new: bytes) -> Change:
    return lambda body: body.replace(old, new)


@pytest.mark.parametrize(
    ("rule", "twin"),
    [
        ("data_is_where_it_is_said_to_be", of(ONE, plus(b"trun", 8, 3))),
        ("data_is_where_it_is_said_to_be", of(ONE, plus(b"trun", 16, -1))),
        ("data_is_where_it_is_said_to_be", of(ONE, renamed(b"mdat", b"free"))),
        ("parameter_sets_are_in_the_init_segment", of(INIT, renamed(b"avc1", b"hev1"))),
        ("composition_is_said_one_way", of(ONE, all_later)),
        ("fragments_have_their_time", of(ONE, renamed(b"tfdt", b"free"))),
        ("init_segments_are_empty", of(INIT, renamed(b"trak", b"free"))),
    ],
)
def test_other_faults_of_the_same_rules(rule: str, twin: Twin) -> None:
    assert rule in found_by(FMP4_RULES, twin)


def test_sound_whose_configuration_cannot_be_read_is_not_measured() -> None:
    config = build_audio_specific_config(2, 8000, 1)
    twin = of("audio-e-100-init.mp4", renamed(config, b"\xff" * len(config)))
    assert "frames_of_aac_have_their_length" not in found_by(FMP4_RULES, twin)
