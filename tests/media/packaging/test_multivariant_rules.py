"""Each rule of multivariant playlists finds its fault, and only that."""

from __future__ import annotations

from typing import Final

import pytest

from tests.media.packaging.faults import (
    Twin,
    after,
    both,
    check_patchy,
    check_twin,
    found_by,
    in_files,
    in_list,
    named_lists,
)
from tests.media.packaging.viewings import SITE
from trio_srs.media.packaging.multivariant_rules import MULTIVARIANT_RULES

ALL: Final = (f"{SITE}.m3u8",)
AUDIO: Final = ("audio.m3u8",)


def ten_seconds_on(body: bytes) -> bytes:
    """Of sound at 8 kHz."""
    at = body.index(b"tfdt") + 8
    time = int.from_bytes(body[at : at + 8], "big") + 80_000
    return body[:at] + time.to_bytes(8, "big") + body[at + 8 :]


TWINS: Final = {
    "codecs_name_every_format": Twin("plain", in_list(',mp4a[^"]*', "", names=ALL)),
    "codecs_are_those_of_the_media": Twin(
        "plain", in_list("avc1.64001f", "avc1.42001f", names=ALL)
    ),
    "pictures_have_size_and_rate": Twin("plain", in_list(r",FRAME-RATE=\d+", "", names=ALL)),
    "bandwidth_is_the_peak": Twin("plain", in_list(r":BANDWIDTH=\d+", ":BANDWIDTH=1", names=ALL)),
    "average_bandwidth_is_said": Twin("plain", in_list(r",AVERAGE-BANDWIDTH=\d+", "", names=ALL)),
    "resolution_is_that_of_the_media": Twin("plain", in_list("=320x242", "=640x480", names=ALL)),
    "video_range_is_said": Twin("hdr", in_list(",VIDEO-RANGE=PQ", "", names=ALL)),
    "renditions_can_be_told_apart": Twin(
        "plain", in_list(r"^(#EXT-X-MEDIA.*\n)", r"\1\1", names=ALL)
    ),
    "independent_segments_are_said": Twin(
        "plain",
        both(
            in_list("^#EXT-X-INDEPENDENT.*\n", "", names=ALL),
            named_lists("^#EXT-X-INDEPENDENT.*\n", ""),
        ),
    ),
    "target_durations_are_equal": Twin("plain", in_list("DURATION:1", "DURATION:2", names=AUDIO)),
    "dates_are_in_all_or_none": Twin(
        "plain", in_list("^#EXT-X-PROGRAM-DATE-TIME.*\n", "", after(8), AUDIO)
    ),
    "server_control_is_the_same": Twin("low", in_list(",HOLD-BACK=3", ",HOLD-BACK=4", names=AUDIO)),
    "durations_are_equal": Twin(
        "plain", in_list(r"(#EXTINF:)\d\.\d+(,\naudio-e-108)", r"\g<1>1.24\2", after(8), AUDIO)
    ),
    "discontinuities_are_equal": Twin(
        "plain", in_list("(DISCONTINUITY-SEQUENCE:)0", r"\g<1>1", names=AUDIO)
    ),
    "timestamps_are_of_one_clock": Twin(
        "plain", in_files(ten_seconds_on, names=tuple(f"audio-e-10{n}.m4s" for n in range(9)))
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_fault_is_found_by_its_rule_and_no_other(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_rule_has_a_twin() -> None:
    assert list(TWINS) == [rule.name for rule in MULTIVARIANT_RULES]


def test_what_is_missing_is_no_fault() -> None:
    check_patchy(MULTIVARIANT_RULES)


def test_segments_of_other_times_are_not_compared() -> None:
    other_day = in_list(r"(DATE-TIME:\d+-\d+-)\d\d", r"\g<1>01", names=AUDIO)
    longer = in_list(r"(#EXTINF:)[\d.]+", r"\g<1>3", names=AUDIO)
    assert found_by(MULTIVARIANT_RULES, Twin("plain", both(other_day, longer))) == set()
