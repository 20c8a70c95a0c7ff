"""From RTMP's messages to a transport stream. Floor 1.

Source:
    ISO/IEC 13818-1:2022, 2.4.3.5 (random access), 2.7.2 (a clock at least every 100 ms), 2.14 and
    2.17 (H.264 and H.265 in a transport stream).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit
from trio_srs.media.remux.byte_stream import ByteStreamWriter
from trio_srs.media.remux.container_muxer import ContainerMuxer
from trio_srs.media.remux.left_out import LeftOutReason
from trio_srs.media.remux.muxed_piece import MuxedPiece
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.adts import AdtsWriter
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.opus import parse_opus_head
from trio_srs.wire.ts.opus_control import opus_control
from trio_srs.wire.ts.psi import ElementaryStream
from trio_srs.wire.ts.ts_codecs import TS_CODECS, opus_descriptors
from trio_srs.wire.ts.ts_writer import TsWriter

__all__ = ["TS_LEAD", "TsMuxer", "ts_refusal"]

TS_LEAD: Final = 300 * TICKS_PER_MS
"""Ticks from the clock to the DTS of what is sent then: so late may the tracks of a stream come
against each other, and so early may its first picture be decoded, and all are still in time."""

_PIDS: Final = {"video": 0x100, "audio": 0x101}
_TABLES: Final = 100 * TICKS_PER_MS
"""Tables come again at least so often, if anything comes at all."""
_CLOCK: Final = 80 * TICKS_PER_MS
"""And the clock."""
_PAUSE: Final = 1200 * TICKS_PER_MS
"""In a longer pause no clock is made up: nothing was sent, and a clock could not be either."""
_GROUP: Final = 85 * TICKS_PER_MS
"""So much sound shares a PES packet: each costs a header and half a packet of stuffing."""
_GROUP_BYTES: Final = 50_000
"""And not more than its length can say, with room for one more frame."""
_GUESS: Final = 40 * TICKS_PER_MS
"""How long a picture lasts, unless another one says so soon behind it."""
_MOST_SOUND: Final = 8000
"""Bytes of one frame: what ADTS can say, and more than any other codec needs."""
_MOST_OPUS_CHANNELS: Final = 8


def ts_refusal(track_format: TrackFormat) -> str | None:
    """Why a transport stream cannot carry that."""
    try:
        if track_format.codec == "aac":
            _adts_of(track_format)
        elif track_format.codec == "opus":
            head = parse_opus_head(track_format.record)
            if head.mapping_family > 1 or head.channels > _MOST_OPUS_CHANNELS:
                return f"{head.channels} channels in mapping family {head.mapping_family}"
    except CodecConfigError as error:
        return str(error)
    return None


def _adts_of(track_format: TrackFormat) -> AdtsWriter:
    return AdtsWriter(parse_audio_specific_config(track_format.record))


def _framing(track_format: TrackFormat) -> Callable[[int], bytes]:
    """What stands before a frame of so many bytes."""
    if track_format.codec == "aac":
        return _adts_of(track_format).header
    return opus_control if track_format.codec == "opus" else lambda _: b""


def _entry(track_format: TrackFormat) -> ElementaryStream:
    """How the program map names it."""
    codec = TS_CODECS[track_format.codec]
    stream_type, descriptors = codec.stream_type, codec.descriptors
    if track_format.codec == "opus":
        descriptors = opus_descriptors(track_format.channels)
    elif track_format.codec == "mp3" and track_format.sample_rate < 32_000:
        stream_type = 0x04  # MPEG-2 audio
    return ElementaryStream(stream_type, _PIDS[track_format.kind], descriptors)


class TsMuxer(ContainerMuxer):
    """Muxes one stream: H.264 and H.265; AAC, MP3, AC-3, E-AC-3 and Opus.

    Pieces begin at keyframes with tables, the clock and parameter sets, so that a reader may begin
    at any of those; of sound alone it may begin everywhere. The tables say what has come: where
    another track comes, or another codec, they change and so does their version. Counters and
    versions go on behind a restart, as times do, and the clock is marked as another: nothing may
    have come for long.
    """

    def __init__(self) -> None:
        super().__init__(TS_CODECS, ts_refusal)
        self._writer = TsWriter()
        self._formats: dict[str, TrackFormat] = {}
        self._pictures: ByteStreamWriter | None = None
        self._frame_head: Callable[[int], bytes] = opus_control
        self._clock: int | None = None  # the newest that was written
        self._tables: int | None = None  # when they were written last
        self._before = 0  # the time of the piece before
        self._step = 0  # from one piece to the next: about the longest of late
        self._shown = 0  # the time of the newest picture
        self._interval = _GUESS  # from the picture before to that one
        self._heard = 0  # when all of the sound is over
        self._group: list[AccessUnit] = []
        self._group_parts: list[bytes] = []
        self._group_size = 0

    @property
    def formats(self) -> list[TrackFormat]:
        return list(self._formats.values())

    @property
    def end(self) -> int:
        interval = self._interval if 0 < self._interval <= _PAUSE else _GUESS
        return max(self._shown + interval, self._heard)

    def begin_segment(self, formats: Iterable[TrackFormat] = ()) -> None:
        """Let the next piece stand by itself, behind :meth:`flush`: tables come first.

        Args:
            formats: of all tracks, if they are others from there on.
        """
        self._tables = None
        if formats:
            self._formats = {}
            for each in formats:
                self._take_format(each)
            self._list_tracks()

    def _take_tracks(self, firsts: Mapping[str, AccessUnit]) -> None:
        self.begin_segment([unit.format for unit in firsts.values()])

    def forget_tracks(self) -> None:
        self._formats = {}

    def _take_format(self, track_format: TrackFormat) -> None:
        self._formats[track_format.kind] = track_format
        if track_format.kind == "video":
            self._pictures = ByteStreamWriter(track_format)
        else:
            self._frame_head = _framing(track_format)

    def _list_tracks(self) -> None:
        """Say in the tables what there is."""
        entries = [_entry(self._formats[kind]) for kind in _PIDS if kind in self._formats]
        if self._writer.set_program(entries, entries[0].pid):
            self._tables = None

    def _unit(self, unit: AccessUnit) -> list[MuxedPiece]:
        pieces: list[MuxedPiece] = []
        kind = unit.format.kind
        if unit.format is not self._formats.get(kind):
            pieces = self.flush()
            self._take_format(unit.format)
            self._list_tracks()
        if kind == "audio":
            return pieces + self._sound(unit)
        pieces += self.flush()
        if not unit.continues:
            self._interval, self._shown = unit.dts - self._shown, unit.dts
        assert self._pictures is not None
        data = self._pictures.write(unit.data, is_key=unit.is_key, continues=unit.continues)
        return [*pieces, self._piece(unit, data, is_entry=unit.is_key)]

    def _sound(self, unit: AccessUnit) -> list[MuxedPiece]:
        size = len(unit.data)
        if size > _MOST_SOUND:
            detail = f"a frame of {size} bytes, expected at most {_MOST_SOUND}"
            self._source.left_out.note("audio", unit.format.codec, LeftOutReason.UNREADABLE, detail)
            return []
        pieces: list[MuxedPiece] = []
        if self._group:
            last = self._group[-1]
            gap = abs(unit.dts - last.dts - last.duration)
            if unit.discontinuity or gap > 1 or self._group_size > _GROUP_BYTES:
                pieces = self.flush()
        self._group.append(unit)
        self._group_parts += (self._frame_head(size), unit.data)
        self._group_size += size
        if unit.dts + 2 * unit.duration - self._group[0].dts > _GROUP:
            pieces += self.flush()
        return pieces

    def flush(self) -> list[MuxedPiece]:
        group = self._group
        if not group:
            return []
        data = b"".join(self._group_parts)
        self._group, self._group_parts, self._group_size = [], [], 0
        self._heard = group[-1].dts + group[-1].duration
        piece = self._piece(group[0], data, is_entry="video" not in self._formats)
        piece.units = len(group)
        return [piece]

    def _piece(self, unit: AccessUnit, data: bytes, *, is_entry: bool) -> MuxedPiece:
        kind, dts = unit.format.kind, unit.dts
        parts = self._lead_in(dts, is_entry, unit.discontinuity)
        clock = None
        if kind == "video" or "video" not in self._formats:
            before = self._clock
            if before is None or dts > before:
                clock = self._clock = dts
            elif is_entry and not unit.discontinuity:
                clock = self._clock = before + 1
        parts.append(
            self._writer.pes(
                _PIDS[kind], TS_CODECS[unit.format.codec].stream_id, data,
                unit.pts + TS_LEAD, dts + TS_LEAD, clock=clock, random_access=is_entry,
            )
        )  # fmt: skip
        return MuxedPiece(b"".join(parts), dts, is_entry)

    def _lead_in(self, dts: int, is_entry: bool, breaks: bool) -> list[bytes]:
        """What has to stand before a piece: tables and clocks that are due."""
        parts = []
        ahead = dts - self._before
        ahead = min(ahead, _CLOCK) if ahead <= _PAUSE else 0  # behind more a clock comes alone
        self._step = step = max(ahead, self._step - self._step // 32)
        clock = self._clock
        if breaks:
            clock, self._step = None, 0
        elif clock is not None and dts - clock > _PAUSE:
            clock = dts - _CLOCK - 1  # one comes alone, before what may have none
        if breaks or is_entry or self._tables is None:
            parts.append(self._writer.tables())
            self._tables = dts if clock is None else min(clock + _CLOCK, dts)
        if breaks:
            parts.append(self._writer.clock(dts, discontinuity=True))
            self._clock = self._before = dts
        while clock is not None and dts - clock > _CLOCK:
            self._clock = clock = clock + _CLOCK
            parts += self._due_tables(clock, min(clock + _CLOCK, dts))
            parts.append(self._writer.clock(clock))
        parts += self._due_tables(dts, dts + step)
        self._before = max(self._before, dts)
        return parts

    def _due_tables(self, now: int, following: int) -> list[bytes]:
        """The tables, if behind what follows they would be too late."""
        if self._tables is not None and following - self._tables <= _TABLES:
            return []
        self._tables = now
        return [self._writer.tables()]
