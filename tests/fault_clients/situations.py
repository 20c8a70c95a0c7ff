"""Which faults are tried with whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs

from tests.interop.programs import FFMPEG, FOR_EVER, GSTREAMER, RTMPDUMP, copying, ffmpeg

__all__ = ["CLIENTS", "FAULTS", "Client", "faults_of"]

_DEBIAN_FFMPEG: Final = "/usr/bin/ffmpeg"


@attrs.frozen
class Client:
    """A program that publishes, or plays."""

    key: str
    name: str
    role: str
    """``publish`` or ``play``."""
    program: str
    package: str
    command: Callable[[Path, str], list[str]]
    """Of the file to publish and the URL."""
    has_version: str = "-version"


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
    return lambda _, url: [GSTREAMER, "-q", element, f"location={url}", "!", "fakesink"]


def _plays(program: str) -> Callable[[Path, str], list[str]]:
    return lambda _, url: ffmpeg(program, "-i", url, "-c", "copy", "-f", "null", "-")


def _publishes(program: str) -> Callable[[Path, str], list[str]]:
    return lambda source, url: copying(program, source, url, *FOR_EVER)


def _dump(_: Path, url: str) -> list[str]:
    return [RTMPDUMP, "-q", "--live", "-r", url, "-o", "/dev/null"]


CLIENTS: Final = (
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
"""None of them is ours. OBS takes a screen and is not here."""

_BOTH: Final = (
    "reset accept",
    "close handshake",
    "late handshake by=2s",
    "silent handshake",
    "refuse connect",
    "refuse connect object=object",
    "refuse connect command=_result code=NetConnection.Connect.Rejected level=error then=stay",
    "redirect connect to=rtmp://127.0.0.1:9/elsewhere",
    "late connect by=2s",
    "silent connect",
    "malformed connect",
    "malformed connect broken=chunk",
    "chunk_size connect bytes=1B",
    "refuse createStream",
    "silent createStream",
    "late createStream by=2s",
)
FAULTS: Final = {
    "publish": (
        *_BOTH,
        "swap releaseStream",
        "silent FCPublish",
        "refuse publish",
        "refuse publish level=status then=stay",
        "refuse publish code=NetStream.Failed",
        "refuse publish times=2",
        "redirect publish to=rtmp://127.0.0.1:9/live/b",
        "late publish by=2s",
        "silent publish",
        "close publish after=1s",
        "reset publish after=1s",
        "half_close publish after=1s",
        "close publish after=1s inside=chunk",
        "reset publish after=100kB",
        "close publish after=20frames",
        "stall publish after=1s",
        "slow publish after=1s rate=20kB",
        "silent acknowledgement",
        "extra_ping publish after=1s",
        "window publish after=1s bytes=1B",
        "window publish after=1s bytes=0B",
        "chunk_size publish after=1s bytes=0B",
        "noise publish after=1s",
        "status publish after=1s code=NetStream.Publish.BadName level=error",
        "reconnect_request publish after=1s",
    ),
    "play": (
        *_BOTH,
        "refuse play",
        "refuse play code=NetStream.Failed then=stay",
        "redirect play to=rtmp://127.0.0.1:9/live/b",
        "late play by=2s",
        "silent play",
        "malformed play",
        "close play after=1s",
        "reset play after=1s",
        "half_close play after=1s",
        "close play after=1s inside=chunk",
        "stall play after=1s direction=out",
        "slow play after=1s rate=20kB",
        "noise play after=1s",
        "status play after=1s code=NetStream.Play.UnpublishNotify level=status",
        "reconnect_request play after=1s",
        "drop play after=20frames frames=10",
        "repeat play after=20frames",
        "reorder play after=20frames",
        "freeze play after=1s",
        "jump play after=20frames by=1h",
        "jump play after=20frames by=-1s",
        "corrupt play after=20frames bytes=20B",
    ),
}
"""By role."""


def faults_of(client: Client) -> tuple[str, ...]:
    """All that is tried with a client."""
    return FAULTS[client.role]
