"""RTMP URLs, and what a server makes of tcUrl, app and stream name."""

from __future__ import annotations

import contextlib
import posixpath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trio_srs.errors import RefusedError
from trio_srs.wire.rtmp.status import StatusCode
from trio_srs.wire.url import (
    DEFAULT_APP,
    DEFAULT_VHOST,
    MAX_NAME_BYTES,
    MAX_SEGMENT_BYTES,
    RtmpUrl,
    StreamName,
    StreamNameError,
    UrlError,
    check_name,
    parse_query,
    resolve,
)

RESOLVED = {  # (tcUrl, app, stream) -> (vhost, app, name, query)
    "the plain form": (
        ("rtmp://example.com/live", "live", "cam"),
        ("example.com", "live", "cam", ""),
    ),
    "a port is no part of the vhost": (
        ("rtmp://example.com:19350/live", "live", "cam"),
        ("example.com", "live", "cam", ""),
    ),
    "a host is lower case": (
        ("RTMP://Example.COM/live", "live", "cam"),
        ("example.com", "live", "cam", ""),
    ),
    "an IPv6 host loses its brackets": (
        ("rtmp://[::1]:1935/live", "live", "cam"),
        ("::1", "live", "cam", ""),
    ),
    "a user and password are passed over": (
        ("rtmp://me:secret@example.com/live", "live", "cam"),
        ("example.com", "live", "cam", ""),
    ),
    "parameters stay with the stream": (
        ("rtmp://h/live", "live", "cam?token=a%2Fb&x=1"),
        ("h", "live", "cam", "token=a%2Fb&x=1"),
    ),
    "parameters may begin with a hash": (
        ("rtmp://h/live", "live", "cam#token=1"),
        ("h", "live", "cam", "token=1"),
    ),
    "a second question mark is an ampersand": (
        ("rtmp://h/live", "live", "cam?a=1?b=2"),
        ("h", "live", "cam", "a=1&b=2"),
    ),
    "an app of two segments": (
        ("rtmp://h/app/app2", "app/app2", "cam"),
        ("h", "app/app2", "cam", ""),
    ),
    "a stream of two segments": (
        ("rtmp://h/a/b", "a/b", "c/d"),
        ("h", "a/b", "c/d", ""),
    ),
    "doubled slashes count once": (
        ("rtmp://h//live/", "/live//", "//room//cam/"),
        ("h", "live", "room/cam", ""),
    ),
    "the default instance is left out of the app": (
        ("rtmp://h/live/_definst_", "live/_definst_", "cam"),
        ("h", "live", "cam", ""),
    ),
    "the default instance is left out of the stream": (
        ("rtmp://h/live", "live", "_definst_/cam"),
        ("h", "live", "cam", ""),
    ),
    "vhost= in tcUrl": (
        ("rtmp://h/live?vhost=v.com", "live", "cam"),
        ("v.com", "live", "cam", "vhost=v.com"),
    ),
    "vhost= in tcUrl and again in app": (
        ("rtmp://h/live?vhost=v.com", "live?vhost=v.com", "cam"),
        ("v.com", "live", "cam", "vhost=v.com"),
    ),
    "vhost= in the stream": (
        ("rtmp://h/live", "live", "cam?vhost=V.com&k=1"),
        ("v.com", "live", "cam", "vhost=V.com&k=1"),
    ),
    "the stream's vhost= goes before the app's": (
        ("rtmp://h/live?vhost=a.com", "live?vhost=b.com", "cam?vhost=c.com"),
        ("c.com", "live", "cam", "vhost=a.com&vhost=b.com&vhost=c.com"),
    ),
    "the app's vhost= goes before the tcUrl's": (
        ("rtmp://h/live?vhost=a.com", "live?vhost=b.com", "cam"),
        ("b.com", "live", "cam", "vhost=a.com&vhost=b.com"),
    ),
    "domain= is another word for vhost=": (
        ("rtmp://h/live?domain=v.com", "live?domain=v.com", "cam"),
        ("v.com", "live", "cam", "domain=v.com"),
    ),
    "vhost= goes before domain=": (
        ("rtmp://h/live", "live", "cam?domain=d.com&vhost=v.com"),
        ("v.com", "live", "cam", "domain=d.com&vhost=v.com"),
    ),
    "an empty vhost= says nothing": (
        ("rtmp://h/live", "live", "cam?vhost="),
        ("h", "live", "cam", "vhost="),
    ),
    "the default vhost, said": (
        ("rtmp://h/live", "live", "cam?vhost=__defaultVhost__"),
        (DEFAULT_VHOST, "live", "cam", "vhost=__defaultVhost__"),
    ),
    "a slash behind the app's parameters": (
        ("rtmp://h/live?vhost=v.com/", "live?vhost=v.com/", "cam"),
        ("v.com", "live", "cam", "vhost=v.com"),
    ),
    "a value with a slash in the app's parameters": (
        ("rtmp://h/live", "live?token=a/b", "cam"),
        ("h", "live", "cam", "token=a/b"),
    ),
    "the legacy ...vhost... form": (
        ("rtmp://h/live...vhost...v.com", "live...vhost...v.com", "cam"),
        ("v.com", "live", "cam", "vhost=v.com"),
    ),
    "the legacy form, in the stream and with a parameter": (
        ("rtmp://h/live", "live", "cam...vhost...v.com?k=1"),
        ("v.com", "live", "cam", "vhost=v.com&k=1"),
    ),
    "the legacy form and the stream in the app": (
        ("rtmp://h/live...vhost...v.com/cam", "live...vhost...v.com/cam", ""),
        ("v.com", "live", "cam", "vhost=v.com"),
    ),
    "an empty stream is the app's last segment": (
        ("rtmp://h/a/b/cam", "a/b/cam", ""),
        ("h", "a/b", "cam", ""),
    ),
    "an empty stream with parameters of the app": (
        ("rtmp://h/live/cam?k=1", "live/cam?k=1", ""),
        ("h", "live", "cam", "k=1"),
    ),
    "the FMLE form": (
        ("rtmp://h/live?vhost=v.com/cam", "live?vhost=v.com/cam", ""),
        ("v.com", "live", "cam", "vhost=v.com"),
    ),
    "the FMLE form in the tcUrl alone": (
        ("rtmp://h/live?k=1/cam", "live", ""),
        ("h", "live", "cam", "k=1"),
    ),
    "the FMLE form with parameters of both": (
        ("rtmp://h/live", "live?vhost=v.com/cam?token=a/b", ""),
        ("v.com", "live", "cam", "vhost=v.com&token=a/b"),
    ),
    "the FMLE form, and a stream that is parameters only": (
        ("rtmp://h/live", "live?a=1/cam?b=2", "?c=3"),
        ("h", "live", "cam", "a=1&b=2&c=3"),
    ),
    "the FMLE form with a second question mark": (
        ("rtmp://h/live", "live?a=1?vhost=v.com/cam", ""),
        ("v.com", "live", "cam", "a=1&vhost=v.com"),
    ),
    "the FMLE form with a slash more": (
        ("", "live?k=a/b/cam/", ""),
        (DEFAULT_VHOST, "live", "cam", "k=a/b"),
    ),
    "the app from the tcUrl": (("rtmp://h/live", "", "cam"), ("h", "live", "cam", "")),
    "no app at all": (("rtmp://h", "", "cam"), ("h", DEFAULT_APP, "cam", "")),
    "no tcUrl at all": (("", "live", "cam"), (DEFAULT_VHOST, "live", "cam", "")),
    "a tcUrl without a host": (
        ("rtmp://:1935/live", "live", "cam"),
        (DEFAULT_VHOST, "live", "cam", ""),
    ),
    "a tcUrl with empty brackets": (
        ("rtmp://[]/live", "live", "cam"),
        (DEFAULT_VHOST, "live", "cam", ""),
    ),
    "a tcUrl with half a bracket": (
        ("rtmp://[::1/live", "live", "cam"),
        ("[::1", "live", "cam", ""),
    ),
    "a name in another script": (
        ("rtmp://h/live", "live", "камера 1"),
        ("h", "live", "камера 1", ""),
    ),
}


