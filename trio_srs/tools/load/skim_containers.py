"""Skimming what HTTP viewers get: FLV, MPEG-TS or fragmented MP4, bare or in WebSocket messages.

Floor 6. Each container is a function from what is known and the bytes that follow to what is known
then. Payload is passed over; only what says kind, time and keyframe is read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

import attrs

from trio_srs.tools.load.skim import FrameTimes, Position, SkimError, Skimmer, SkimStep
from trio_srs.tools.load.skim_chunks import is_keyframe
from trio_srs.wire.flv.tag import HEADER_SIZE, TAG_HEAD_SIZE, TAG_TAIL_SIZE

__all__ = ["ContainerSkimmer", "container_skimmer"]

_VIDEO, _AUDIO = 9, 8
_TAG_ENTRY: Final = TAG_HEAD_SIZE + 2
"""What is read of an FLV tag: its head, and what says whether it is a keyframe."""
_PACKET: Final = 188
_SYNC: Final = 0x47
_TICKS_PER_MS: Final = 90
_BOX_HEAD: Final = 8
_LONGEST_BOX: Final = 1 << 20
"""Of a box that is read as a whole: all but ``mdat``."""
_MOST_SAMPLES: Final = 1 << 16
_NON_SYNC: Final = 1 << 16
"""In the flags of a sample (ISO/IEC 14496-12 8.8.3.1)."""
_CONTROL: Final = 8
"""From this opcode on a WebSocket frame is no data (RFC 6455 5.2)."""


class _Known(NamedTuple):
    """What is known of a container between two slices."""

    rest: bytes = b""
    """The beginning of something that is not all here."""
    left: int = 0
    """Bytes to pass over."""
    has_begun: bool = False
    """Whether the file's own head is behind us."""
    pending: tuple[int, bool, bool] | None = None
    """Time, whether video, whether a keyframe: of the frame that ends when all is passed."""
    tracks: tuple[tuple[int, int], ...] = ()
    """TS: the continuity counter of each PID. MP4: the ticks per second of each track, those of
    video negative."""


_Walk = Callable[[_Known, bytes, FrameTimes], _Known]


@attrs.frozen(eq=False, kw_only=True)
class ContainerPosition(Position):
    """Between two slices of a container."""

    known: _Known = attrs.field(factory=_Known)
    frame: tuple[bytes, int, bool] = (b"", 0, False)
    """Of WebSocket: the beginning of a frame's head, what is left of one, whether it is data."""


class ContainerSkimmer(Skimmer[ContainerPosition]):
    """Skims one container.

    Args:
        walk: which.
        in_messages: whether it comes in WebSocket messages.
        frame_ms: as of every skimmer.
    """

    def __init__(self, walk: _Walk, *, in_messages: bool, frame_ms: float) -> None:
        super().__init__(ContainerPosition(), frame_ms)
        self._walk, self._in_messages = walk, in_messages

    def _read(self, position: Position, data: bytes) -> SkimStep:
        assert isinstance(position, ContainerPosition)
        step, frame = SkimStep(position), position.frame
        times = FrameTimes(step, self._frame_ms, position.video_ms, position.audio_ms)
        if self._in_messages:
            frame, data = _unframed(frame, data)
        known = self._walk(position.known, data, times)
        step.after = self._shared(
            (known, frame, times.video_ms, times.audio_ms),
            lambda: ContainerPosition(
                known=known, frame=frame, video_ms=times.video_ms, audio_ms=times.audio_ms
            ),
        )
        return step


def _unframed(frame: tuple[bytes, int, bool], data: bytes) -> tuple[tuple[bytes, int, bool], bytes]:
    """Take WebSocket frames of a server apart; return what is known then, and their payload."""
    (rest, left, is_data), at, payload = frame, 0, []
    data = rest + data
    while True:
        some = data[at : at + left]
        at, left = at + len(some), left - len(some)
        if is_data:
            payload.append(some)
        if left or len(data) - at < 2:
            break
        short = data[at + 1]
        extra = {126: 2, 127: 8}.get(short, 0)
        if short > 127:
            raise SkimError(f"a masked WebSocket frame, byte {short:#x}: servers send none")
        if len(data) - at < 2 + extra:
            break
        left = int.from_bytes(data[at + 2 : at + 2 + extra], "big") if extra else short
        is_data = data[at] & 15 < _CONTROL
        at += 2 + extra
    return (data[at:], left, is_data), b"".join(payload)


