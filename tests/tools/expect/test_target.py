"""Whatever a stream is at, it is looked at in the way that it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from trio.testing import MockClock

from tests.media.packaging.viewings import sound_viewing
from tests.tools.expect.presentations import folder_of
from tests.tools.expect.test_http_feed import answering
from tests.tools.expect.test_presentation_pull import ended
from tests.tools.files import clip, flv
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.tools.expect.target import Target, is_file
from trio_srs.wire.url import UrlError

SETTINGS = ClientSettings(timeout_s=1.0)


async def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.flv"
    path.write_bytes(flv(clip(1)))
    target = Target(str(path), settings=SETTINGS)
    assert target.seen().absence == "interrupted"
    await target.run()
    seen = target.seen()
    assert seen.report is not None
    assert (seen.target, seen.missing, seen.absence) == (str(path), "", "")
    lost = Target(str(tmp_path / "b.flv"), settings=SETTINGS)
    await lost.run()
    assert "No such file" in lost.seen().absence


async def test_a_playlist_is_followed(tmp_path: Path) -> None:
    path = folder_of(ended(sound_viewing("plain")), tmp_path) / "live/a.m3u8"
    target = Target(str(path), settings=SETTINGS)
    await target.run()
    report = target.seen().report
    assert report is not None
    assert report.packaging is not None


async def test_a_url_whose_answer_is_a_playlist_is_followed(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    body = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-ENDLIST\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    target = Target("http://host/hls?stream=a", settings=SETTINGS)
    async with answering(monkeypatch, answer, answer):
        await target.run()
    assert target.seen().absence == "it lists no segments"


async def test_a_stream_is_pulled(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    target = Target("http://host/a.flv", settings=SETTINGS)
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n" + flv(clip(1))
    async with answering(monkeypatch, answer):
        await target.run()
    report = target.seen().report
    assert report is not None
    assert report.packaging is None


def test_what_cannot_be_read_from_is_refused() -> None:
    with pytest.raises(UrlError):
        Target("srt://host:5", settings=SETTINGS)
    assert is_file("a/b.ts")
    assert not is_file("udp://:5")