@pytest.mark.parametrize(("said", "expected"), RESOLVED.values(), ids=RESOLVED)
def test_what_a_peer_means(said: tuple[str, str, str], expected: tuple[str, str, str, str]) -> None:
    found = resolve(*said)
    assert (found.vhost, found.app, found.name, found.query) == expected


UNFIT = {
    "no name": (("rtmp://h/live", "live", ""), "the stream name is empty"),
    "a name of slashes": (("rtmp://h/live", "live", "///"), "the stream name is empty"),
    "only parameters": (("rtmp://h/live", "live", "?k=1"), "the stream name is empty"),
    "a parent folder": (
        ("rtmp://h/live", "live", "a/../../etc/passwd"),
        "stream name 'a/../../etc/passwd' has the segment '..'",
    ),
    "a parent folder as app": (("", "..", "cam"), r"app '\.\.' has the segment '\.\.'"),
    "a parent folder as vhost": (("", "live", "cam?vhost=.."), "vhost '..' has the segment '..'"),
    "a vhost with a slash": (("", "live", "cam?vhost=a%2Fb"), "vhost 'a/b' has a slash"),
    "a vhost with an escape in it": (
        ("", "live", "cam?vhost=a%1Bb"),
        r"vhost 'a\\x1bb' has '\\x1b' at character 1",
    ),
}


