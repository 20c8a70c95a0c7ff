"""A viewer on a socket pair: what it asks for, and what it makes of the answer."""

from __future__ import annotations

import socket
import sys

import pytest

from trio_srs.tools.load.load_viewer import LoadViewer
from trio_srs.tools.load.loop import READ, Loop
from trio_srs.tools.load.plan import Load, LoadPlan
from trio_srs.tools.load.skim_containers import container_skimmer
from trio_srs.tools.load.source import encode_flv, synthetic
from trio_srs.wire.websocket import binary_head

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux's")

FLV = encode_flv(synthetic(16, audio=False))
MESSAGES = 251
OK = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def viewer_of(url: str, loop: Loop, sock: socket.socket) -> LoadViewer:
    plan = LoadPlan(load=Load.PLAY, url=url)
    in_messages = url.startswith("ws:")
    skimmer = container_skimmer("flv", in_messages=in_messages, frame_ms=40)
    viewer = LoadViewer(loop, plan, 0, skimmer)
    viewer.sock = sock
    loop.add(sock.fileno(), READ, viewer.ready)
    return viewer


def said(server: socket.socket, viewer: LoadViewer, data: bytes) -> None:
    server.send(data)
    viewer.ready(READ)


def test_it_asks_once_for_what_the_url_names(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    viewer = viewer_of("http://127.0.0.1:8080/live/s%d.flv?vhost=v", loop, pair[0])
    assert viewer.hello() == b"GET /live/s0.flv?vhost=v HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n"


def test_over_websocket_it_asks_for_the_upgrade(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    hello = viewer_of("ws://127.0.0.1:8080/live/s.flv", loop, pair[0]).hello()
    assert hello.startswith(b"GET /live/s.flv HTTP/1.1\r\n")
    assert b"\r\nUpgrade: websocket\r\n" in hello
    assert hello.endswith(b"\r\n\r\n")


def test_what_is_behind_the_head_is_counted(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    viewer = viewer_of("http://127.0.0.1/live/s.flv", loop, pair[0])
    said(pair[1], viewer, OK[:20])
    assert not viewer.started
    said(pair[1], viewer, OK[20:] + FLV[:50])
    assert viewer.started
    said(pair[1], viewer, FLV[50:])
    assert (viewer.messages, viewer.skipped, viewer.failure) == (MESSAGES, 0, "")


def test_messages_of_websocket_are_counted_in_the_same_way(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    viewer = viewer_of("ws://127.0.0.1/live/s.flv", loop, pair[0])
    said(pair[1], viewer, SWITCHING + binary_head(100) + FLV[:100])
    said(pair[1], viewer, binary_head(len(FLV) - 100) + FLV[100:])
    assert (viewer.messages, viewer.failure) == (MESSAGES, "")


def test_chunks_of_http_are_taken_apart_however_they_are_cut(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    viewer = viewer_of("http://127.0.0.1:8080/live/s.flv", loop, pair[0])
    said(pair[1], viewer, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n")
    chunks = [FLV[at : at + 999] for at in range(0, len(FLV), 999)]
    data = b"".join(b"%x;a=b\r\n%b\r\n" % (len(each), each) for each in chunks)
    for at in range(0, len(data), 333):
        said(pair[1], viewer, data[at : at + 333])
    assert (viewer.messages, viewer.keyframes, viewer.failure) == (MESSAGES, 5, "")
    said(pair[1], viewer, b"no number\r\n")
    assert "where a chunk of HTTP begins" in viewer.failure


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}", "404 Not Found"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "SSH-2.0"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000, "HTTP/1.1 200 OK"),
    ],
    ids=["a refusal", "no HTTP", "an endless head"],
)
def test_who_is_not_served_says_what_the_server_said(
    loop: Loop, pair: tuple[socket.socket, socket.socket], answer: bytes, reason: str
) -> None:
    viewer = viewer_of("http://127.0.0.1/live/s.flv", loop, pair[0])
    said(pair[1], viewer, answer)
    assert reason in viewer.failure
    assert not viewer.lost


def test_it_acknowledges_nothing(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> None:
    viewer = viewer_of("http://127.0.0.1/live/s.flv", loop, pair[0])
    pair[1].setblocking(False)
    said(pair[1], viewer, OK)
    for at in range(0, len(FLV), 10_000):
        said(pair[1], viewer, FLV[at : at + 10_000])
    viewer.acknowledge()
    with pytest.raises(BlockingIOError):
        pair[1].recv(100)
