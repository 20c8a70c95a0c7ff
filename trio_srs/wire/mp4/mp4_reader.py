"""A fragmented MP4 in slices in, its tracks and samples out. Floor 0."""

from __future__ import annotations

import struct
from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.mp4.box import Box, find_box, iter_boxes
from trio_srs.wire.mp4.init_segment import Mp4Track
from trio_srs.wire.mp4.mp4_oddity import Mp4Oddities, Mp4OddityKind
from trio_srs.wire.mp4.sample_entry import parse_entry
from trio_srs.wire.oddity_counter import note

__all__ = ["MAX_BOX", "Mp4Error", "Mp4Event", "Mp4Fragment", "Mp4Movie", "Mp4Reader", "ReadSample"]

MAX_BOX: Final = 1 << 26
"""The largest box that is kept to be read, in bytes."""
_MOST_SAMPLES: Final = 1 << 16
"""In one fragment; what a few seconds of sound have is a hundredth of it."""
_MOST_TRACKS: Final = 64
"""In one movie; players take two."""
_U32: Final = struct.Struct(">I")
_HEAD, _LARGE_HEAD = 8, 16
_READ: Final = frozenset({b"moov", b"moof", b"mdat"})
_NON_SYNC: Final = 0x1_0000


class Mp4Error(ProtocolError):
    """A box that cannot be read. The text says what is wrong with it."""

    code = "mp4_error"


@attrs.frozen
class Mp4Movie:
    """What an init segment says."""

    tracks: tuple[Mp4Track, ...]
    """Those that can be read."""


@attrs.define
class ReadSample:
    """One sample. Treat as immutable."""

    track: Mp4Track
    time: int
    """When it is decoded, in units of its track's timescale; likewise what follows."""
    composition: int
    duration: int
    is_sync: bool
    data: bytes


@attrs.frozen
class Mp4Fragment:
    """A fragment, with its data."""

    samples: tuple[ReadSample, ...]
    """Track by track, each in the order of decoding."""


Mp4Event = Mp4Movie | Mp4Fragment
_Table = list[tuple[int, int, int, int]]


@attrs.define
class _Run:
    """Samples of a fragment, and where their data are."""

    track: Mp4Track
    time: int
    offset: int | None
    """From the beginning of the ``moof``; None if they follow those before."""
    table: _Table
    """Duration, size, flags and composition of each."""