@pytest.mark.parametrize(("said", "complaint"), UNFIT.values(), ids=UNFIT)
def test_what_names_no_stream_is_refused(said: tuple[str, str, str], complaint: str) -> None:
    with pytest.raises(StreamNameError, match=complaint):
        resolve(*said)


NAMES = {
    "": "the key is empty",
    "/a": "key '/a' has the segment ''",
    "a/": "key 'a/' has the segment ''",
    "a//b": "key 'a//b' has the segment ''",
    ".": r"key '\.' has the segment '\.'",
    "a/..": r"key 'a/\.\.' has the segment '\.\.'",
    "a\\b": r"has '\\\\' at character 1",
    "a?b": r"has '\?' at character 1",
    "a#b": "has '#' at character 1",
    "a\0": r"has '\\x00' at character 1",
    "a\nb": r"has '\\n' at character 1",
    "a\x7f": r"has '\\x7f' at character 1",
    "a\x85": r"has '\\x85' at character 1",
    "a\u2028": r"has '\\u2028' at character 1",
    "\ud800": r"key '\\ud800' is not valid Unicode",
    "a" * (MAX_SEGMENT_BYTES + 1): "key has a segment of 201 bytes, the limit is 200",
    "a/" * 256 + "a": "key of 513 bytes, the limit is 512",
    "\N{EURO SIGN}" * 171: "key of 513 bytes, the limit is 512",
}


@pytest.mark.parametrize(("text", "complaint"), NAMES.items(), ids=ascii)
def test_a_name_that_is_no_file_name_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(StreamNameError, match=complaint):
        check_name("key", text)


@pytest.mark.parametrize(
    "text",
    [
        "cam",
        "a/b/c",
        "...",
        "a..b",
        ".hidden",
        "a b",
        "mp4:a.mp4",
        "%2e%2e",
        "日本/ライブ",
        "x" * 200,
    ],
)
def test_a_fit_name_is_given_back(text: str) -> None:
    assert check_name("stream name", text) == text


def test_the_refusal_has_words_for_both_kinds_of_peer() -> None:
    assert StatusCode(StreamNameError.rtmp_status) is StatusCode.FAILED
    assert StreamNameError.http_status == UrlError.http_status == 400
    assert issubclass(StreamNameError, RefusedError)