def _walk_flv(known: _Known, data: bytes, times: FrameTimes) -> _Known:
    data, at, left, pending = known.rest + data, 0, known.left, known.pending
    if not known.has_begun:
        if len(data) < HEADER_SIZE:
            return known._replace(rest=data)
        if not data.startswith(b"FLV"):
            raise SkimError(f"{data[:3]!r} where an FLV file begins")
        at = HEADER_SIZE
    while True:
        some = min(left, len(data) - at)
        at, left = at + some, left - some
        if pending:
            times.step.has_media |= some > 0
        if left:
            break
        if pending:
            time_ms, is_video, is_key = pending
            times.count(time_ms, is_video=is_video, is_key=is_key)
            pending = None
        if len(data) - at < _TAG_ENTRY:
            break
        kind, size = data[at], int.from_bytes(data[at + 1 : at + 4], "big")
        if kind in (_VIDEO, _AUDIO):
            time_ms = int.from_bytes(data[at + 4 : at + 7], "big") | data[at + 7] << 24
            body = at + TAG_HEAD_SIZE
            is_video = kind == _VIDEO
            pending = time_ms, is_video, is_video and is_keyframe(data[body], data[body + 1])
        at, left = at + TAG_HEAD_SIZE, size + TAG_TAIL_SIZE
    return _Known(data[at:], left, has_begun=True, pending=pending)


def _walk_ts(known: _Known, data: bytes, times: FrameTimes) -> _Known:
    data, counters = known.rest + data, dict(known.tracks)
    end = len(data) - len(data) % _PACKET
    for at in range(0, end, _PACKET):
        if data[at] != _SYNC:
            raise SkimError(f"byte {data[at]:#x} where a packet of MPEG-TS begins")
        _enter_packet(data[at : at + _PACKET], counters, times)
    return _Known(data[end:], tracks=tuple(counters.items()))


def _enter_packet(packet: bytes, counters: dict[int, int], times: FrameTimes) -> None:
    """Count a packet (ISO/IEC 13818-1 2.4.3.2), and the PES packet that begins in it."""
    pid, flags = int.from_bytes(packet[1:3], "big") & 0x1FFF, packet[3]
    if not flags & 0x10:  # no payload
        return
    last, counters[pid] = counters.get(pid), flags & 15
    if last is not None and (last + 1) & 15 != flags & 15:
        times.step.skipped += 1
    payload, is_key = 4, False
    if flags & 0x20:
        payload += 1 + packet[4]
        is_key = packet[4] > 0 and bool(packet[5] & 0x40)
    if packet[1] & 0x40 and packet[payload : payload + 3] == b"\0\0\1":
        _enter_pes(packet[payload:], is_key, times)


