"""Each rule of media playlists finds its fault, and only that."""

from __future__ import annotations

import re
from typing import Final

import attrs
import pytest

from tests.media.packaging.faults import (
    Twin,
    after,
    at,
    blocks,
    both,
    check_twin,
    in_files,
    in_list,
    named_lists,
)
from tests.media.packaging.viewings import FOLDER
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.media_playlist_rules import MEDIA_PLAYLIST_RULES

LAST: Final = after(8)
VIDEO: Final = f"{FOLDER}video.m3u8"


def without_first(body: bytes) -> bytes:
    """Two segments less than there should be."""
    head, *rest = blocks(body.decode())
    lines = head.splitlines(keepends=True)
    front = [line for line in lines if not line.startswith(("#EXTINF", "#EXT-X-PROGRAM", "video"))]
    text = "".join([*front, *rest[1:]])
    return re.sub(r"(SEQUENCE:)(10\d)", lambda m: f"{m[1]}{int(m[2]) + 2}", text).encode()


def stalled(fetched: list[Fetched]) -> list[Fetched]:
    """Everything behind the fifth playlist is two seconds later, and meanwhile it was got again."""
    lists = [each for each in fetched if each.url == VIDEO]
    since_s, now = (
        lists[4].at_s,
        attrs.evolve(lists[4], asked_at_s=lists[4].at_s + 1.8, at_s=lists[4].at_s + 1.8),
    )
    later = [
        attrs.evolve(each, asked_at_s=each.asked_at_s + 2, at_s=each.at_s + 2)
        for each in fetched
        if each.at_s > since_s
    ]
    return [*[each for each in fetched if each.at_s <= since_s], now, *later]


TWINS: Final = {
    "segments_fit_the_target_duration": Twin("alone", in_list("DURATION:2", "DURATION:1")),
    "target_duration_never_changes": Twin("plain", named_lists("DURATION:1", "DURATION:2", LAST)),
    "media_sequence_never_falls": Twin(
        "plain", in_list("MEDIA-SEQUENCE:1", "MEDIA-SEQUENCE:", at(-1))
    ),
    "segments_keep_their_number": Twin("plain", in_list("^video-e-106", "video-e-6", at(-1))),
    "discontinuity_sequence_is_said": Twin(
        "twice", named_lists(r"^#EXT-X-DISCONTINUITY-S.*\n", "")
    ),
    "discontinuities_are_counted": Twin(
        "plain", named_lists("(DISCONTINUITY-SEQUENCE:)0", r"\g<1>1", LAST)
    ),
    "dates_are_said": Twin("plain", named_lists(r"^#EXT-X-PROGRAM-DATE-TIME.*\n", "")),
    "dates_go_on_with_the_media": Twin(
        "plain",
        in_list(r"(DATE-TIME:.*:[\d]+)\.000Z(\n#EXTINF.*\nvideo-e-106)", r"\1.500Z\2", LAST),
    ),
    "dates_never_go_back": Twin(
        "twice",
        in_list(
            r"(DISCONTINUITY\n.*\n.*DATE-TIME:\d+-\d+-)\d\d(.*\n.*\nvideo-e-103.m4s\n\Z)",
            r"\g<1>01\2",
        ),
    ),
    "window_is_three_targets": Twin("plain", named_lists("DURATION:1", "DURATION:3")),
    "window_is_six_segments": Twin("plain", in_files(without_first, LAST)),
    "segments_come_in_time": Twin("plain", stalled),
    "playlists_of_a_type_keep_all": Twin(
        "plain", in_list(r"^(#EXT-X-MEDIA-S.*\n)", r"\1#EXT-X-PLAYLIST-TYPE:EVENT\n")
    ),
    "an_ended_playlist_is_frozen": Twin("plain", in_list(r"\Z", "#EXT-X-ENDLIST\n", at(3))),
    "fmp4_has_an_init_segment": Twin(
        "plain", both(in_list(r"^#EXT-X-MAP.*\n", ""), in_list("VERSION:6", "VERSION:3"))
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_fault_is_found_by_its_rule_and_no_other(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_rule_has_a_twin() -> None:
    assert list(TWINS) == [rule.name for rule in MEDIA_PLAYLIST_RULES]
