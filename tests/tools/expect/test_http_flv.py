"""FLV is read from an HTTP server in whatever way it sends it; whatever else it says is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from tests.tools.files import clip, flv
from trio_srs.errors import EndReason
from trio_srs.net.nursery import ungrouped
from trio_srs.net.rtmp_client import ClientSettings, NoAnswerError
from trio_srs.net.transport import Transport
from trio_srs.session.http_client import HttpError
from trio_srs.testing.memory import MemoryTransport, memory_transport_pair
from trio_srs.tools.expect import http_flv
from trio_srs.tools.expect.http_flv import HttpFlvFeed, HttpStatusError, open_http_flv
from trio_srs.wire.flv.tag import FlvError
from trio_srs.wire.http_url import HttpUrl

OK = b"HTTP/1.1 200 OK\r\nServer: nginx\r\n"
CLOSED = OK + b"Connection: close\r\n\r\n"
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

        monkeypatch.setattr(http_flv, "dial", dial)
        yield asked
        nursery.cancel_scope.cancel()


def opened() -> AbstractAsyncContextManager[HttpFlvFeed]:
    return open_http_flv(URL, ClientSettings())


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
        open_http_flv(URL, ClientSettings()) as feed,
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
        open_http_flv(URL, ClientSettings()) as feed,
    ):
        assert len([message async for message in feed]) == 53
    assert asked == ["host:80 /live/a.flv?token=secret", "other:8080 /b.flv"]
    assert feed.target == "http://other:8080/b.flv"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
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
            async with open_http_flv(URL, ClientSettings()):
                raise AssertionError("it was taken for a stream")
    assert "secret" not in str(caught.value)


async def test_a_server_that_does_not_answer_is_given_up(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async with answering(monkeypatch, None):
        with pytest.raises(NoAnswerError, match=r"http://host/live/a\.flv: no answer within 3 s"):
            async with open_http_flv(URL, ClientSettings(timeout_s=3)):
                raise AssertionError("it answered")
    assert trio.current_time() == pytest.approx(3, abs=0.1)


async def test_what_is_no_flv_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        answering(monkeypatch, CLOSED + b"<html>"),
        open_http_flv(URL, ClientSettings()) as f,
    ):
        with pytest.raises(FlvError, match="expected 464c56"):
            await anext(aiter(f))


async def test_an_answer_that_breaks_off_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(flv(clip(1)))[:-5]
    async with answering(monkeypatch, cut), opened() as feed:
        with pytest.raises(HttpError, match="broke off"):
            [message async for message in feed]
