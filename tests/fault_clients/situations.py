"""Which faults are tried with whom: the clients."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs

from tests.fault_clients.faults import FAULTS, OF_PLAYLISTS
from tests.interop.programs import FFMPEG, FOR_EVER, GSTREAMER, RTMPDUMP, copying, ffmpeg

__all__ = ["CLIENTS", "Client", "faults_of"]

_DEBIAN_FFMPEG: Final = "/usr/bin/ffmpeg"
_CURL: Final = shutil.which("curl") or "curl"
_VLC: Final = shutil.which("cvlc") or "cvlc"
_NOBODY: Final = 65_534


@attrs.frozen
class Client:
    """A program that publishes, or plays."""

    key: str
    name: str
    role: str
    """The table that it is in: one of :data:`~tests.fault_clients.faults.FAULTS`."""
    program: str
    package: str
    command: Callable[[Path, str], list[str]]
    """Of the file to publish and the URL."""
    has_version: str = "-version"
    protocol: str = "rtmp"
    """How it asks: with which scheme."""
    ending: str = ""
    """Of the path that it asks for over HTTP."""
    faults: tuple[str, ...] = ()
    """What it can meet; all of its table if none are named."""

    publishes: bool = attrs.field(
        default=attrs.Factory(lambda self: self.role == "publish", takes_self=True)
    )
    """Whether it publishes, and does not play."""

    @property
    def says_version(self) -> list[str]:
        """The command that does."""
        return _as_nobody([self.program, self.has_version])


def _sink(element: str) -> Callable[[Path, str], list[str]]:
    def command(source: Path, url: str) -> list[str]:
        pipeline = (
            f"filesrc location={source} ! flvdemux name=d "
            f"d.video ! queue ! h264parse ! flvmux name=m streamable=true "
            f"d.audio ! queue ! aacparse ! m. m. ! {element} sync=true location={url}"
        )
        return [GSTREAMER, "-q", "-e", *pipeline.split()]

    return command


def _source(element: str) -> Callable[[Path, str], list[str]]:
    return lambda _, url: [GSTREAMER, "-q", *element.split(), f"location={url}", "!", "fakesink"]


def _demuxed(_: Path, url: str) -> list[str]:
    """A playlist, and what it names."""
    shown = ["!", "hlsdemux", "!", "fakesink", "sync=true"]
    return [GSTREAMER, "-q", "souphttpsrc", f"location={url}", *shown]


def _plays(program: str) -> Callable[[Path, str], list[str]]:
    return lambda _, url: ffmpeg(program, "-i", url, "-c", "copy", "-f", "null", "-")


def _publishes(program: str) -> Callable[[Path, str], list[str]]:
    return lambda source, url: copying(program, source, url, *FOR_EVER)


def _dump(_: Path, url: str) -> list[str]:
    return [RTMPDUMP, "-q", "--live", "-r", url, "-o", "/dev/null"]


def _curl(*options: str) -> Callable[[Path, str], list[str]]:
    return lambda _, url: [_CURL, "-sS", *options, "-o", "/dev/null", url]


def _as_nobody(command: list[str]) -> list[str]:
    """The same by a user without rights: VLC does not run as root."""
    if os.geteuid():
        return command
    who = [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    return ["setpriv", *who, "env", "HOME=/nonexistent", *command]


def _vlc(_: Path, url: str) -> list[str]:
    silent = ["--vout", "dummy", "--aout", "dummy", "--play-and-exit"]
    return _as_nobody([_VLC, "-q", "--intf", "dummy", *silent, url])


_OVER_RTMP: Final = (
    Client(
        "ffmpeg-publish", "ffmpeg (wheel)", "publish", FFMPEG, "imageio-ffmpeg", _publishes(FFMPEG)
    ),
    Client(
        "ffmpeg-debian-publish", "ffmpeg (Debian)", "publish", _DEBIAN_FFMPEG, "ffmpeg",
        _publishes(_DEBIAN_FFMPEG),
    ),
    Client(
        "rtmpsink", "librtmp (rtmpsink)", "publish", GSTREAMER, "gstreamer1.0-plugins-bad",
        _sink("rtmpsink"), "--version",
    ),
    Client(
        "rtmp2sink", "GStreamer (rtmp2sink)", "publish", GSTREAMER, "gstreamer1.0-plugins-bad",
        _sink("rtmp2sink"), "--version",
    ),
    Client("ffmpeg-play", "ffmpeg (wheel)", "play", FFMPEG, "imageio-ffmpeg", _plays(FFMPEG)),
    Client(
        "ffmpeg-debian-play", "ffmpeg (Debian)", "play", _DEBIAN_FFMPEG, "ffmpeg",
        _plays(_DEBIAN_FFMPEG),
    ),
    Client(
        "rtmpdump", "librtmp (rtmpdump)", "play", RTMPDUMP, "rtmpdump", _dump, "--help"
    ),
    Client(
        "rtmp2src", "GStreamer (rtmp2src)", "play", GSTREAMER, "gstreamer1.0-plugins-bad",
        _source("rtmp2src"), "--version",
    ),
)  # fmt: skip

_BAD: Final = "gstreamer1.0-plugins-bad"
_GOOD: Final = "gstreamer1.0-plugins-good"
_SAYS: Final = "--version"
_OVER_TLS: Final = (
    *(
        attrs.evolve(
            each, key=f"{each.key}-tls", role="tls", protocol="rtmps", publishes=each.publishes,
            name=f"{each.name}, {'publishes' if each.publishes else 'plays'}",
        )
        for each in _OVER_RTMP
    ),
    Client("curl-tls", "curl", "tls", _CURL, "curl", _curl(), _SAYS, "https", ".flv"),
    Client("vlc-tls", "VLC", "tls", _VLC, "vlc", _vlc, _SAYS, "https", ".ts"),
    Client(
        "souphttpsrc-tls", "GStreamer (souphttpsrc)", "tls", GSTREAMER, _GOOD,
        _source("souphttpsrc"), _SAYS, "https", ".ts",
    ),
)  # fmt: skip
_OVER_HTTP: Final = (
    *(
        Client(f"{key}-{role}", name, role, program, package, _plays(program), protocol="http",
               ending=ending)
        for key, name, program, package in (
            ("ffmpeg", "ffmpeg (wheel)", FFMPEG, "imageio-ffmpeg"),
            ("ffmpeg-debian", "ffmpeg (Debian)", _DEBIAN_FFMPEG, "ffmpeg"),
        )
        for role, ending in (("view", ".flv"), ("hls", ".m3u8?container=ts"))
    ),
    Client(
        "souphttpsrc-view", "GStreamer (souphttpsrc)", "view", GSTREAMER, _GOOD,
        _source("souphttpsrc"), _SAYS, "http", ".ts",
    ),
    Client("vlc-view", "VLC", "view", _VLC, "vlc", _vlc, _SAYS, "http", ".ts"),
    Client("curl-view", "curl", "view", _CURL, "curl", _curl(), _SAYS, "http", ".mp4"),
    Client(
        "hlsdemux-hls", "GStreamer (hlsdemux)", "hls", GSTREAMER, _BAD, _demuxed, _SAYS, "http",
        ".m3u8?container=ts",
    ),
    Client("vlc-hls", "VLC", "hls", _VLC, "vlc", _vlc, _SAYS, "http", ".m3u8?container=ts"),
    Client(
        "curl-hls", "curl --retry 2", "hls", _CURL, "curl",
        _curl("--fail", "--retry", "2", "--retry-delay", "1"), _SAYS, "http",
        ".m3u8?container=ts", OF_PLAYLISTS,
    ),
)  # fmt: skip
CLIENTS: Final = (*_OVER_RTMP, *_OVER_TLS, *_OVER_HTTP)
"""None of them is ours. OBS takes a screen and is not here; it publishes by its own librtmp."""


def faults_of(client: Client) -> tuple[str, ...]:
    """All that is tried with a client."""
    return client.faults or FAULTS[client.role]
