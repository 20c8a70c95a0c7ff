"""Streams are read from an HTTP server in whatever way and container it sends them; whatever else
it says is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from tests.media.remux.records import DATA
from tests.tools.files import clip, flv
from trio_srs.errors import EndReason
from trio_srs.net import http_caller
from trio_srs.net.nursery import ungrouped
from trio_srs.net.rtmp_client import ClientSettings, NoAnswerError
from trio_srs.net.transport import Transport
from trio_srs.session.http_client import HttpError
from trio_srs.testing.memory import MemoryTransport, memory_transport_pair
from trio_srs.tools.expect import http_exchange
from trio_srs.tools.expect.http_exchange import HttpStatusError
from trio_srs.tools.expect.http_feed import HttpFeed, ListedElsewhereError, open_http
from trio_srs.wire.container import UnknownContainerError
from trio_srs.wire.flv.tag import FlvError
from trio_srs.wire.http_url import HttpUrl

OK = b"HTTP/1.1 200 OK\r\nServer: nginx\r\n"
CLOSED = OK + b"Connection: close\r\n\r\n"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Type: "
URL = HttpUrl.parse("http://host/live/a.flv?token=secret")


def chunked(data: bytes, size: int = 1000) -> bytes:
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@asynccontextmanager
async def answering(
    monkeypatch: pytest.MonkeyPatch, *answers: bytes | None
) -> AsyncIterator[list[str]]:
    """Servers of one answer each, in turn, with what they were asked; None never answers."""
    asked: list[str] = []
    left = list(answers)

    async def serve(end: MemoryTransport, host: str, answer: bytes | None) -> None:
        data = b""
        buffer = memoryview(bytearray(4096))
        while not data.endswith(b"\r\n\r\n"):
            await end.readable()
            data += buffer[: end.receive_into(buffer)]
        asked.append(f"{host} {data.split()[1].decode()}")
        if answer is None:
            await trio.sleep_forever()
        rest = memoryview(answer or b"")
        while rest:
            await end.writable()
            try:
                rest = rest[end.offer(rest) :]
            except (BlockingIOError, OSError):
                return
        end.shutdown_write()

    async with ungrouped(), trio.open_nursery() as nursery:

        async def dial(host: str, port: int, **_: object) -> Transport:
            await trio.lowlevel.checkpoint()
            server_end, client_end = memory_transport_pair()
            nursery.start_soon(serve, server_end, f"{host}:{port}", left.pop(0))
            return client_end

        for module in (http_exchange, http_caller):
            monkeypatch.setattr(module, "dial", dial)
        yield asked
        nursery.cancel_scope.cancel()


def opened() -> AbstractAsyncContextManager[HttpFeed]:
    return open_http(URL, ClientSettings())


@pytest.mark.parametrize(
    "answer",
    [
        CLOSED + flv(clip(2)),
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(flv(clip(2))),
        OK + b"Content-Length: %d\r\n\r\n" % len(flv(clip(2))) + flv(clip(2)),
    ],
    ids=["until it is closed", "in chunks", "with a length"],
)
async def test_a_stream_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    async with (
        answering(monkeypatch, answer) as asked,
        open_http(URL, ClientSettings()) as feed,
    ):
        times = [message.timestamp_ms async for message in feed]
    assert asked == ["host:80 /live/a.flv?token=secret"]
    assert times == [message.timestamp_ms for message in clip(2)]
    assert (feed.end, feed.ended) == (EndReason.PEER_FIN, "the server ended the answer")
    assert (feed.conduct.client, feed.conduct.flow) == ("nginx", "HTTP-FLV")
    assert feed.target == "http://host/live/a.flv"


async def test_one_redirect_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    there = b"HTTP/1.1 302 Found\r\nLocation: http://other:8080/b.flv\r\n\r\n"
    async with (
        answering(monkeypatch, there, CLOSED + flv(clip(1))) as asked,
        open_http(URL, ClientSettings()) as feed,
    ):
        assert len([message async for message in feed]) == 53
    assert asked == ["host:80 /live/a.flv?token=secret", "other:8080 /b.flv"]
    assert feed.target == "http://other:8080/b.flv"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (
            [NOT_FOUND + b'application/json\r\n\r\n{"error": "no", "detail": "nobody is here"}'],
            "a.flv: the server answered 404 Not Found: nobody is here$",
        ),
        ([NOT_FOUND + b"text/plain\r\n\r\n no such\nstream"], "404 Not Found: no such$"),
        ([NOT_FOUND + b"text/html\r\n\r\n<p>no such stream"], "404 Not Found$"),
        ([NOT_FOUND + b"application/json\r\n\r\n[1]"], "404 Not Found$"),
        ([NOT_FOUND + b"application/json\r\n\r\n{1]"], "404 Not Found$"),
        ([NOT_FOUND + b"text/plain\r\n\r\n" + b"a" * 9000], "404 Not Found: aaaa"),
        ([b"HTTP/1.1 404 Not Found\r\n\r\n"], "host/live/a.flv: the server answered 404 Not Found"),
        ([b"HTTP/1.1 302 Found\r\n\r\n"], "the server answered 302 Found"),
        (
            [b"HTTP/1.1 302 Found\r\nLocation: ftp://x/b\r\n\r\n"],
            "a.flv: the server sends us elsewhere: 'ftp://x/b' is no HTTP URL",
        ),
        (
            [b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"] * 2,
            r"host/b: the server answered 302 Found \(to /b\): only one redirect is followed",
        ),
    ],
)
async def test_another_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, answers: Sequence[bytes], message: str
) -> None:
    async with answering(monkeypatch, *answers):
        with pytest.raises(HttpStatusError, match=message) as caught:
            async with open_http(URL, ClientSettings()):
                raise AssertionError("it was taken for a stream")
    assert "secret" not in str(caught.value)


async def test_a_server_that_does_not_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async with answering(monkeypatch, None):
        with pytest.raises(NoAnswerError, match=r"http://host/live/a\.flv: no answer within 3 s"):
            async with open_http(URL, ClientSettings(timeout_s=3)):
                raise AssertionError("it answered")
    assert trio.current_time() == pytest.approx(3, abs=0.1)


def typed(content_type: str, body: bytes) -> bytes:
    return OK + f"Content-Type: {content_type}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (CLOSED + b"<html>", r"flv \(no Content-Type\): it begins with '<html>', expected FLV, "),
        (typed("text/html; charset=utf-8", b"<!DOCTYPE html>\n<p>"),
         r"\(Content-Type text/html\): it begins with '<!DOCTYPE html>'"),
        (typed("video/mp2t", b"G" + b"a" * 800), r"\(Content-Type video/mp2t\): .* 'Gaaaaaa"),
        (typed("audio/mpegurl", b"#EXTM3U\n#EXT-X-VERSION:3\n"), "is a list of segments"),
        (CLOSED, "there is nothing in it"),
        (typed("video/mp4", bytes(100)), r"it begins with 0{16}, expected FLV, MPEG-TS or MP4"),
    ],
)  # fmt: skip
async def test_what_is_no_stream_is_told(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, message: str
) -> None:
    async with answering(monkeypatch, answer), opened() as feed:
        with pytest.raises((UnknownContainerError, ListedElsewhereError), match=message) as caught:
            await anext(aiter(feed))
        assert feed.conduct.flow == "HTTP"
    assert "secret" not in str(caught.value)


async def test_flv_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(monkeypatch, CLOSED + b"FLV\x02" + bytes(9)), opened() as feed:
        with pytest.raises(FlvError, match="FLV version 2"):
            await anext(aiter(feed))


@pytest.mark.parametrize(
    ("content_type", "name", "flow", "frames", "odd"),
    [
        ("video/mp2t", "ts/ffmpeg_h264_aac.ts", "HTTP-TS", 13, []),
        ("Video/MP2T; x=y", "ts/ffmpeg_h264_aac.ts", "HTTP-TS", 13, []),
        ("application/octet-stream", "mp4/ffmpeg_h264_aac.mp4", "HTTP-MP4", 13, []),
        (
            "video/x-flv", "ts/ffmpeg_h264_aac.ts", "HTTP-TS", 13,
            ["Content-Type video/x-flv, and it is MPEG-TS"],
        ),
    ],
)  # fmt: skip
async def test_what_it_is_is_seen_by_its_first_bytes(
    monkeypatch: pytest.MonkeyPatch,
    content_type: str,
    name: str,
    flow: str,
    frames: int,
    odd: list[str],
) -> None:
    data = (DATA / name).read_bytes()
    async with answering(monkeypatch, typed(content_type, data)), opened() as feed:
        messages = [message async for message in feed]
        headers = sum(message.payload[:2] in (b"\x17\0", b"\xaf\0") for message in messages)
        assert (len(messages) - headers, headers) == (frames, 2)
        assert (feed.conduct.flow, feed.has_messages) == (flow, False)
        assert [oddity.detail for oddity in feed.conduct.oddities] == odd


async def test_a_transport_stream_may_begin_inside_a_packet_if_it_is_called_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = (DATA / "ts" / "ffmpeg_h264_aac.ts").read_bytes()[100:]
    async with answering(monkeypatch, typed("video/mp2t", data), CLOSED + data):
        async with opened() as feed:
            assert [message async for message in feed]
            assert [oddity.code for oddity in feed.conduct.oddities][:1] == ["garbage"]
        async with opened() as feed:
            with pytest.raises(UnknownContainerError):
                await anext(aiter(feed))


async def test_a_stream_too_short_to_be_sure_of_is_told_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packets = (DATA / "ts" / "ffmpeg_h264_aac.ts").read_bytes()[: 2 * 188]
    async with answering(monkeypatch, CLOSED + packets), opened() as feed:
        assert [message async for message in feed] == []
        assert feed.conduct.flow == "HTTP-TS"


async def test_an_answer_that_ends_inside_a_tag_is_odd(monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(monkeypatch, CLOSED + flv(clip(1))[:-5]), opened() as feed:
        assert len([message async for message in feed]) == 52
        assert [oddity.code for oddity in feed.conduct.oddities] == ["cut_off"]


async def test_an_answer_that_breaks_off_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(flv(clip(1)))[:-5]
    async with answering(monkeypatch, cut), opened() as feed:
        with pytest.raises(HttpError, match="broke off"):
            [message async for message in feed]
