"""The clients: how each is told to play, and how what it showed is counted."""

from __future__ import annotations

import abc
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterable
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Final

import attrs
import trio
from websockets.trio.client import connect

from tests.clients.matrix import Form, Sample, Wanted
from tests.interop.programs import FFMPEG, Ended, ffmpeg, run, run_until
from trio_srs.media.report import Conduct
from trio_srs.tools.expect.container_reader import container_reader
from trio_srs.tools.expect.stream_observer import StreamObserver
from trio_srs.wire.codec.adts import split_adts
from trio_srs.wire.codec.mp3 import mp3_frame_size
from trio_srs.wire.container import find_container

__all__ = ["PLAYERS", "Player", "Seen", "Viewing"]

_SIZE: Final = 160 * 120 * 3 // 2
"""Bytes of a decoded picture of the streams."""
_NOBODY: Final = 65_534
_TOO_OLD: Final = "it is older than Enhanced RTMP, by which FLV carries this codec"


@attrs.frozen
class Seen:
    """What a client showed."""

    pictures: int = 0
    sound_s: float = 0.0
    trouble: str = ""
    """What it said was wrong."""


@attrs.frozen
class Viewing:
    """What a client is to watch, and where it may write."""

    url: str
    form: Form
    wanted: Wanted
    folder: Path
    authority: Path
    """A file (PEM) with the certificate that is to be trusted."""
    enough: Seen
    """What it has to show at least."""


@attrs.frozen(kw_only=True)
class Player(abc.ABC):
    """A client."""

    key: str
    """What its file of results is called."""
    name: str
    """What people call it."""
    package: str
    """Where it comes from."""
    proof: str
    """What is counted."""
    schemes: tuple[str, ...] = ("http", "https")
    """What it speaks, or can be told to trust."""
    follows_lists: bool = True
    """Whether it fetches what a playlist names."""
    least: float = 0.9
    """Which part of pictures and sound has to be shown: players drop what is late at the end."""

    @abc.abstractmethod
    def version(self) -> str:
        """Its version; empty where it is missing."""

    def cannot(self, form: Form, stream: Sample) -> str:
        """Why it cannot play a stream in a form, if it is known not to; else empty."""
        return ""

    @abc.abstractmethod
    async def watch(self, viewing: Viewing) -> Seen:
        """Play to the end of the stream."""


async def _shown(
    command: list[str], viewing: Viewing, look: Callable[[], tuple[int, float]]
) -> Seen:
    """Run a client until it ends, or is ended because it has shown enough of what has no end.

    Args:
        look: what it has shown so far: pictures, and seconds of sound.
    """

    def is_enough() -> bool:
        pictures, sound_s = look()
        return pictures >= viewing.enough.pictures and sound_s >= viewing.enough.sound_s

    is_ended = viewing.form.ends_clients
    ended = await (run(command) if is_ended else run_until(command, is_enough))
    return Seen(*look(), _trouble(ended))


def _said(command: list[str], pattern: str) -> str:
    """The version that a program says; empty if it is not there."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, check=False, capture_output=True, timeout=20)
    found = re.search(pattern, (done.stdout + done.stderr).decode(errors="replace"))
    return found[1] if found else ""


def _is_enhanced(form: Form, stream: Sample) -> bool:
    return form.view == "flv" and not {stream.video, stream.audio} <= {"h264", "aac", "mp3", ""}


@attrs.frozen(kw_only=True)
class _Ffmpeg(Player):
    program: str
    is_old: bool = False

    def version(self) -> str:
        return _said([self.program, "-version"], r"ffmpeg version (\S+)")

    def cannot(self, form: Form, stream: Sample) -> str:
        return _TOO_OLD if self.is_old and _is_enhanced(form, stream) else ""

    async def watch(self, viewing: Viewing) -> Seen:
        tls = ["-ca_file", str(viewing.authority)] if viewing.form.scheme == "https" else []
        shown = viewing.folder / "shown"
        into = ["-map", "0", "-f", "framecrc", "-flush_packets", "1", str(shown)]
        words = ffmpeg(self.program, *tls, "-i", viewing.url, *into)
        return await _shown(words, viewing, lambda: _framecrc(_lines(shown)))


def _lines(path: Path) -> str:
    """Those of a file that are whole."""
    return path.read_text().rpartition("\n")[0] if path.exists() else ""


def _framecrc(text: str) -> tuple[int, float]:
    """Frames of pictures and seconds of sound in ffmpeg's list of what it decoded."""
    bases = {n: Fraction(base) for n, base in re.findall(r"#tb (\d+): (\S+)", text)}
    sound = set(re.findall(r"#sample_rate (\d+):", text))
    pictures, sound_s = 0, Fraction(0)
    for row in text.splitlines():
        if row and not row.startswith("#"):
            index, _, _, duration, *_ = (word.strip() for word in row.split(","))
            pictures += index not in sound
            sound_s += int(duration) * bases[index] if index in sound else 0
    return pictures, float(sound_s)


