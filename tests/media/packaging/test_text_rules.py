"""Each rule of playlists as text finds its fault, and only that."""

from __future__ import annotations

from typing import Final

import pytest

from tests.media.packaging.faults import Twin, at, check_twin, in_list
from tests.media.packaging.viewings import broken
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.text_rules import TEXT_RULES

ONE: Final = at(3)
TWINS: Final = {
    "first_line_says_what_it_is": Twin("plain", in_list(r"\A", "\ufeff", ONE)),
    "text_is_clean": Twin("plain", in_list(r"\Z", "# \x07\n", ONE)),
    "version_is_said_once": Twin("plain", in_list(r"^#EXT-X-VER.*\n", r"\g<0>\g<0>", ONE)),
    "tags_of_the_whole_are_said_once": Twin(
        "plain", in_list(r"^#EXT-X-INDEP.*\n", r"\g<0>\g<0>", ONE)
    ),
    "target_duration_is_said_once": Twin("plain", in_list(r"^#EXT-X-TARGETD.*\n", "", ONE)),
    "sequence_numbers_come_first": Twin(
        "plain", in_list(r"\Z", "#EXT-X-MEDIA-SEQUENCE:100\n#EXT-X-MEDIA-SEQUENCE:100\n", ONE)
    ),
    "tags_are_of_one_kind": Twin(
        "plain", in_list(r"\Z", "#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n", ONE)
    ),
    "attribute_lists_are_well_formed": Twin(
        "plain", in_list(r"(#EXT-X-MAP:.*)", r'\1,URI="a"', ONE)
    ),
    "parts_have_a_target": Twin("low", in_list(r"^#EXT-X-PART-INF.*\n", "", ONE)),
    "version_is_what_is_needed": Twin("plain", in_list(r"VERSION:6", "VERSION:5", ONE)),
    "playlist_can_be_read": Twin("plain", in_list(r"^(#EXTINF:\d+),", r"\1", ONE)),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_fault_is_found_by_its_rule_and_no_other(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_rule_has_a_twin() -> None:
    assert list(TWINS) == [rule.name for rule in TEXT_RULES]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("text_is_clean", b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1\n\xff\n"),
        ("target_duration_is_said_once", b"#EXTM3U\n#EXT-X-TARGETDURATION:0\n"),
        (
            "sequence_numbers_come_first",
            b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na\n#EXT-X-MEDIA-SEQUENCE:1\n",
        ),
    ],
)
def test_other_faults_of_the_same_rules(name: str, text: bytes) -> None:
    found = Fetched(url="http://a/b.m3u8", asked_at_s=0, at_s=0, body=text)
    assert broken([found]) == {name}


def test_a_playlist_without_tags_may_be_of_any_version() -> None:
    found = Fetched(url="http://a/b.m3u8", asked_at_s=0, at_s=0, body=b"#EXTM3U\n")
    assert broken([found]) == {"playlist_can_be_read"}
