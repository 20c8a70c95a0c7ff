"""Each rule of parts finds its fault, and only that."""

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
    check_patchy,
    check_twin,
    found_by,
    in_files,
    in_list,
    named_lists,
)
from tests.media.packaging.viewings import FOLDER
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.low_latency_rules import LOW_LATENCY_RULES

LAST: Final = after(10)
VIDEO: Final = f"{FOLDER}video.m3u8"


def paused(fetched: list[Fetched]) -> list[Fetched]:
    """Everything behind the fifth playlist is half a second later, and meanwhile
    it was got again."""
    lists = [each for each in fetched if each.url == VIDEO]
    since_s = lists[4].at_s
    now = attrs.evolve(lists[4], asked_at_s=since_s + 0.52, at_s=since_s + 0.52)
    later = [
        attrs.evolve(each, asked_at_s=each.asked_at_s + 0.52, at_s=each.at_s + 0.52)
        for each in fetched
        if each.at_s > since_s
    ]
    return [*[each for each in fetched if each.at_s <= since_s], now, *later]


def with_all_parts(fetched: list[Fetched]) -> list[Fetched]:
    """Playlists go on listing the parts of segments that are long over."""
    parts: dict[str, str] = {}

    def keep(body: bytes) -> bytes:
        text = ""
        for block in blocks(body.decode()):
            uri = block.rstrip("\n").rpartition("\n")[2]
            own = "".join(re.findall(r"^#EXT-X-PART:.*\n", block, re.MULTILINE))
            if uri.endswith(".m4s") and own:
                parts[uri] = own
            elif uri in parts:
                block = block.replace("#EXTINF", f"{parts[uri]}#EXTINF")
            text += block
        return text.encode()

    return in_files(keep)(fetched)


def other_sound(body: bytes) -> bytes:
    return body[:-1] + b"!"


TWINS: Final = {
    "part_target_fits_the_target_duration": Twin("coarse", named_lists("DURATION:2", "DURATION:1")),
    "part_target_never_changes": Twin("low", named_lists("TARGET=0.402", "TARGET=0.401", LAST)),
    "server_control_never_changes": Twin("low", named_lists(",HOLD-BACK=3", ",HOLD-BACK=4", LAST)),
    "parts_fit_the_part_target": Twin(
        "low", in_list(r'(DURATION=)0.4(,URI="video-e-102.0.*\n#EXT-X-PREL)', r"\g<1>0.45\2")
    ),
    "parts_fill_the_part_target": Twin(
        "low",
        in_list(r'(DURATION=)0.4(,URI="video-e-102.0.*\n.*102.1.*\n#EXT-X-PR)', r"\g<1>0.3\2"),
    ),
    "parts_add_up_to_their_segment": Twin(
        "low", in_list(r'(DURATION=)0.4(,URI="video-e-102.0)', r"\g<1>0.39\2")
    ),
    "parts_are_their_segment": Twin("low", in_files(other_sound, names=("audio-e-102.1",))),
    "independent_parts_have_a_keyframe": Twin(
        "low", in_list(r'(URI="video-e-102.1.m4s")', r"\1,INDEPENDENT=YES")
    ),
    "parts_with_a_keyframe_are_independent": Twin(
        "low", in_list(r'(URI="video-e-102.0.m4s"),INDEPENDENT=YES', r"\1")
    ),
    "part_hold_back_is_three_parts": Twin(
        "low", named_lists(r"PART-HOLD-BACK=[\d.]+", "PART-HOLD-BACK=1.0")
    ),
    "hold_back_is_three_targets": Twin("low", named_lists(",HOLD-BACK=3", ",HOLD-BACK=2")),
    "skip_boundary_is_six_targets": Twin("low", named_lists("UNTIL=6", "UNTIL=5")),
    "hinted_parts_come_next": Twin("low", in_list(r"(HINT.*)video-e-102.1", r"\1video-e-102.2")),
    "others_are_reported": Twin("low", in_list(r"^#EXT-X-RENDITION.*\n", "", at(6))),
    "reports_are_up_to_date": Twin("low", in_list(r"LAST-MSN=10\d", "LAST-MSN=100", LAST)),
    "parts_come_in_time": Twin("low", paused),
    "old_parts_are_not_listed": Twin("long", with_all_parts),
    "all_renditions_have_parts": Twin(
        "low",
        in_list(r"^#EXT-X-(PART:|PART-INF|PRELOAD).*\n", "", names=("audio.m3u8",)),
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_fault_is_found_by_its_rule_and_no_other(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_rule_has_a_twin() -> None:
    assert list(TWINS) == [rule.name for rule in LOW_LATENCY_RULES]


def test_what_is_missing_is_no_fault() -> None:
    check_patchy(LOW_LATENCY_RULES)


def test_a_rendition_that_nobody_looked_at_need_not_be_reported() -> None:
    def fault(fetched: list[Fetched]) -> list[Fetched]:
        unreported = in_list(r"^#EXT-X-RENDITION.*\n", "")(fetched)
        return [each for each in unreported if "audio.m3u8" not in each.url]

    assert found_by(LOW_LATENCY_RULES, Twin("low", fault)) == set()