def test_the_query_is_no_part_of_what_a_stream_is() -> None:
    assert StreamName("v", "live", "cam", "token=1") == StreamName("v", "live", "cam")
    assert len({StreamName("v", "live", "cam", "token=1"), StreamName("v", "live", "cam")}) == 1
    assert StreamName("v", "live", "cam") != StreamName("v", "live", "cam2")


def test_one_url_cut_at_different_slashes_has_one_path() -> None:
    one = resolve("rtmp://h/a/b", "a/b", "c/d")
    other = resolve("rtmp://h/a/b/c", "a/b/c", "d")
    assert one.path == other.path == "a/b/c/d"
    assert one.stream_url == other.stream_url == "h/a/b/c/d"


def test_the_default_vhost_is_left_out_of_the_stream_url() -> None:
    assert StreamName(DEFAULT_VHOST, "live", "cam").stream_url == "/live/cam"


def test_the_streams_own_parameter_counts_last() -> None:
    found = resolve("rtmp://h/live?k=tc", "live?k=app&only=app", "cam?k=stream&plus=a+b&flag")
    assert found.params == {"k": "stream", "only": "app", "plus": "a+b", "flag": ""}


def test_a_query_may_come_with_its_question_mark() -> None:
    assert parse_query("?a=1&&b=x%3Dy=z&a=2") == {"a": "2", "b": "x=y=z"}
    assert parse_query("") == {}


URLS = {  # text -> (scheme, host, port, app, stream, query), tcUrl, key
    "rtmp://h/live/cam": (RtmpUrl("rtmp", "h", 1935, "live", "cam"), "rtmp://h/live", "cam"),
    "RTMPS://H/live/cam": (RtmpUrl("rtmps", "h", 443, "live", "cam"), "rtmps://h/live", "cam"),
    "rtmp://h:1936/a/b/c?k=v/w": (
        RtmpUrl("rtmp", "h", 1936, "a/b", "c", "k=v/w"),
        "rtmp://h:1936/a/b",
        "c?k=v/w",
    ),
    "rtmp://[FE80::1]:99/live/cam#k=v": (
        RtmpUrl("rtmp", "fe80::1", 99, "live", "cam", "k=v"),
        "rtmp://[fe80::1]:99/live",
        "cam?k=v",
    ),
    "rtmps://[::1]/live/cam": (
        RtmpUrl("rtmps", "::1", 443, "live", "cam"),
        "rtmps://[::1]/live",
        "cam",
    ),
    "rtmp://h:/live": (RtmpUrl("rtmp", "h", 1935, "live", ""), "rtmp://h/live", ""),
    "rtmp://h/live/": (RtmpUrl("rtmp", "h", 1935, "live", ""), "rtmp://h/live", ""),
    "rtmp://h/a/b/": (RtmpUrl("rtmp", "h", 1935, "a/b", ""), "rtmp://h/a/b", ""),
    "rtmp://h/live?k=v": (RtmpUrl("rtmp", "h", 1935, "live?k=v", ""), "rtmp://h/live?k=v", ""),
    "rtmp://h/live?k=v/cam?k2=a/b": (
        RtmpUrl("rtmp", "h", 1935, "live?k=v", "cam", "k2=a/b"),
        "rtmp://h/live?k=v",
        "cam?k2=a/b",
    ),
    "rtmp://h/live?k=v/cam": (
        RtmpUrl("rtmp", "h", 1935, "live?k=v", "cam"),
        "rtmp://h/live?k=v",
        "cam",
    ),
}


@pytest.mark.parametrize(("text", "expected"), URLS.items(), ids=list(URLS))
def test_a_url_is_taken_apart(text: str, expected: tuple[RtmpUrl, str, str]) -> None:
    url = RtmpUrl.parse(text)
    assert (url, url.tc_url, url.stream_key) == expected


@pytest.mark.parametrize("text", list(URLS))
def test_a_url_that_is_put_together_again_means_the_same(text: str) -> None:
    url = RtmpUrl.parse(text)
    assert RtmpUrl.parse(str(url)) == url


