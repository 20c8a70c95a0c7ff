"""Names of streams in paths and queries."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.service.api.error_answers import Located
from trio_srs.service.api.names import PARTS, STREAMS, find_key, fold, path_key
from trio_srs.wire.url import DEFAULT_VHOST, StreamNameError, UrlError, check_name

FOLDED = {
    "live/a": "live/a",
    "live/a/": "live/a",
    "live//a": "live/a",
    "live": "live",
    "live/a/report": "live/a/report",
    "live/report": "live/report",  # a stream of that name
    "live/a/b/c": "live/a%2Fb%2Fc",
    "live/a/b/c/expect": "live/a%2Fb%2Fc/expect",
    "live/a%2Fb/publisher": "live/a%2Fb/publisher",
    "live%2Fa": "live/a",
    "live%2fa/report": "live/a/report",
    "%2Flive%2Fa%2F": "live/a",
    "rtmp://h:1935/live/a/report": "rtmp:/h:1935%2Flive%2Fa/report",
    "rtmp%3A%2F%2Fh%2Flive%2Fa": "rtmp%3A/h%2Flive%2Fa",
    "live/a%2Freport": "live/a%2Freport",  # again a stream
    "live/%E2%82%AC": "live/%E2%82%AC",
    "live/€": "live/%E2%82%AC",
    "live/a?trace=1": "live/a",
}


@pytest.mark.parametrize(("path", "folded"), FOLDED.items())
def test_a_name_becomes_one_segment(path: str, folded: str) -> None:
    assert fold(f"{STREAMS}/{path}".encode()) == f"{STREAMS}/{folded}"


def vhost_of(host: str) -> str:
    return "example.com" if host in ("example.com", "www.example.com") else DEFAULT_VHOST


def test_a_virtual_host_is_part_of_the_key_unless_it_is_the_default_one() -> None:
    assert path_key("live", "a", "", vhost_of) == "live/a"
    assert path_key("live", "a%2Fb%20c", "nowhere", vhost_of) == "live/a/b c"
    assert path_key("live", "a", "www.example.com", vhost_of) == "example.com/live/a"
    assert path_key("rtmp%3A", "www.example.com%2Flive%2Fa", "", vhost_of) == "example.com/live/a"
    assert path_key("example.com", "live%2Fa", "", vhost_of) == "example.com/live/a"
    assert find_key("live/a/b", "www.example.com", vhost_of, "x") == "example.com/live/a/b"


@pytest.mark.parametrize(
    ("app", "name"),
    [("live", "%FF"), ("live", ".."), ("%00", "a"), ("http:", "h%2Flive%2Fa"), ("rtmp:", "h%2Fa")],
)
def test_what_is_no_name_is_refused_with_its_place(app: str, name: str) -> None:
    with pytest.raises(Located) as refused:
        path_key(app, name, "", vhost_of)
    assert refused.value.where == "path"
    assert isinstance(refused.value.refusal, StreamNameError | UrlError)


@pytest.mark.parametrize("stream", ["", "live", "live/", "/a", "rtmp://h/live", "http://h/live/a"])
def test_a_text_that_names_no_stream_is_refused(stream: str) -> None:
    with pytest.raises(Located) as refused:
        find_key(stream, "", vhost_of, "query.stream")
    assert refused.value.where == "query.stream"


@pytest.mark.parametrize(
    "stream", ["live/a", "/live/a", "live/a/", "live/a?b", "rtmp://127.0.0.1:40123/live/a"]
)
def test_one_stream_is_found_under_every_way_to_write_it(stream: str) -> None:
    assert find_key(stream, "", vhost_of, "query.stream") == "live/a"


def lawful(text: str) -> bool:
    try:
        check_name("name", text)
    except StreamNameError:
        return False
    return True


@pytest.mark.property
@given(st.text(min_size=1).filter(lawful), st.sampled_from(["", *sorted(PARTS)]))
def test_every_lawful_name_comes_through_a_path(name: str, part: str) -> None:
    path = "/".join(word for word in (STREAMS, "live", quote(name, safe=""), part) if word)
    words = fold(path.encode()).removeprefix(f"{STREAMS}/").split("/")
    assert path_key(words[0], words[1], "", vhost_of) == f"live/{name}"
    assert words[2:] == ([part] if part else [])