class _Vlc(Player):
    def version(self) -> str:
        return _said([*self._as_nobody(), "cvlc", "--version"], r"VLC version (\S+)")

    def cannot(self, form: Form, stream: Sample) -> str:
        return _TOO_OLD if _is_enhanced(form, stream) else ""

    def _as_nobody(self) -> list[str]:
        """It does not run as root."""
        if os.geteuid() or shutil.which("cvlc") is None:
            return []
        who = [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
        return ["setpriv", *who, "env", "HOME=/nonexistent"]

    async def watch(self, viewing: Viewing) -> Seen:
        pictures, sound = viewing.folder / "pictures", viewing.folder / "sound"
        shown = ["--vout", "yuv", "--yuv-file", str(pictures), "--aout", "afile",
                 "--audiofile-file", str(sound)]  # fmt: skip
        trust = ["--no-gnutls-system-trust", "--gnutls-dir-trust", str(viewing.authority.parent)]
        words = ["cvlc", "-q", "--intf", "dummy", *trust, *shown, "--play-and-exit", viewing.url]
        return await _shown(
            [*self._as_nobody(), *words],
            viewing,
            lambda: (_size(pictures) // _SIZE, _wave_s(sound)),
        )


def _wave_s(path: Path) -> float:
    """Seconds in a WAV file whose header may have been written before its end was known."""
    if _size(path) < 44:
        return 0.0
    head = path.read_bytes()[:44]
    bytes_a_second = int.from_bytes(head[28:32], "little")
    return (_size(path) - 44) / bytes_a_second


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _trouble(ended: Ended) -> str:
    return ended.stderr if ended.returncode else ""


class _GStreamer(Player):
    def version(self) -> str:
        return _said(["gst-launch-1.0", "--version"], r"GStreamer (\S+)")

    def cannot(self, form: Form, stream: Sample) -> str:
        return _TOO_OLD if _is_enhanced(form, stream) else ""

    async def watch(self, viewing: Viewing) -> Seen:
        pictures, sound = viewing.folder / "pictures", viewing.folder / "sound"
        source = f"souphttpsrc location={viewing.url} ssl-strict=false ! decodebin name=d"
        words = [source]
        if viewing.wanted.pictures:
            words.append(f"d. ! video/x-raw ! videoconvert ! {_I420} ! {_into(pictures)}")
        if viewing.wanted.sound:
            words.append(f"d. ! audio/x-raw ! {_RESAMPLED} ! {_into(sound)}")
        return await _shown(
            ["gst-launch-1.0", "-q", *" ".join(words).split()],
            viewing,
            lambda: (_size(pictures) // _SIZE, _size(sound) / _S16_RATE),
        )


_I420: Final = "video/x-raw,format=I420"
_RESAMPLED: Final = "audioconvert ! audioresample ! audio/x-raw,format=S16LE,channels=2,rate=48000"
_S16_RATE: Final = 48_000 * 2 * 2


def _into(path: Path) -> str:
    return f"queue ! filesink sync=false buffer-mode=unbuffered location={path}"


class _Curl(Player):
    def version(self) -> str:
        return _said(["curl", "--version"], r"curl (\S+)")

    async def watch(self, viewing: Viewing) -> Seen:
        file = viewing.folder / "file"
        words = ["curl", "-sS", "--cacert", str(viewing.authority), "-o", str(file), viewing.url]
        ended = await run(words)
        data = file.read_bytes() if file.exists() else b""
        return attrs.evolve(_found(viewing.form, data), trouble=_trouble(ended))


class _WebSockets(Player):
    def version(self) -> str:
        return version("websockets")

    async def watch(self, viewing: Viewing) -> Seen:
        context = ssl.create_default_context(cafile=str(viewing.authority))
        trust = context if viewing.form.scheme == "wss" else None
        with trio.fail_after(20):
            async with connect(viewing.url, ssl=trust, compression=None) as client:
                data = [message async for message in client if isinstance(message, bytes)]
        return _found(viewing.form, b"".join(data))


def _found(form: Form, data: bytes) -> Seen:
    """What is in bytes that a client only fetched."""
    if form.view == "aac":
        frames, _ = split_adts(data)
        return Seen(0, sum(1024 / header.sample_rate for header, _ in frames))
    if form.view == "mp3":
        return Seen(0, sum(1152 / 44_100 for _ in _mp3_frames(data)))
    container = find_container(data, is_all=True)
    assert container is not None
    reader, observer = container_reader(container), StreamObserver("", began_at=0, now_s=None)
    for message in [*reader.feed(data), *reader.finish()]:
        observer.see(message)
    facts = observer.report(Conduct()).facts
    video, audio = facts.video, facts.audio
    rate = audio.audio.sample_rate if audio is not None and audio.audio is not None else None
    samples = audio.audio.samples if audio is not None and audio.audio is not None else 0
    return Seen(video.frames if video else 0, samples / rate if rate else 0.0)


def _mp3_frames(data: bytes) -> Iterable[bytes]:
    pos = 0
    while pos + 4 <= len(data):
        size = mp3_frame_size(data[pos:])
        yield data[pos : pos + size]
        pos += size


_DECODED: Final = "pictures and sound that it decoded"
PLAYERS: Final[tuple[Player, ...]] = (
    _Ffmpeg(
        key="ffmpeg", name="ffmpeg", package="the wheel imageio-ffmpeg", proof=_DECODED,
        program=FFMPEG,
    ),
    _Ffmpeg(
        key="ffmpeg-debian", name="ffmpeg", package="Debian: ffmpeg", proof=_DECODED,
        program="/usr/bin/ffmpeg", is_old=True,
    ),
    _Vlc(
        key="vlc", name="VLC", package="Debian: vlc-bin, vlc-plugin-base",
        proof="pictures and sound that it showed, at its own pace", least=0.5,
    ),
    _GStreamer(
        key="gstreamer", name="GStreamer",
        package="Debian: gstreamer1.0-tools, -plugins-base, -plugins-good, -plugins-bad, -libav",
        proof=_DECODED,
    ),
    _Curl(
        key="curl", name="curl", package="Debian: curl",
        proof="pictures and sound in what it fetched, by our own demuxers", follows_lists=False,
    ),
    _WebSockets(
        key="websockets", name="websockets", package="PyPI: websockets",
        proof="pictures and sound in its messages, by our own demuxers", schemes=("ws", "wss"),
        follows_lists=False,
    ),
)  # fmt: skip