class Mp4Reader:
    """Reads init segments and fragments; knows no files and no sockets.

    Call :meth:`feed` for each slice and :meth:`finish` at the end; both return what is whole, a
    fragment's samples with its data. Nothing is ever raised: what cannot be read is counted in
    :attr:`oddities`. However a stream is sliced, what comes out is the same.

    Args:
        max_box: the largest box that is kept to be read, in bytes.
    """

    def __init__(self, *, max_box: int = MAX_BOX) -> None:
        self.oddities: Mp4Oddities = {}
        self.movie: Mp4Movie | None = None
        """The newest init segment."""
        self._max_box = max_box
        self._buffer = bytearray()
        self._passed = 0  # bytes that have left the buffer
        self._skipped = 0  # bytes still to be passed over
        self._is_lost = False
        self._moof: tuple[int, list[_Run]] | None = None
        self._times: dict[int, int] = {}
        self._room = 0  # for more samples in the fragment

    def feed(self, data: bytes | bytearray | memoryview) -> list[Mp4Event]:
        """Take the next bytes, cut anywhere."""
        self._buffer += data
        return self._read(is_last=False)

    def finish(self) -> list[Mp4Event]:
        """There is no more: return what was waiting for its end."""
        events = self._read(is_last=True)
        if (self._buffer or self._skipped) and not self._is_lost:
            self._note(Mp4OddityKind.CUT_SHORT, f"{len(self._buffer)} bytes of a box")
        self._drop(len(self._buffer))
        return events

    def _note(self, kind: Mp4OddityKind, detail: str) -> None:
        note(self.oddities, kind, detail, self._passed)

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._passed += count

    def _read(self, is_last: bool) -> list[Mp4Event]:
        events: list[Mp4Event] = []
        buffer = self._buffer
        while buffer:
            if self._is_lost:
                self._drop(len(buffer))
                break
            if self._skipped:
                count = min(self._skipped, len(buffer))
                self._drop(count)
                self._skipped -= count
                continue
            head = self._head(is_last)
            if head is None:
                break
            kind, begin, size = head
            if kind not in _READ or size > self._max_box:
                if kind in _READ:
                    self._note(Mp4OddityKind.TOO_LARGE, f"{kind!r} of {size} bytes")
                self._skipped = size
                continue
            if len(buffer) < size:
                break
            self._box(kind, bytes(buffer[:size]), begin, events)
            self._drop(size)
        return events

    def _head(self, is_last: bool) -> tuple[bytes, int, int] | None:
        """Type, bytes of its head, and size of the next box; None if more bytes are needed."""
        buffer = self._buffer
        if len(buffer) < _HEAD:
            return None
        kind = bytes(buffer[4:_HEAD])
        size, begin = _U32.unpack_from(buffer)[0], _HEAD
        if size == 1:
            if len(buffer) < _LARGE_HEAD:
                return None
            size, begin = int.from_bytes(buffer[_HEAD:_LARGE_HEAD], "big"), _LARGE_HEAD
        elif size == 0:  # all that is left
            if kind in _READ and len(buffer) <= self._max_box:
                return (kind, begin, len(buffer)) if is_last else None
            size = self._max_box + 1 if kind in _READ else _HEAD
            self._is_lost = True
        if size < begin or not all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in kind):
            self._note(Mp4OddityKind.NO_BOX, f"{bytes(buffer[:_HEAD]).hex()} where a box begins")
            self._is_lost = True
            return None
        return kind, begin, size

    def _box(self, kind: bytes, data: bytes, begin: int, events: list[Mp4Event]) -> None:
        whole = Box(kind, begin, len(data), is_whole=True)
        if kind == b"moov":
            self.movie = self._movie(data, whole)
            self._times, self._moof = {}, None
            events.append(self.movie)
        elif kind == b"moof":
            self._moof = self._passed, self._runs(data, whole)
        elif self._moof is not None:
            events.append(Mp4Fragment(tuple(self._samples(data, begin))))
            self._moof = None
        elif self.movie is not None and not self.oddities.get(Mp4OddityKind.FRAGMENT):
            self._note(Mp4OddityKind.SAMPLE_TABLE, f"{len(data)} bytes behind no fragment")

    def _movie(self, data: bytes, movie: Box) -> Mp4Movie:
        defaults: dict[int, tuple[int, int, int]] = {}
        extends = find_box(data, movie, b"mvex")
        if extends is None:
            self._note(Mp4OddityKind.SAMPLE_TABLE, "a movie that is not fragmented")
        else:
            for each in iter_boxes(data, extends.start, extends.end):
                if each.kind == b"trex" and each.end - each.start >= 24:
                    track_id, _, *said = struct.unpack_from(">5I", data, each.start + 4)
                    defaults[track_id] = (said[0], said[1], said[2])
        tracks: list[Mp4Track] = []
        for each in iter_boxes(data, movie.start, movie.end):
            if each.kind == b"trak":
                if len(tracks) == _MOST_TRACKS:
                    self._note(Mp4OddityKind.TRACK, f"more than {_MOST_TRACKS} tracks")
                    break
                try:
                    tracks.append(_track(data, each, defaults))
                except ProtocolError as error:
                    self._note(Mp4OddityKind.TRACK, str(error))
        return Mp4Movie(tuple(tracks))

    def _runs(self, data: bytes, moof: Box) -> list[_Run]:
        if self.movie is None:
            self._note(Mp4OddityKind.NO_MOVIE, "a fragment")
            return []
        runs: list[_Run] = []
        self._room = _MOST_SAMPLES
        for each in iter_boxes(data, moof.start, moof.end):
            if each.kind == b"traf":
                try:
                    runs += self._track_fragment(data, each)
                except struct.error:
                    self._note(Mp4OddityKind.FRAGMENT, "a field that is cut short")
                except ProtocolError as error:
                    self._note(Mp4OddityKind.FRAGMENT, str(error))
        return runs

    def _track_fragment(self, data: bytes, traf: Box) -> list[_Run]:
        """Raises struct.error where it is cut short, and ProtocolError."""
        head = find_box(data, traf, b"tfhd")
        if head is None:
            raise Mp4Error("a track fragment without a header")
        fields = _Fields(data, head)
        flags = fields.u32() & 0xFFFFFF
        track_id = fields.u32()
        assert self.movie is not None
        track = next((each for each in self.movie.tracks if each.track_id == track_id), None)
        if track is None:
            raise Mp4Error(f"a track fragment of track {track_id}")
        base = fields.u64() - self._passed if flags & 1 else None
        fields.skip(4 if flags & 2 else 0)
        duration = fields.u32() if flags & 8 else track.default_duration
        size = fields.u32() if flags & 0x10 else track.default_size
        sample_flags = fields.u32() if flags & 0x20 else track.default_flags
        time = self._times.get(track_id, 0)
        start = find_box(data, traf, b"tfdt")
        if start is not None:
            fields = _Fields(data, start)
            time = fields.u64() if fields.u32() >> 24 else fields.u32()
        runs = []
        for each in iter_boxes(data, traf.start, traf.end):
            if each.kind == b"trun":
                defaults = duration, size, sample_flags
                offset, table, lasts = _run(_Fields(data, each), defaults, self._room)
                self._room -= len(table)
                if base is not None:
                    offset = base + (offset or 0)
                runs.append(_Run(track, time, offset, table))
                time += lasts
        self._times[track_id] = time
        return runs

    def _samples(self, data: bytes, begin: int) -> list[ReadSample]:
        """The samples of the last fragment, from the data behind it."""
        assert self._moof is not None
        moof_at, runs = self._moof
        moved = self._passed - moof_at  # from the beginning of the fragment to that of the data
        samples: list[ReadSample] = []
        pos, left = begin, len(data) - begin  # what overlaps is read once
        for run in runs:
            pos = pos if run.offset is None else run.offset - moved
            time = run.time
            for duration, size, flags, composition in run.table:
                end = pos + size
                left -= size
                if pos < begin or end > len(data) or left < 0:
                    self._note(Mp4OddityKind.OUTSIDE, f"a sample of {size} bytes at {pos - begin}")
                    break
                is_sync = not flags & _NON_SYNC
                samples.append(
                    ReadSample(run.track, time, composition, duration, is_sync, data[pos:end])
                )
                time += duration
                pos = end
        return samples


