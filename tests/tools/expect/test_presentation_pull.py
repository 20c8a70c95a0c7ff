"""HLS and DASH become a report of their frames and of their packaging, or an honest absence."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.media.packaging.test_dash_rules import seen
from tests.media.packaging.viewings import altered, sound_viewing
from tests.tools.expect.presentations import folder_of
from tests.tools.expect.test_http_feed import answering
from trio_srs.errors import EndReason
from trio_srs.hub.aes_cipher import AesCipher
from trio_srs.media.expect import absent, at_most, expect
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.tools.expect.presentation_pull import PresentationPull, is_presentation
from trio_srs.tools.expect.stream_observer import Enough

KEY = b"0123456789abcdef"


def ended(fetched: list[Fetched]) -> list[Fetched]:
    for name in ("video.m3u8", "audio.m3u8"):
        fetched = altered(fetched, name, lambda body: body + b"#EXT-X-ENDLIST\n")
    return fetched


def pull(target: object, for_s: float = 60.0, **enough: float) -> PresentationPull:
    return PresentationPull(
        str(target), Enough(**enough), for_s=for_s, settings=ClientSettings(timeout_s=2.0)
    )


async def test_a_folder_of_hls_is_judged_as_a_stream(tmp_path: Path) -> None:
    job = pull(folder_of(ended(sound_viewing("plain")), tmp_path) / "live/a.m3u8")
    await job.run()
    report = job.report()
    assert report is not None
    expect(report).healthy().video(codec="h264", frames=60, fps=10).audio(codec="aac")
    expect(report).packaging(form="HLS", segments_seconds=at_most(1.1), live=False)
    expect(report).packaging(requests_failed=0, errors=absent)
    assert (report.end, report.conduct.flow, job.absence) == (EndReason.STREAM_CLOSED, "HLS", "")
    assert report.facts.digests is None


async def test_a_folder_of_dash_is_judged_as_a_stream(tmp_path: Path) -> None:
    static = altered(seen("plain"), ".mpd", lambda body: body.replace(b'"dynamic"', b'"static"'))
    job = pull(folder_of(static, tmp_path) / "live/a.mpd", frames=20)
    await job.run()
    report = job.report()
    assert report is not None
    expect(report).video(codec="h264", frames=20).packaging(form="DASH", variants_count=1)


async def test_what_goes_on_is_watched_for_as_long_as_asked(tmp_path: Path) -> None:
    job = pull(folder_of(sound_viewing("plain"), tmp_path) / "live/a.m3u8", for_s=0.3)
    await job.run()
    report = job.report()
    assert report is not None
    assert (report.end, report.end_detail) == (None, "it goes on")
    assert job.remarks == ("it goes on: it was watched for 0.3 s, as --for says",)


def sealed(fetched: list[Fetched], method: str = "AES-128") -> list[Fetched]:
    """The pictures are encrypted, and the key is there."""
    iv = bytes(15) + b"\1"
    tag = f'#EXTM3U\n#EXT-X-KEY:METHOD={method},URI="k",IV=0x{iv.hex()}\n'.encode()
    fetched = altered(fetched, "video.m3u8", lambda body: body.replace(b"#EXTM3U\n", tag))
    segments = [each for each in fetched if "video-e" in each.url and "init" not in each.url]
    for each in segments:
        fetched = altered(fetched, each.url, lambda b: AesCipher().encrypt(KEY, iv, [b]))
    return [*fetched, Fetched(url="http://host/live/a.hls/k", asked_at_s=0, at_s=0, body=KEY)]


async def test_what_is_encrypted_is_judged_with_its_key(tmp_path: Path) -> None:
    job = pull(folder_of(sealed(ended(sound_viewing("plain"))), tmp_path) / "live/a.hls/video.m3u8")
    await job.run()
    report = job.report()
    assert report is not None
    expect(report).video(frames=60).packaging(encrypted="AES-128")


@pytest.mark.parametrize(
    ("name", "fault", "words"),
    [
        ("a.m3u8", lambda f: f, "a.m3u8: No such file"),
        ("live/a.m3u8", lambda f: altered(f, "a.m3u8", lambda _: b"<html>"), "no playlist that"),
        (
            "live/a.hls/video.m3u8", lambda f: [e for e in f if ".m4s" not in e.url],
            "m4s: No such file",
        ),
        (
            "live/a.hls/video.m3u8", lambda f: sealed(f, "SAMPLE-AES"),
            "its segments are encrypted with SAMPLE-AES, and there is no key",
        ),
        (
            "live/a.hls/video.m3u8",
            lambda f: altered(f, "video.m3u8", lambda b: b.partition(b"#EXT-X-MAP")[0]),
            "it lists no segments",
        ),
        (
            "live/a.hls/video.m3u8", lambda f: altered(f, ".m4s", lambda _: b""),
            "no audio and no video in its segments",
        ),
    ],
)  # fmt: skip
async def test_what_cannot_be_judged_says_why(
    tmp_path: Path, name: str, fault: object, words: str
) -> None:
    assert callable(fault)
    job = pull(folder_of(fault(ended(sound_viewing("plain"))), tmp_path) / name, for_s=0.2)
    assert job.report() is None
    await job.run()
    assert job.report() is None
    assert words in job.absence


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "http://host/a.m3u8: the server "
         "answered 404 Not Found"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "no playlist"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "broke off"),
        (None, "no answer within 2 s"),
    ],
)  # fmt: skip
async def test_a_server_that_has_none_is_quoted(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: object, answer: bytes | None, words: str
) -> None:
    job = pull("http://host/a.m3u8?token=secret")
    async with answering(monkeypatch, answer):
        await job.run()
    assert job.report() is None
    assert words in job.absence
    assert "secret" not in job.absence


async def test_what_a_url_is_of_is_seen_in_what_it_answers(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: object
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
    job = pull("http://host/list")
    body = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-ENDLIST\n"
    async with answering(monkeypatch, head + b"%d\r\n\r\n" % len(body) + body):
        await job.run()
    assert job.report() is None
    assert job.absence == "it lists no segments"
    other = pull("http://host/list")
    async with answering(monkeypatch, head + b"2\r\n\r\nhi"):
        await other.run()
    assert "neither a playlist of HLS nor a manifest of DASH" in other.absence


def test_names_say_what_is_a_list() -> None:
    assert is_presentation("http://host/a.m3u8?x=1")
    assert is_presentation("out/index.mpd")
    assert not is_presentation("http://host/a.flv")
    assert math.inf == pull("a.m3u8")._enough.seconds
