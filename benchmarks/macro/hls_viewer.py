"""A viewer of HLS that reads the clock: ``python -m benchmarks.macro.hls_viewer delay|held URL``.

It runs in a process of its own, bound to the load's core, and says on one line of JSON what it saw.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import select
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import attrs

from trio_srs.tools.load.publisher import STAMP, STAMP_MARK
from trio_srs.tools.load.usage import cpu_s, family
from trio_srs.wire.hls.media_playlist import (
    MediaPlaylist,
    PlaylistPart,
    PlaylistSegment,
    ServerControl,
)
from trio_srs.wire.hls.multivariant_playlist import MultivariantPlaylist
from trio_srs.wire.hls.playlist_reader import read_playlist

__all__ = ["Viewer", "main"]

_PATIENCE_S: Final = 60.0
_POLL_S: Final = 0.05
"""Between two looks at a playlist that cannot be waited for."""
_MARK: Final = re.compile(re.escape(STAMP_MARK))
_ALONE_S, _SETTLE_S, _WATCH_S = 2.0, 2.0, 1.0
"""How long it is watched without anybody, until all wait, and how long what that costs."""


class Viewer:
    """One connection to a server, and the playlist of pictures there.

    Attributes:
        url: of the playlist.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self._first = url
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE_S)

    def get(self, url: str) -> bytes | None:
        """What is there; None if nothing is."""
        path = urlsplit(url)._replace(scheme="", netloc="").geturl()
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        body = answer.read()
        return body if answer.status == 200 else None

    def find(self) -> MediaPlaylist:
        """Look until there is a playlist with a segment in it."""
        while True:
            text = self.get(self.url)
            playlist = None if text is None else read_playlist(text.decode())
            if isinstance(playlist, MultivariantPlaylist):
                self.url = urljoin(self.url, playlist.variants[0].uri)
            elif playlist is not None and playlist.segments:
                return playlist
            else:
                time.sleep(_POLL_S)

    def playlist(self, number: int = -1, part: int = -1) -> MediaPlaylist:
        """The playlist; that with a part in it, as soon as it is there."""
        query = f"?_HLS_msn={number}&_HLS_part={part}" if number >= 0 else ""
        if "?" in self.url:
            query = query.replace("?", "&")
        text = self.get(self.url + query)
        found = None if text is None else read_playlist(text.decode())
        if not isinstance(found, MediaPlaylist):
            raise RuntimeError(f"no playlist at {self.url}{query}")
        return found

    def file(self, uri: str) -> bytes:
        """A segment or a part."""
        body = self.get(urljoin(self.url, uri))
        if body is None:
            raise RuntimeError(f"{uri} is not there")
        return body


def _next_part(playlist: MediaPlaylist) -> tuple[int, int]:
    """Media sequence number and index of the part that comes behind all that are there."""
    number = playlist.media_sequence + playlist.skipped + len(playlist.segments)
    return number, len(playlist.parts)


def _stamps(data: bytes) -> Iterator[tuple[int, int]]:
    """Number and time of the frames that begin in it."""
    for found in _MARK.finditer(data):
        if found.start() + STAMP.size <= len(data):
            _, number, sent_ns = STAMP.unpack_from(data, found.start())
            yield number, sent_ns


@attrs.define
class _Seen:
    """When each frame was sent, and how long it took."""

    took_ms: dict[int, float] = attrs.field(factory=dict)
    newest_ms: list[float] = attrs.field(factory=list)
    """Of the last frame of each file: what is left when a player begins at the end."""
    first_sent_ns: int = 0

    def add(self, data: bytes) -> None:
        """A file has come."""
        now = time.monotonic_ns()
        newest = -1
        for number, sent_ns in _stamps(data):
            self.first_sent_ns = self.first_sent_ns or sent_ns
            if number not in self.took_ms:
                self.took_ms[number] = (now - sent_ns) / 1e6
                newest = number
        if newest >= 0:
            self.newest_ms.append(self.took_ms[newest])


