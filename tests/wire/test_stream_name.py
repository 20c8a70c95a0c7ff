"""Names of streams as people write them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trio_srs.errors import RefusedError
from trio_srs.wire.stream_name import key_of, parse_stream, split_key, stream_key
from trio_srs.wire.url import DEFAULT_VHOST, resolve

MEANT = {  # what is written: the vhost, and app and name
    "live/cam1": (DEFAULT_VHOST, "live/cam1"),
    "/live/cam1": (DEFAULT_VHOST, "live/cam1"),
    "live/cam1/": (DEFAULT_VHOST, "live/cam1"),
    "//live//cam1": (DEFAULT_VHOST, "live/cam1"),
    "live/_definst_/cam1": (DEFAULT_VHOST, "live/cam1"),
    "live/room/cam1": (DEFAULT_VHOST, "live/room/cam1"),
    "live/cam1?token=a/b": (DEFAULT_VHOST, "live/cam1"),
    "live/cam1?back=http://a/b": (DEFAULT_VHOST, "live/cam1"),
    "live/cam1#token": (DEFAULT_VHOST, "live/cam1"),
    "live/cam1?vhost=Example.com": ("example.com", "live/cam1"),
    "live?vhost=example.com/cam1": ("example.com", "live/cam1"),
    "live...vhost...example.com/cam1": ("example.com", "live/cam1"),
    "live/a b: c€": (DEFAULT_VHOST, "live/a b: c€"),
    "live/x:80/a": (DEFAULT_VHOST, "live/x:80/a"),
    "rtmp://127.0.0.1/live/cam1": ("127.0.0.1", "live/cam1"),
    "rtmp://127.0.0.1:40123/live/cam1?token=1": ("127.0.0.1", "live/cam1"),
    "RTMPS://Example.com/live/cam1/": ("example.com", "live/cam1"),
    "rtmp://[::1]:1935/live/room/cam1": ("::1", "live/room/cam1"),
    "rtmp://h/live/cam1?vhost=example.com": ("example.com", "live/cam1"),
}


@pytest.mark.parametrize(("text", "meant"), MEANT.items())
def test_a_name_is_understood_however_it_is_written(text: str, meant: tuple[str, str]) -> None:
    stream = parse_stream(text)
    assert (stream.vhost, stream.path) == meant


REFUSED = {
    "": "the name of the stream is empty: expected APP/NAME, such as live/cam1",
    "//": "the name of the stream is empty",
    "cam1": "'cam1' has no application: .*; did you mean 'live/cam1'",
    "/cam1": "did you mean 'live/cam1'",
    "cam1?token=1": "did you mean 'live/cam1",
    "live/": "'live/' names an application and no stream",
    "rtmp://127.0.0.1:1935/live": "names an application and no stream",
    "rtmp://127.0.0.1/live/": "names an application and no stream",
    "rtmp://127.0.0.1": "has no app",
    "127.0.0.1:1935/live/cam1": "did you mean 'rtmp://127.0.0.1:1935/live/cam1'",
    "[::1]:1935/live/cam1": r"did you mean 'rtmp://\[::1\]:1935/live/cam1'",
    "http://127.0.0.1/live/cam1.flv": "expected rtmp:// or rtmps://",
    "srt://127.0.0.1:10080?streamid=a": "expected rtmp:// or rtmps://",
    "live/../cam1": "the segment '..'",
    "live/cam1\n": "has '\\\\n'",
    "live\\cam1/x": "has '\\\\\\\\'",
}


@pytest.mark.parametrize(("text", "complaint"), REFUSED.items())
def test_what_names_no_stream_is_refused_with_the_way_to_say_it(text: str, complaint: str) -> None:
    with pytest.raises(RefusedError, match=complaint):
        parse_stream(text)


def test_a_password_is_refused_without_being_repeated() -> None:
    with pytest.raises(RefusedError, match="user and password") as refused:
        parse_stream("rtmp://me:secret@127.0.0.1/live/cam1")
    assert "secret" not in str(refused.value)


def vhost_of(host: str) -> str:
    return "example.com" if host in ("example.com", "www.example.com") else DEFAULT_VHOST


KEYS = {  # what is written, and the vhost that is said beside it: the key
    ("live/cam1", ""): "live/cam1",
    ("rtmp://127.0.0.1/live/cam1", ""): "live/cam1",
    ("rtmp://www.example.com/live/cam1", ""): "example.com/live/cam1",
    ("live/cam1?vhost=example.com", ""): "example.com/live/cam1",
    ("live/cam1", "www.example.com"): "example.com/live/cam1",
    ("live/cam1", "nowhere"): "live/cam1",
    ("rtmp://example.com/live/cam1", "nowhere"): "live/cam1",
    ("example.com/live/cam1", ""): "example.com/live/cam1",
    ("example.com/live/cam1", "example.com"): "example.com/live/cam1",
    ("example.com/cam1", "example.com"): "example.com/example.com/cam1",  # an app of that name
}


@pytest.mark.parametrize(("said", "key"), KEYS.items())
def test_a_stream_has_one_key_however_it_is_named(said: tuple[str, str], key: str) -> None:
    text, vhost = said
    assert stream_key(parse_stream(text), vhost_of, vhost) == key


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("live/cam1", ("__defaultVhost__", "live", "cam1")),
        ("live/room/cam1", ("__defaultVhost__", "live/room", "cam1")),
        ("example.com/live/cam1", ("example.com", "live", "cam1")),
        ("example.com/cam1", ("__defaultVhost__", "example.com", "cam1")),
    ],
)
def test_a_key_is_taken_apart_again(key: str, parts: tuple[str, str, str]) -> None:
    name = split_key(key, vhost_of)
    assert (name.vhost, name.app, name.name) == parts
    assert key_of(name.vhost, name.path) == key


@pytest.mark.property
@given(st.text(st.sampled_from("ab/:?#=.\\é1 &") | st.characters(), max_size=20))
@example("a/b?/c")
def test_any_text_is_refused_or_is_what_a_server_would_take_it_for(text: str) -> None:
    try:
        stream = parse_stream(text)
    except RefusedError:
        return
    again = resolve("rtmp://h/x", stream.app, stream.name)
    assert (again.app, again.name) == (stream.app, stream.name)
    assert parse_stream(stream.path).path == stream.path