class _Fields:
    """Reads the fields of a box; raises struct.error behind its end."""

    def __init__(self, data: bytes, of: Box) -> None:
        self._data = data[of.start : of.end]
        self.pos = 0

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self.pos

    def skip(self, count: int) -> None:
        """Pass over so many bytes."""
        self.pos += count

    def u32(self) -> int:
        value: int = _U32.unpack_from(self._data, self.pos)[0]
        self.pos += 4
        return value

    def u64(self) -> int:
        return self.u32() << 32 | self.u32()


def _run(
    fields: _Fields, defaults: tuple[int, int, int], room: int
) -> tuple[int | None, _Table, int]:
    """Where the data are, and duration, size, flags and composition of each sample; and how long
    they last together."""
    word = fields.u32()
    is_signed, flags, count = bool(word >> 24), word & 0xFFFFFF, fields.u32()
    offset = _signed(fields.u32()) if flags & 1 else None
    first_flags = fields.u32() if flags & 4 else None
    width = 4 * (flags >> 8 & 15).bit_count()
    if count > room or count * width > fields.left:
        raise Mp4Error(f"a run of {count} samples in {fields.left} bytes")
    if not width:
        return offset, _alike(count, defaults, first_flags), count * defaults[0]
    table: _Table = []
    for index in range(count):
        duration = fields.u32() if flags & 0x100 else defaults[0]
        size = fields.u32() if flags & 0x200 else defaults[1]
        said = fields.u32() if flags & 0x400 else defaults[2]
        if index == 0 and first_flags is not None:
            said = first_flags
        composition = fields.u32() if flags & 0x800 else 0
        table.append((duration, size, said, _signed(composition) if is_signed else composition))
    return offset, table, sum(row[0] for row in table)


def _alike(count: int, defaults: tuple[int, int, int], first_flags: int | None) -> _Table:
    """Samples of which nothing is said one by one: it costs no bytes to say that there are many."""
    duration, size, flags = defaults
    if count and not size:
        raise Mp4Error(f"a run of {count} samples without bytes")
    table = [(duration, size, flags, 0)] * count
    if count and first_flags is not None:
        table[0] = duration, size, first_flags, 0
    return table


def _signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value


def _track(data: bytes, trak: Box, defaults: dict[int, tuple[int, int, int]]) -> Mp4Track:
    """Read one track's boxes. Raises ProtocolError."""
    head, media = find_box(data, trak, b"tkhd"), find_box(data, trak, b"mdia", b"mdhd")
    handler = find_box(data, trak, b"mdia", b"hdlr")
    entries = find_box(data, trak, b"mdia", b"minf", b"stbl", b"stsd")
    if head is None or media is None or handler is None or entries is None:
        raise Mp4Error("a track without its header, its media or its sample entries")
    try:
        fields = _Fields(data, head)
        fields.skip(16 if fields.u32() >> 24 else 8)
        track_id = fields.u32()
        fields = _Fields(data, media)
        fields.skip(16 if fields.u32() >> 24 else 8)
        timescale = fields.u32()
    except struct.error:
        raise Mp4Error("a track header that is cut short") from None
    entry = next(iter_boxes(data, entries.start + 8, entries.end), None)
    if entry is None or not timescale:
        raise Mp4Error(f"track {track_id} has no sample entry, or a timescale of {timescale}")
    is_video = data[handler.start + 8 : handler.start + 12] == b"vide"
    said = defaults.get(track_id, (0, 0, 0))
    start = _media_start(data, trak)
    return Mp4Track(track_id, timescale, parse_entry(data, entry), is_video, start, *said)


def _media_start(data: bytes, trak: Box) -> int:
    """Of an edit list with one entry that is not empty; 0 for any other."""
    edits = find_box(data, trak, b"edts", b"elst")
    if edits is None:
        return 0
    fields = _Fields(data, edits)
    try:
        is_long, count = bool(fields.u32() >> 24), fields.u32()
        fields.skip(8 if is_long else 4)
        start = fields.u64() if is_long else fields.u32()
    except struct.error:
        return 0
    return start if count == 1 and start < 1 << (63 if is_long else 31) else 0
