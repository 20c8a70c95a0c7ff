"""HTTP URLs are taken apart, put together, and followed."""

from __future__ import annotations

import pytest

from trio_srs.wire.http_url import HttpUrl
from trio_srs.wire.url import UrlError

FORMS = {
    "http://Host/live/a.flv": HttpUrl("http", "host", 80, "/live/a.flv"),
    "HTTPS://host/live/a.flv?t=1#x": HttpUrl("https", "host", 443, "/live/a.flv?t=1"),
    "http://host:8080": HttpUrl("http", "host", 8080, "/"),
    "http://host?x": HttpUrl("http", "host", 80, "/?x"),
    "http://[::1]:8080/a": HttpUrl("http", "::1", 8080, "/a"),
}

MISTAKES = {
    "rtmp://host/a": "is no HTTP URL: expected http://host",
    "http:///a": "is no HTTP URL",
    "http://host:port/a": "is no HTTP URL",
    "http://host:0/a": "has port 0, expected 1 to 65535",
    "http://host:65536/a": "has port 65536",
    "http://host/a b": "have to be percent-encoded",
    "http://host/ä": "have to be percent-encoded",
    "http://host/a\r\nX: y": "have to be percent-encoded",
}


@pytest.mark.parametrize(("text", "url"), FORMS.items())
def test_a_url_is_taken_apart(text: str, url: HttpUrl) -> None:
    assert HttpUrl.parse(text) == url
    assert HttpUrl.parse(str(url)) == url


@pytest.mark.parametrize(("text", "message"), MISTAKES.items())
def test_what_is_wrong_with_a_url_is_said(text: str, message: str) -> None:
    with pytest.raises(UrlError, match=message.replace("[", r"\[")):
        HttpUrl.parse(text)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(UrlError, match="a user and password in an HTTP URL are not supported") as e:
        HttpUrl.parse("http://me:secret@host/a")
    assert "secret" not in str(e.value)


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("https://other/b.flv", "https://other/b.flv"),
        ("/b.flv", "http://host:8080/b.flv"),
        ("b.flv?x=1", "http://host:8080/live/b.flv?x=1"),
        ("//other/b", "http://other/b"),
    ],
)
def test_a_redirect_is_followed_from_where_it_was_given(location: str, leads_to: str) -> None:
    assert str(HttpUrl.parse("http://host:8080/live/a.flv").join(location)) == leads_to


@pytest.mark.parametrize(
    "location",
    ["ftp://host/", "https://[", "//[::1/x", "http://a]b/", "//h\u2100st/", "http://[v1.x]:80/"],
)
def test_a_redirect_that_leads_nowhere_is_refused(location: str) -> None:
    with pytest.raises(UrlError):
        HttpUrl.parse("http://host/").join(location)


@pytest.mark.parametrize(
    ("text", "authority", "shown"),
    [
        ("http://host:80/a?token=1", "host", "http://host/a"),
        ("https://host:80/a", "host:80", "https://host:80/a"),
        ("http://[::1]/", "[::1]", "http://[::1]/"),
    ],
)
def test_what_is_shown_has_no_secrets_and_no_usual_port(
    text: str, authority: str, shown: str
) -> None:
    url = HttpUrl.parse(text)
    assert (url.authority, url.shown) == (authority, shown)
