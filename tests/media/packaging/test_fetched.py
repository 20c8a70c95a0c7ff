"""What a URL names, and what it asks for beside that."""

from __future__ import annotations

import pytest

from trio_srs.media.packaging.fetched import Fetched


def fetched(url: str, **said: object) -> Fetched:
    return Fetched(url=url, asked_at_s=0.0, at_s=1.0, **said)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://h/a.m3u8?_HLS_msn=1&_HLS_part=2", "http://h/a.m3u8"),
        ("http://h/a.m3u8?token=1&_HLS_msn=1#x", "http://h/a.m3u8?token=1"),
        ("http://h/a.m3u8?", "http://h/a.m3u8"),
    ],
)
def test_directives_are_no_part_of_the_name(url: str, base: str) -> None:
    assert fetched(url).base == base
    assert fetched(url).shown == "http://h/a.m3u8"


def test_directives_are_read() -> None:
    asked = fetched(f"http://h/a.m3u8?_HLS_msn=7&_HLS_part=x&b=1&_HLS_skip={'9' * 5000}")
    assert list(asked.directives) == ["_HLS_msn", "_HLS_part", "_HLS_skip"]
    names = ("_HLS_msn", "_HLS_part", "_HLS_skip", "_HLS_other")
    assert [asked.directive(name) for name in names] == [7, None, None, None]


def test_uris_are_resolved_against_it() -> None:
    assert fetched("http://h/live/a.m3u8?b=1").resolve("c/d.ts") == "http://h/live/c/d.ts"


@pytest.mark.parametrize(
    ("said", "is_whole"), [({}, True), ({"status": 206}, False), ({"method": "HEAD"}, False)]
)
def test_only_a_plain_answer_is_whole(said: dict[str, object], is_whole: bool) -> None:
    assert fetched("http://h/a", **said).is_whole is is_whole