def delay(url: str, seconds: float) -> dict[str, Any]:
    """How long it takes from the publisher until a frame can be had, at the end of a playlist."""
    viewer, seen = Viewer(url), _Seen()
    playlist = viewer.find()
    found_ns = time.monotonic_ns()
    seen.add(viewer.file(playlist.segments[0].uri))
    first_s = (found_ns - seen.first_sent_ns) / 1e9
    segment_s = playlist.segments[0].duration_s
    has_parts = playlist.part_target_s is not None
    known = {each.uri for each in _files(playlist, has_parts)}
    seen.took_ms.clear()
    seen.newest_ms.clear()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if has_parts:
            playlist = viewer.playlist(*_next_part(playlist))
        else:
            time.sleep(_POLL_S)
            playlist = viewer.playlist()
        for each in _files(playlist, has_parts):
            if each.uri not in known:
                known.add(each.uri)
                seen.add(viewer.file(each.uri))
    control = playlist.server_control or ServerControl()
    hold_s = control.part_hold_back_s if has_parts else control.hold_back_s
    return {
        "first_s": first_s,
        "segment_s": segment_s,
        "hold_back_s": hold_s or 3 * playlist.target_duration_s,
        "took_ms": sorted(seen.took_ms.values()),
        "newest_ms": sorted(seen.newest_ms),
        "frames": len(seen.took_ms),
        "lost_frames": max(seen.took_ms) - min(seen.took_ms) + 1 - len(seen.took_ms),
    }


def _files(playlist: MediaPlaylist, has_parts: bool) -> list[PlaylistPart | PlaylistSegment]:
    """What is fetched: the smallest pieces there are."""
    if not has_parts:
        return list(playlist.segments)
    parts = [part for each in playlist.segments for part in each.parts]
    return [each for each in (*parts, *playlist.parts) if not each.is_gap]


# ------------------------------------------------------------------- reloads


def held(url: str, count: int, pid: int) -> dict[str, Any]:
    """Many reloads that wait for one and the same part, which is seconds away.

    Args:
        pid: of the server, whose CPU time is taken while they wait, and when they are answered.
    """
    viewer, server = Viewer(url), family([pid])
    playlist = viewer.find()
    alone_s = _spent_s(server, _ALONE_S)
    playlist = viewer.playlist(*_next_part(playlist))  # so that the next has just been begun
    number, part = _next_part(playlist)
    parts = urlsplit(viewer.url)
    path = f"{parts.path}?_HLS_msn={number}&_HLS_part={part}"
    said = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    sockets = [_asking(parts.hostname or "", parts.port or 80, said) for _ in range(count)]
    time.sleep(_SETTLE_S)
    waiting_s = _spent_s(server, _WATCH_S)
    before_s = cpu_s(server)
    seen = _answers(sockets)
    return seen | {
        "alone_s": alone_s / _ALONE_S,
        "waiting_s": waiting_s / _WATCH_S,
        "woken_s": cpu_s(server) - before_s,
    }


def _spent_s(pids: list[int], seconds: float) -> float:
    """CPU time of processes in so long."""
    before_s = cpu_s(pids)
    time.sleep(seconds)
    return cpu_s(pids) - before_s


def _asking(host: str, port: int, said: bytes) -> socket.socket:
    sock = socket.create_connection((host, port), timeout=_PATIENCE_S)
    sock.sendall(said)
    sock.setblocking(False)
    return sock


def _answers(sockets: list[socket.socket]) -> dict[str, Any]:
    """How long it took from the first answer to the last; and how many were none."""
    waiting = {each.fileno(): each for each in sockets}
    came: list[float] = []
    refused = early = 0
    until = time.monotonic() + _PATIENCE_S
    with select.epoll() as epoll:
        for number in waiting:
            epoll.register(number, select.EPOLLIN)
        early = len(epoll.poll(0.0))
        while waiting and time.monotonic() < until:
            for number, _ in epoll.poll(1.0):
                epoll.unregister(number)
                head = waiting.pop(number).recv(65536)
                came.append(time.monotonic())
                refused += not head.startswith(b"HTTP/1.1 200")
    for each in sockets:
        each.close()
    return {
        "spread_ms": (came[-1] - came[0]) * 1000 if came else None,
        "failed": refused + early + len(waiting),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Look, and say what was seen."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.macro.hls_viewer")
    parser.add_argument("what", choices=("delay", "held"))
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--server-pid", type=int)
    args = parser.parse_args(argv)
    if args.what == "delay":
        seen = delay(args.url, args.seconds)
    else:
        seen = held(args.url, args.count, args.server_pid)
    print(json.dumps(seen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
