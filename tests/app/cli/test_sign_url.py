"""``trio-srs sign-url``: what it prints opens the stream that was named."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit
from trio_srs.hub.access_rule import Permission
from trio_srs.hub.gate import AccessRequest
from trio_srs.hub.signed_url import signature_fault
from trio_srs.wire.url import DEFAULT_VHOST

KEY = "k" * 16


@pytest.mark.parametrize(
    "url",
    [
        "rtmp://h/live/cam",
        "rtmp://h/live/cam?a=b",
        "rtmps://h:1/live/cam",
        "http://h:8080/live/cam.flv",
        "wss://h/live/cam.mp4",
    ],
)
def test_a_signed_url_opens_its_stream(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    words = ("--key-file", str(tmp_path / "key"), "--expires-in", "1m", "--ip", "10.0.0.1")
    assert main(["sign-url", url, *words]) == Exit.OK
    signed = capsys.readouterr().out.strip()
    assert signed.startswith(url)
    request = AccessRequest(
        session="c1",
        peer="10.0.0.1:5",
        protocol="rtmp",
        vhost=DEFAULT_VHOST,
        app="live",
        name="cam",
        params=dict(parse_qsl(urlsplit(signed).query)),
    )
    now = time.time()
    assert signature_fault([KEY], Permission.PLAY, request, now) == ""
    assert signature_fault([KEY], Permission.PLAY, request, now + 61) == "its URL has expired"


def test_a_key_may_be_in_a_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("URL_KEY", KEY)
    words = ("rtmp://h/live/cam", "--key-env", "URL_KEY", "--for", "publish", "--vhost", "v")
    assert main(["sign-url", *words]) == Exit.OK
    assert "&sign=" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("rtmp://h/live/cam",), "one of the arguments --key-file --key-env is required"),
        (("rtmp://h/live/cam", "--key-env", "NO_SUCH"), "there is no such variable"),
        (("rtmp://h/live/cam", "--key-file", "/no/such"), "No such file"),
        (("ftp://h/live/cam", "--key-env", "PATH"), "is no URL of a stream"),
        (("rtmp://h/live", "--key-env", "PATH"), "is no URL of a stream"),
        (("rtmp://h/live/cam", "--key-env", "PATH", "--ip", "x"), "'x' does not appear to be"),
        (("rtmp://h/live/cam", "--key-env", "PATH", "--for", "watch"), "invalid"),
    ],
)
def test_what_cannot_be_signed_says_why(
    words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sign-url", *words]) == Exit.USAGE
    assert why in capsys.readouterr().err
