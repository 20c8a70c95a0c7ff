"""Paths below a folder, whatever a stream is called."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.errors import RefusedError
from trio_srs.wire.path_template import PathRule, PathTemplate, date_variables
from trio_srs.wire.url import check_name

RULE = PathRule()
BLIND = PathRule(is_case_blind=True)
ASCII = PathRule(is_ascii=True)
KNOWN = frozenset({"app", "stream", "seq", "2006"})


@pytest.mark.parametrize(
    ("name", "rule", "expected"),
    [
        ("cam1", RULE, "cam1"),
        ("Cam 1_+=@,.-x", RULE, "Cam 1_+=@,.-x"),
        ("käm", RULE, "käm"),
        ("कि", RULE, "कि"),
        ("", RULE, "%"),
        ("..", RULE, "%2E%2E"),
        (".", RULE, "%2E"),
        (".hidden", RULE, "%2Ehidden"),
        (" a ", RULE, "%20a%20"),
        ("a\0b", RULE, "a%00b"),
        ("a\\b:c*?", RULE, "a%5Cb%3Ac%2A%3F"),
        ("50%~", RULE, "50%25%7E"),
        (unicodedata.normalize("NFD", "käm"), RULE, "ka%CC%88m"),
        ("Cam", BLIND, "%43am"),
        ("käm", ASCII, "k%C3%A4m"),
        ("a\u200bb\u202e", RULE, "a%E2%80%8Bb%E2%80%AE"),
    ],
)
def test_a_name_becomes_a_segment(name: str, rule: PathRule, expected: str) -> None:
    assert rule.segment(name) == expected


def test_a_long_name_keeps_its_beginning_and_is_still_another_one() -> None:
    names = ["ä" * 100, "ä" * 99 + "b", "#" * 200, "x" * 160]
    made = [RULE.segment(name) for name in names]
    assert [len(each.encode()) <= 160 for each in made] == [True] * 4
    assert len(set(made)) == 4
    assert made[0].startswith("ä" * 60)
    assert made[3] == "x" * 160


def folded(text: str) -> str:
    """What a file system takes it for that knows neither case nor composition."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())


@pytest.mark.property
@given(st.lists(st.text(min_size=1, max_size=70), min_size=2, max_size=4, unique=True))
def test_other_names_are_other_files_and_lead_nowhere_else(names: list[str]) -> None:
    path = PathTemplate.read("[app]/[stream]-[seq]", KNOWN)
    made = [path.path({"app": "live", "stream": name, "seq": "7"}, BLIND, ".ts") for name in names]
    assert len({folded(each) for each in made}) == len(names)
    for each in made:
        segments = each.split("/")
        assert segments[0] == "live"
        assert not {"", ".", ".."} & set(segments)
        assert all(len(segment.encode()) <= 255 for segment in segments)
        assert "\0" not in each


@pytest.mark.property
@given(st.text(min_size=1, max_size=40))
def test_whatever_may_be_published_has_a_path(name: str) -> None:
    try:
        check_name("name", name)
    except RefusedError:
        return
    made = PathTemplate.read("[stream]", KNOWN).path({"stream": name}, RULE, ".m3u8")
    assert made.count("/") == name.count("/")
    assert not made.startswith((".", "/"))


def test_a_template_is_filled_in() -> None:
    made = PathTemplate.read("[app]/[2006]/x-[stream].[seq]", KNOWN)
    assert made.variables == KNOWN
    values = {"app": "live/room", "stream": "a/b", "seq": "12", "2006": "2026"}
    assert made.path(values, RULE, ".ts") == "live/room/2026/x-a/b.12.ts"
    assert made.glob({"app": "live", "stream": "a"}, RULE) == "live/*/x-a.*"


def test_a_segment_of_many_variables_is_no_longer_than_a_file_system_takes() -> None:
    template = PathTemplate.read("[app]-[stream]-[seq]", KNOWN)
    values = {"app": "a" * 150, "stream": "b" * 150, "seq": "1"}
    made = template.path(values, RULE, ".m4s")
    assert len(made) == 240
    assert made.endswith(".m4s")
    assert made != template.path({**values, "seq": "2"}, RULE, ".m4s")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/[stream]", "below the folder"),
        ("a/../[stream]", "below the folder"),
        ("a//[stream]", "below the folder"),
        ("a/./b", "below the folder"),
        ("", "below the folder"),
        (".[stream]", "a hidden file"),
        ("[stream]*", "expected letters"),
        ("a\\b", "expected letters"),
        ("[sequence]", r"\[sequence\] in .* is none of \[2006\] \[app\]"),
    ],
)
def test_what_is_no_template_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        PathTemplate.read(text, KNOWN)


def test_a_date_is_in_utc() -> None:
    assert date_variables(1_796_000_000_007) == {
        "2006": "2026", "01": "11", "02": "30", "15": "00", "04": "53", "05": "20", "999": "007",
        "timestamp": "1796000000007",
    }  # fmt: skip
