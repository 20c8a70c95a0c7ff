"""A request's target is decoded once, and leads nowhere but down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.http_target import HttpTarget, HttpTargetError


@pytest.mark.parametrize(
    ("text", "segments", "query"),
    [
        ("/live/a.flv", ("live", "a.flv"), {}),
        ("/live/a.flv?token=x&b=%20c+d", ("live", "a.flv"), {"token": "x", "b": " c d"}),
        ("/", (), {}),
        ("//live///a.flv", ("live", "a.flv"), {}),
        ("/stra%C3%9Fe/%E6%B5%81", ("straße", "流"), {}),
        ("/a%2520b", ("a%20b",), {}),
        ("/live/a?x", ("live", "a"), {"x": ""}),
        ("/live/a?x=1&x=2&&", ("live", "a"), {"x": "2"}),
        ("/live/a?x=y=z", ("live", "a"), {"x": "y=z"}),
        ("/live/a.flv#t=3", ("live", "a.flv"), {}),
    ],
)
def test_path_and_query_are_decoded_once(
    text: str, segments: tuple[str, ...], query: dict[str, str]
) -> None:
    target = HttpTarget.parse(text)
    assert target.segments == segments
    assert target.query == query
    assert target.authority == ""


@pytest.mark.parametrize(
    ("text", "authority", "path"),
    [
        ("/live/%2F..%zz?a=%", "", "/live/%2F..%zz"),
        ("http://cdn.test/live/%2F", "cdn.test", "/live/%2F"),
        ("http://cdn.test", "cdn.test", ""),
    ],
)
def test_what_somebody_else_takes_apart_is_left_as_it_came(
    text: str, authority: str, path: str
) -> None:
    target = HttpTarget.undecoded(text)
    assert (target.authority, target.segments, target.query) == (authority, (path,), {})


@pytest.mark.parametrize("text", ["live/a", "*", "http://user@cdn.test/a"])
def test_what_is_no_path_is_none_for_anybody(text: str) -> None:
    with pytest.raises(HttpTargetError):
        HttpTarget.undecoded(text)


@pytest.mark.parametrize(
    ("text", "authority", "segments"),
    [
        ("http://cdn.test:8080/live/a.flv?x=1", "cdn.test:8080", ("live", "a.flv")),
        ("HTTPS://[::1]/a", "[::1]", ("a",)),
        ("http://cdn.test", "cdn.test", ()),
        ("http://cdn.test?x=1", "cdn.test", ()),
    ],
)
def test_a_proxy_may_ask_with_a_whole_url(
    text: str, authority: str, segments: tuple[str, ...]
) -> None:
    target = HttpTarget.parse(text)
    assert (target.authority, target.segments) == (authority, segments)


@pytest.mark.parametrize(
    "text",
    [
        "/../etc/passwd",
        "/live/../../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/%2E./x",
        "/.%2e/x",
        "/./x",
        "/a/..",
        "/a%2fb",
        "/a%2F..%2Fb",
        "/..%5c..%5cx",
        "/a\\b",
        "/a%00.flv",
        "/a%0d%0aSet-Cookie:x",
        "/a?b=%0a",
        "/a%7f",
        "/%",
        "/%4",
        "/%zz",
        "/%ff",
        "/%c0%ae%c0%ae/x",
        "/a?%=b",
        "*",
        "http://user:secret@cdn.test/live/a",
        "",
        "live/a",
        "host:443",
        "ftp://host/a",
    ],
)
def test_what_leads_elsewhere_or_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(HttpTargetError):
        HttpTarget.parse(text)


def test_an_escape_of_an_escape_stays_one() -> None:
    assert HttpTarget.parse("/%252e%252e/x").segments == ("%2e%2e", "x")


@pytest.mark.parametrize(
    ("text", "path", "is_folder"),
    [
        ("/", "/", True),
        ("/players/", "/players/", True),
        ("/players", "/players", False),
        ("/a//b/", "/a/b/", True),
        ("http://h", "/", False),
    ],
)
def test_the_path_is_said_again_without_its_empty_segments(
    text: str, path: str, is_folder: bool
) -> None:
    target = HttpTarget.parse(text)
    assert (target.path, target.is_folder) == (path, is_folder)


@pytest.mark.property
@given(st.text(max_size=40))
def test_whatever_is_taken_stays_below(text: str) -> None:
    try:
        target = HttpTarget.parse("/" + text)
    except HttpTargetError:
        return
    for segment in target.segments:
        assert segment not in {"", ".", ".."}
        assert not set("/\\\0") & set(segment)


@given(st.text("/.?=&a-%~", max_size=12))
def test_the_short_way_finds_the_same(said: str) -> None:
    """A fragment is left out, and never is on the short way."""

    def parsed(text: str) -> HttpTarget | str:
        try:
            return HttpTarget.parse(text)
        except HttpTargetError as error:
            return str(error).partition("' ")[2]

    for text in (said, f"/{said}"):
        assert parsed(text) == parsed(f"{text}#")
