"""Each rule of segments against playlists finds its fault, and only that."""

from __future__ import annotations

from typing import Final

import pytest

from tests.media.packaging.faults import (
    Twin,
    after,
    at,
    both,
    check_patchy,
    check_twin,
    found_by,
    in_files,
    in_list,
    named_lists,
    packets,
    retimed,
)
from tests.media.packaging.viewings import SITE
from tests.media.remux.records import TRAIL
from trio_srs.media.packaging.timeline_rules import TIMELINE_RULES

ALL: Final = (f"{SITE}.m3u8",)
LATER: Final = tuple(f"main-e-10{n}.ts" for n in range(4, 9))
VIDEO_PID, AUDIO_PID = 0x100, 0x101
RASL: Final = b"\x12" + TRAIL[1:]


def without_a_key(body: bytes) -> bytes:
    """Its first picture is one of the others, and says so."""
    run = body.index(b"trun")
    flags = body.index(b"\x02\x00\x00\x00", run)
    body = body[:flags] + b"\x01\x01\x00\x00" + body[flags + 4 :]
    return body.replace(b"\x65\x88\x84", b"\x41\x9a\x24")


NOT_INDEPENDENT: Final = both(
    in_list("^#EXT-X-INDEPENDENT.*\n", "", names=ALL), named_lists("^#EXT-X-INDEPENDENT.*\n", "")
)
NO_KEY: Final = in_files(without_a_key, names=("video-e-104.m4s",))
TWINS: Final = {
    "segments_can_be_read": Twin(
        "plain", in_files(lambda body: body[:24], names=("video-e-108.m4s",))
    ),
    "durations_are_those_of_the_media": Twin(
        "plain", named_lists(r"(#EXTINF:)[\d.]+(,\n\w+-e-108)", r"\g<1>1.35\2", after(8))
    ),
    "segments_go_on_with_each_other": Twin(
        "ts", in_files(retimed(90_000, 90_000, VIDEO_PID, AUDIO_PID), names=LATER)
    ),
    "changes_are_discontinuities": Twin(
        "changed", named_lists("^#EXT-X-DISCONTINUITY\n", "")
    ),
    "discontinuities_have_a_reason": Twin(
        "plain",
        named_lists(r"^(.*DATE-TIME.*\n.*\n\w+-e-107.m4s)", r"#EXT-X-DISCONTINUITY\n\1"),
    ),
    "independent_segments_begin_with_a_keyframe": Twin("plain", NO_KEY),
    "independent_segments_need_no_others": Twin(
        "hevc",
        in_files(lambda body: body.replace(TRAIL, RASL), names=("video-e-103.m4s",)),
    ),
    "segments_begin_with_a_keyframe": Twin("plain", both(NO_KEY, NOT_INDEPENDENT)),
    "tracks_begin_together": Twin(
        "ts", in_files(retimed(0, 30_000, AUDIO_PID), names=("main-e-10",))
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TWINS)
def test_a_fault_is_found_by_its_rule_and_no_other(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_rule_has_a_twin() -> None:
    assert list(TWINS) == [rule.name for rule in TIMELINE_RULES]


def test_an_early_promise_holds_for_what_comes_later() -> None:
    """A viewer that got the multivariant playlist before still believes it."""
    check_twin(
        "independent_segments_begin_with_a_keyframe",
        Twin("plain", both(NO_KEY, named_lists("^#EXT-X-INDEPENDENT.*\n", "", at(-1)))),
    )


def test_what_is_missing_is_no_fault() -> None:
    check_patchy(TIMELINE_RULES)


def test_dates_that_are_not_said_are_no_reason() -> None:
    undated = both(
        named_lists(r"^(.*DATE-TIME.*\n.*\n\w+-e-107.m4s)", r"#EXT-X-DISCONTINUITY\n\1"),
        named_lists(r"^#EXT-X-PROGRAM-DATE-TIME.*\n", ""),
    )
    assert found_by(TIMELINE_RULES, Twin("plain", undated)) == {"discontinuities_have_a_reason"}


def test_a_segment_without_parameter_sets_has_no_keyframe() -> None:
    """In transport streams they are with keyframes alone."""

    def blank(body: bytes) -> bytes:
        for kind in (b"\x67", b"\x68", b"\x65"):
            body = body.replace(b"\0\0\0\1" + kind, b"\0\0\0\1\x0c")
        return body

    def silent(packet: bytearray, _: int) -> None:
        packet[1:3] = b"\x1f\xff"

    twin = Twin(
        "ts", in_files(lambda b: packets(silent, AUDIO_PID)(blank(b)), names=("main-e-104",))
    )
    assert found_by(TIMELINE_RULES, twin) == {"independent_segments_begin_with_a_keyframe"}
    twin = Twin("ts", in_files(lambda body: body[:24], names=("main-e-104",)))
    assert found_by(TIMELINE_RULES, twin) == set(), "others tell of packets that are none"


def test_tracks_that_have_nothing_in_common_are_not_compared() -> None:
    def sound_alone(packet: bytearray, _: int) -> None:
        packet[1:3] = b"\x1f\xff"

    names = ("main-e-104",)
    gone = in_files(packets(sound_alone, VIDEO_PID), names=names)
    only = in_files(packets(sound_alone, AUDIO_PID), names=("main-e-105",))
    found = found_by(TIMELINE_RULES, Twin("ts", both(gone, only)))
    assert "segments_go_on_with_each_other" not in found