def _enter_pes(pes: bytes, is_key: bool, times: FrameTimes) -> None:
    is_video = pes[3] & 0xF0 == 0xE0
    if pes[7] & 0x80:
        at = 14 if pes[7] & 0x40 else 9  # by the time of decoding, if there is one
        time = (pes[at] >> 1 & 7) << 30 | (pes[at + 1] << 7 | pes[at + 2] >> 1) << 15
        time |= pes[at + 3] << 7 | pes[at + 4] >> 1
        times.step.has_media = True
        times.count(time // _TICKS_PER_MS, is_video=is_video, is_key=is_key and is_video)


def _walk_mp4(known: _Known, data: bytes, times: FrameTimes) -> _Known:
    data, at, left, tracks = known.rest + data, 0, known.left, dict(known.tracks)
    while True:
        some = min(left, len(data) - at)
        at, left = at + some, left - some
        times.step.has_media |= some > 0
        if left or len(data) - at < _BOX_HEAD:
            break
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if size < _BOX_HEAD or (name != b"mdat" and size > _LONGEST_BOX):
            raise SkimError(f"a box {name!r} of {size} bytes")
        if name == b"mdat":
            at, left = at + _BOX_HEAD, size - _BOX_HEAD
            continue
        if len(data) - at < size:
            break
        box = data[at + _BOX_HEAD : at + size]
        if name == b"moov":
            tracks = {each[0]: each[1] for each in map(_track, _boxes(box, b"trak"))}
        elif name == b"moof":
            for fragment in _boxes(box, b"traf"):
                _enter_fragment(fragment, tracks, times)
        at += size
    return _Known(data[at:], left, tracks=tuple(tracks.items()))


def _boxes(data: bytes, *path: bytes) -> list[bytes]:
    """The contents of all boxes of a name, or of a path of them (ISO/IEC 14496-12 4.2)."""
    found, at = [], 0
    while len(data) - at >= _BOX_HEAD:
        size = int.from_bytes(data[at : at + 4], "big")
        if size < _BOX_HEAD:
            raise SkimError(f"a box of {size} bytes")
        if data[at + 4 : at + 8] == path[0]:
            found.append(data[at + _BOX_HEAD : at + size])
        at += size
    return found if len(path) == 1 else [box for each in found for box in _boxes(each, *path[1:])]


def _track(trak: bytes) -> tuple[int, int]:
    """The number of a track, and its ticks per second: those of video negative."""
    [tkhd], [mdhd] = _boxes(trak, b"tkhd"), _boxes(trak, b"mdia", b"mdhd")
    [hdlr] = _boxes(trak, b"mdia", b"hdlr")
    number = int.from_bytes(tkhd[20:24] if tkhd[0] else tkhd[12:16], "big")
    ticks = int.from_bytes(mdhd[20:24] if mdhd[0] else mdhd[12:16], "big")
    return number, -ticks if hdlr[8:12] == b"vide" else ticks


def _enter_fragment(traf: bytes, tracks: Mapping[int, int], times: FrameTimes) -> None:
    """Count the samples of a track in a fragment."""
    [tfhd], [tfdt] = _boxes(traf, b"tfhd"), _boxes(traf, b"tfdt")
    ticks = tracks.get(int.from_bytes(tfhd[4:8], "big"), 0)
    if not ticks:
        raise SkimError("a fragment of a track that no head has")
    time = int.from_bytes(tfdt[4:12] if tfdt[0] else tfdt[4:8], "big")
    usual = _usual(tfhd)
    for trun in _boxes(traf, b"trun"):
        for duration, is_sync in _samples(trun, *usual):
            time_ms = time * 1000 // abs(ticks) & 0xFFFFFFFF
            times.count(time_ms, is_video=ticks < 0, is_key=is_sync and ticks < 0)
            time += duration


def _usual(tfhd: bytes) -> tuple[int, int]:
    """Duration and flags of samples that have none of their own (ISO/IEC 14496-12 8.8.7.1)."""
    flags, at = int.from_bytes(tfhd[1:4], "big"), 8
    values = []
    for bit, size in ((1, 8), (2, 4), (8, 4), (16, 4), (32, 4)):
        values.append(int.from_bytes(tfhd[at : at + size], "big") if flags & bit else 0)
        at += size if flags & bit else 0
    return values[2], values[4]


def _samples(trun: bytes, duration: int, sample_flags: int) -> Iterator[tuple[int, bool]]:
    """Duration of each sample of a run, and whether it is a sync sample (8.8.8.1, 8.8.3.1)."""
    flags, count, at = int.from_bytes(trun[1:4], "big"), int.from_bytes(trun[4:8], "big"), 8
    at += 4 if flags & 1 else 0
    first = sample_flags
    if flags & 4:
        first = int.from_bytes(trun[at : at + 4], "big")
        at += 4
    size = 4 * (flags >> 8 & 15).bit_count()
    if size * count > len(trun) - at or count > _MOST_SAMPLES:
        raise SkimError(f"a run of {count} samples in {len(trun)} bytes")
    for number in range(count):
        fields = iter(struct.unpack_from(f">{size // 4}I", trun, at + number * size))
        own_duration = next(fields) if flags & 0x100 else duration
        if flags & 0x200:
            next(fields)  # its size
        own_flags = next(fields) if flags & 0x400 else sample_flags if number else first
        yield own_duration, not own_flags & _NON_SYNC


_WALKS: Final[Mapping[str, _Walk]] = {"flv": _walk_flv, "ts": _walk_ts, "mp4": _walk_mp4}


def container_skimmer(ending: str, *, in_messages: bool, frame_ms: float) -> ContainerSkimmer:
    """Skims what comes under a path with an ending: ``flv``, ``ts`` or ``mp4``.

    Raises:
        KeyError: another.
    """
    return ContainerSkimmer(_WALKS[ending], in_messages=in_messages, frame_ms=frame_ms)
