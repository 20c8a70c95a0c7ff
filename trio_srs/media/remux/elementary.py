"""What is in the PES packets of one stream: pictures, or frames of sound. Floor 1."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.byte_stream import BYTE_STREAMS, ByteStream, split_units
from trio_srs.media.remux.track_format import TrackFormat, format_of_frame, format_of_record
from trio_srs.wire.codec.ac3 import ac3_frame_size
from trio_srs.wire.codec.adts import AdtsHeader, find_adts
from trio_srs.wire.codec.avc import build_avc_config
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.hevc import build_hevc_config
from trio_srs.wire.codec.mp3 import mp3_frame_size
from trio_srs.wire.codec.nalu import join_prefixed
from trio_srs.wire.codec.opus import build_opus_head
from trio_srs.wire.ts.opus_control import split_opus
from trio_srs.wire.ts.packet import CLOCK_HZ
from trio_srs.wire.ts.psi import ElementaryStream
from trio_srs.wire.ts.ts_codecs import opus_channels

__all__ = ["ElementaryReader", "PesPictureReader", "PesSoundReader", "elementary_reader"]

_LEAST_HEAD: Final = 8
"""Bytes of a frame that have to be there to know its size."""
_MOST_SOUND: Final = 1 << 17
"""Bytes of sound at once: twice what a PES packet that says its length can have."""


@attrs.define(eq=False)
class ElementaryReader(ABC):
    """Reads one stream, whatever it is."""

    codec: str
    kind: str
    unit: AccessUnit | None = None
    """The newest."""

    @abstractmethod
    def read(self, data: bytes, dts: int | None, pts: int | None) -> list[AccessUnit]:
        """The access units of a PES packet.

        Args:
            dts: ticks, wraps taken out; None if the packet has no times. Likewise ``pts``.

        Raises:
            ProtocolError: it cannot be read, or nothing said how.
        """

    def lose(self) -> None:  # noqa: B027  # most have nothing to forget
        """Something is missing before what comes next."""


@attrs.define(eq=False)
class PesPictureReader(ElementaryReader):
    """Reads pictures of H.264 or H.265, and the parameter sets that stand before them."""

    _format: TrackFormat | None = None
    _sets: list[bytes] = attrs.field(factory=list)
    _is_delimited: bool = False

    def read(self, data: bytes, dts: int | None, pts: int | None) -> list[AccessUnit]:
        rest, delimited = split_units(self.codec, data)
        self._is_delimited = self._is_delimited or bool(delimited)
        units: list[AccessUnit] = []
        before = self.unit
        if rest and self._is_delimited:
            # In a stream with delimiters a unit that has none goes on with the one before.
            if before is not None:
                units += self._picture(rest, before.dts, before.pts, continues=True)
        elif rest:
            delimited = [rest]
        for nalus in delimited:
            if dts is None or pts is None:
                if self.unit is None:
                    continue
                dts, pts = self.unit.dts + 1, self.unit.pts + 1
            units += self._picture(nalus, dts, pts, continues=False)
            dts = pts = None
        return units

    def _picture(
        self, nalus: list[bytes], dts: int, pts: int, *, continues: bool
    ) -> list[AccessUnit]:
        codec = BYTE_STREAMS[self.codec]
        sets = [nalu for nalu in nalus if codec.type_of(nalu) in codec.sets]
        if sets != self._sets and any(codec.type_of(nalu) == codec.sps for nalu in sets):
            self._format, self._sets = _format_of_sets(self.codec, codec, sets), sets
        if self._format is None:
            raise CodecConfigError("no parameter sets before its first picture")
        kept = [nalu for nalu in nalus if codec.type_of(nalu) not in codec.sets]
        slices = [kind for nalu in kept if (kind := codec.type_of(nalu)) in codec.slices]
        if not slices:
            return []
        is_key = not continues and any(kind >= codec.first_key for kind in slices)
        unit = AccessUnit(
            self._format, dts, pts, join_prefixed(kept), is_key=is_key, continues=continues
        )
        self.unit = unit
        return [unit]


def _format_of_sets(name: str, codec: ByteStream, sets: list[bytes]) -> TrackFormat:
    by_type: dict[int, list[bytes]] = {}
    for nalu in sets:
        by_type.setdefault(codec.type_of(nalu), []).append(nalu)

    def of(kind: int) -> tuple[bytes, ...]:
        return tuple(by_type.get(kind, ()))

    if name == "h264":
        record = build_avc_config(of(7), of(8))
    else:
        record = build_hevc_config(of(32), of(33), of(34))
    return format_of_record(name, record)


def _adts_size(data: bytes) -> int:
    return _adts(data).size


def _adts(data: bytes) -> AdtsHeader:
    header = find_adts(data)
    if header is None or header.size <= header.header_size:
        raise CodecConfigError(f"{data[:4].hex()} where an ADTS frame should begin")
    return header


_SIZES: Final[Mapping[str, Callable[[bytes], int]]] = {
    "aac": _adts_size,
    "mp3": mp3_frame_size,
    "ac3": ac3_frame_size,
    "eac3": ac3_frame_size,
}
"""By codec: bytes of the frame that begins here. Raises ProtocolError."""


@attrs.define(eq=False)
class PesSoundReader(ElementaryReader):
    """AAC in ADTS, MP3, AC-3, E-AC-3 or Opus."""

    channels: int = 0
    """Of Opus, as the program map says."""
    _format: TrackFormat | None = None
    _head: object = None
    """What the format was made of."""
    _rest: bytes = b""
    """The beginning of a frame whose end is in the next packet."""

    def lose(self) -> None:
        self._rest = b""

    def read(self, data: bytes, dts: int | None, _: int | None) -> list[AccessUnit]:
        """The times are of the first frame that begins in the
        packet; those behind it follow in samples."""
        has_begun = bool(self._rest)
        data, self._rest = self._rest + data, b""
        if len(data) > _MOST_SOUND:
            raise CodecConfigError(f"{len(data)} bytes of sound, expected at most {_MOST_SOUND}")
        frames = self._frames(data)
        units: list[AccessUnit] = []
        samples = 0
        for frame in frames:
            track_format, raw = self._of_frame(frame)
            assert track_format.samples_of is not None
            count = track_format.samples_of(raw)
            if dts is not None and not has_begun:
                time = dts + samples * CLOCK_HZ // track_format.sample_rate
                samples += count
            elif self.unit is not None:
                time = self.unit.dts + self.unit.duration
            else:
                has_begun = False
                continue
            has_begun = False
            self.unit = AccessUnit(track_format, time, time, raw, samples=count)
            units.append(self.unit)
        return units

    def _frames(self, data: bytes) -> list[bytes]:
        """Cut off what is whole, and keep the rest."""
        if self.codec == "opus":
            return split_opus(data)[0]
        size_of, pos = _SIZES[self.codec], 0
        frames: list[bytes] = []
        while len(data) - pos >= _LEAST_HEAD:
            try:
                end = pos + size_of(data[pos : pos + _LEAST_HEAD])
            except ProtocolError:
                if not frames:
                    raise
                return frames  # garbage behind them
            if end == pos:
                return frames  # of a free size: nobody can say where the next begins
            if end > len(data):
                break
            frames.append(data[pos:end])
            pos = end
        self._rest = data[pos:]
        return frames

    def _of_frame(self, frame: bytes) -> tuple[TrackFormat, bytes]:
        """The format of a frame, and the frame as RTMP has it."""
        if self.codec == "aac":
            header = _adts(frame)
            index = frame[2] >> 2 & 15
            record = header.object_type << 11 | index << 7 | header.layout << 3
            if self._head != record or self._format is None:
                self._format = format_of_record("aac", record.to_bytes(2, "big"))
            self._head = record
            return self._format, frame[header.header_size :]
        if self.codec == "opus":
            if self._head != self.channels or self._format is None:
                self._format = format_of_record("opus", build_opus_head(self.channels))
            self._head = self.channels
            return self._format, frame
        made = format_of_frame(self.codec, frame)
        if made != self._format:
            self._format = made
        assert self._format is not None
        return self._format, frame


def elementary_reader(codec: str, entry: ElementaryStream) -> ElementaryReader | None:
    """A reader for a stream of a program map; None if there is none for the codec."""
    if codec in BYTE_STREAMS:
        return PesPictureReader(codec, "video")
    if codec in _SIZES or codec == "opus":
        return PesSoundReader(codec, "audio", channels=opus_channels(entry))
    return None