NO_URLS = {
    "": "'' is no RTMP URL: expected rtmp:// or rtmps://",
    "h/live/cam": "'h/live/cam' is no RTMP URL",
    "http://h/live/cam": "'http://h/live/cam' is no RTMP URL",
    "rtmpt://h/live/cam": "'rtmpt://h/live/cam' is no RTMP URL",
    "rtmp:///live/cam": "'rtmp:///live/cam' has no host, or a bad port: ''",
    "rtmp://:1935/live": "has no host, or a bad port: ':1935'",
    "rtmp://[::1/live": r"has no host, or a bad port: '\[::1'",
    "rtmp://h:port/live": "has no host, or a bad port: 'h:port'",
    "rtmp://h:999999/live": "has no host, or a bad port: 'h:999999'",
    "rtmp://h:0/live": "has port 0, expected 1 to 65535",
    "rtmp://h:65536/live": "has port 65536, expected 1 to 65535",
    "rtmp://h": "'rtmp://h' has no app: expected rtmp://host/app/stream",
    "rtmp://h/?k=v/cam": "has no app",
}


@pytest.mark.parametrize(("text", "complaint"), NO_URLS.items(), ids=list(NO_URLS))
def test_what_is_no_url_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(UrlError, match=complaint):
        RtmpUrl.parse(text)


def test_a_password_is_refused_without_being_repeated() -> None:
    with pytest.raises(UrlError, match="not supported") as caught:
        RtmpUrl.parse("rtmp://me:hunter2@h/live/cam")
    assert "hunter2" not in str(caught.value)


pieces = st.lists(
    st.sampled_from(["live", "cam", "..", ".", "/", "?", "#", "&", "=", "vhost", "_definst_"])
    | st.sampled_from(["...vhost...", "domain=", "rtmp://", "[", "]", ":", "@", "\\", "%2F", "%00"])
    | st.text(max_size=4),
    max_size=12,
).map("".join)
words = st.text("abc-_.~é", min_size=1, max_size=8).filter(lambda text: text.strip("."))


@given(pieces, pieces, pieces)
def test_anything_is_refused_or_is_a_path_below_a_folder(tc_url: str, app: str, key: str) -> None:
    try:
        found = resolve(tc_url, app, key)
    except StreamNameError:
        return
    path = f"/root/{found.vhost}/{found.path}"
    assert posixpath.normpath(path) == path
    assert "\0" not in path
    assert "/" not in found.vhost
    assert all(len(part.encode()) <= MAX_NAME_BYTES for part in (found.app, found.name))


@given(pieces)
@example("live?/?")
@example("live?a/b/?")
def test_any_text_is_a_url_or_is_refused(text: str) -> None:
    try:
        url = RtmpUrl.parse(f"rtmp://h/{text}")
    except UrlError:
        return
    assert RtmpUrl.parse(str(url)) == url


@given(words, words, words, st.integers(1, 65535))
def test_what_a_client_says_a_server_understands(host: str, app: str, name: str, port: int) -> None:
    url = RtmpUrl.parse(f"rtmp://{host}:{port}/{app}/{name}?token=1")
    found = resolve(url.tc_url, url.app, url.stream_key)
    assert found == StreamName(host, app, name)
    assert found.params == {"token": "1"}


def test_what_a_crowd_says_is_found_out_once_and_what_may_be_secret_is_not_remembered() -> None:
    said = ("rtmp://crowd/live", "live", "cam")
    assert resolve(*said) is resolve(*said)
    for tc_url, stream in (
        ("rtmp://crowd/live", "cam?key=1"),
        ("rtmp://crowd/live", "cam#key=1"),
        ("rtmp://me:word@crowd/live", "cam"),
        ("rtmp://crowd/live", "x" * 300),
    ):
        with contextlib.suppress(StreamNameError):
            assert resolve(tc_url, "live", stream) is not resolve(tc_url, "live", stream)
