"""How a segment of fragmented MP4 is put together, box by box. Floor 1."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import attrs

from trio_srs.wire.mp4.box import Box, find_box, iter_boxes

__all__ = ["FragmentLayout", "InitLayout", "Mp4Layout", "RunLayout"]

_TABLES: Final = (b"stts", b"stsc", b"stco")
_BASE, _DURATION, _SIZE, _FLAGS = 0x1, 0x8, 0x10, 0x20
_BASE_IS_MOOF: Final = 0x20000
_HAS_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_FIELDS: Final = 0xF00
_NON_SYNC: Final = 0x10000


@attrs.frozen
class InitLayout:
    """What an init segment is made of."""

    kinds: tuple[bytes, ...]
    """Its boxes."""
    movie: tuple[bytes, ...]
    """Those in its movie."""
    track_ids: tuple[int, ...]
    extended: tuple[int, ...]
    """Track ids that have defaults for fragments."""
    entries: tuple[bytes, ...]
    """The four characters of the sample entry, of each track."""
    is_empty: bool
    """Durations are 0, and tables have nothing in them."""
    has_edits: bool


@attrs.frozen
class RunLayout:
    """A run of samples."""

    version: int
    offset: int | None
    """From the beginning of the fragment to its data."""
    durations: tuple[int, ...]
    sizes: tuple[int, ...]
    compositions: tuple[int, ...]
    left: int
    """Bytes behind the table."""


@attrs.frozen
class FragmentLayout:
    """A ``moof``, and what stands behind it."""

    sequence: int
    track_ids: tuple[int, ...]
    """Of each track fragment."""
    bases: tuple[bool, ...]
    """Whether offsets are from its beginning, and from nowhere else; likewise."""
    times: tuple[tuple[int, int] | None, ...]
    """Version and time of decoding, likewise; None where none is said."""
    runs: tuple[tuple[RunLayout, ...], ...]
    """Likewise."""
    size: int
    """Of the ``moof``."""
    data_size: int
    """Of the ``mdat`` behind it, with its head; 0 if there is none."""

    @property
    def compositions(self) -> list[int]:
        """Of all its samples."""
        return [offset for runs in self.runs for run in runs for offset in run.compositions]

    @property
    def duration(self) -> int:
        """Of its first track fragment."""
        return sum(sum(run.durations) for run in self.runs[0]) if self.runs else 0


class Mp4Layout:
    """An init segment, and the segment that it is needed for. What is cut short is left out."""

    def __init__(self, init: bytes, data: bytes) -> None:
        self.init = _init(init)
        self.kinds = tuple(box.kind for box in iter_boxes(data))
        """The boxes of the segment."""
        self.brands = b""
        """Those of its ``styp``, in a row; empty without one."""
        self.fragments: list[FragmentLayout] = []
        whole = list(iter_boxes(data))
        for at, box in enumerate(whole):
            if box.kind == b"styp":
                content = box.content(data)
                self.brands = content[:4] + content[8:]
            elif box.kind == b"moof":
                follows = whole[at + 1] if at + 1 < len(whole) else None
                with suppress(struct.error):
                    self.fragments.append(_fragment(data, box, follows, _default(init)))


def _ints(data: bytes, box: Box, form: str, at: int = 0) -> tuple[int, ...]:
    """Raises struct.error: it is cut short."""
    return struct.unpack_from(f">{form}", box.content(data), at)


def _default(init: bytes) -> tuple[int, int, int]:
    """Duration, size and flags of samples of which nothing is said: of the first track."""
    box = find_box(init, None, b"moov", b"mvex", b"trex")
    if box is None or box.end - box.start < 24:
        return 0, 0, 0
    duration, size, flags = _ints(init, box, "3I", 12)
    return duration, size, flags


def _init(data: bytes) -> InitLayout:
    movie = find_box(data, None, b"moov")
    boxes = [] if movie is None else list(iter_boxes(data, movie.start, movie.end))
    tracks = [box for box in boxes if box.kind == b"trak"]
    extends = find_box(data, movie, b"mvex") if movie is not None else None
    extended = [] if extends is None else list(iter_boxes(data, extends.start, extends.end))
    return InitLayout(
        tuple(box.kind for box in iter_boxes(data)),
        tuple(box.kind for box in boxes),
        tuple(_first(data, find_box(data, track, b"tkhd"), 12) for track in tracks),
        tuple(_first(data, box, 4) for box in extended if box.kind == b"trex"),
        tuple(_entry(data, track) for track in tracks),
        all(_is_empty(data, track) for track in tracks),
        any(find_box(data, track, b"edts", b"elst") for track in tracks),
    )


def _first(data: bytes, box: Box | None, at: int) -> int:
    """A field of 32 bits; 0 if it is not there. Of a header of version 1 times are longer."""
    if box is None:
        return 0
    content = box.content(data)
    at += 8 if box.kind in (b"tkhd", b"mdhd") and content[:1] == b"\x01" else 0
    return int.from_bytes(content[at : at + 4], "big")


def _entry(data: bytes, track: Box) -> bytes:
    box = find_box(data, track, b"mdia", b"minf", b"stbl", b"stsd")
    return b"" if box is None else box.content(data)[12:16]


def _is_empty(data: bytes, track: Box) -> bool:
    durations = (
        _first(data, find_box(data, track, b"tkhd"), 20),
        _first(data, find_box(data, track, b"mdia", b"mdhd"), 16),
    )
    tables = find_box(data, track, b"mdia", b"minf", b"stbl")
    if tables is None or any(durations):
        return False
    counts = {
        box.kind: _first(data, box, 8 if box.kind == b"stsz" else 4)
        for box in iter_boxes(data, tables.start, tables.end)
        if box.kind in (*_TABLES, b"stsz")
    }
    return not any(counts.values())


def _fragment(
    data: bytes, moof: Box, follows: Box | None, default: tuple[int, int, int]
) -> FragmentLayout:
    """Raises struct.error: something is cut short."""
    head = find_box(data, moof, b"mfhd")
    tracks = [box for box in iter_boxes(data, moof.start, moof.end) if box.kind == b"traf"]
    sequence = _first(data, head, 4)
    ids, bases, times, runs = [], [], [], []
    for track in tracks:
        said = find_box(data, track, b"tfhd")
        if said is None:
            continue
        flags, track_id = _ints(data, said, "II")
        ids.append(track_id)
        bases.append(bool(flags & _BASE_IS_MOOF) and not flags & _BASE)
        times.append(_time(data, find_box(data, track, b"tfdt")))
        runs.append(tuple(_runs(data, track, _defaults(data, said, flags, default))))
    is_data = follows is not None and follows.kind == b"mdat"
    data_size = follows.end - follows.start + 8 if is_data and follows is not None else 0
    return FragmentLayout(
        sequence, tuple(ids), tuple(bases), tuple(times), tuple(runs),
        moof.end - moof.start + 8, data_size,
    )  # fmt: skip


def _time(data: bytes, box: Box | None) -> tuple[int, int] | None:
    if box is None:
        return None
    version = _ints(data, box, "B")[0]
    return version, _ints(data, box, "Q" if version else "I", 4)[0]


def _defaults(
    data: bytes, said: Box, flags: int, default: tuple[int, int, int]
) -> tuple[int, int, int]:
    at = 8 + 8 * bool(flags & _BASE) + 4 * bool(flags & 2)
    values = list(default)
    for index, bit in enumerate((_DURATION, _SIZE, _FLAGS)):
        if flags & bit:
            values[index] = _ints(data, said, "I", at)[0]
            at += 4
    return values[0], values[1], values[2]


def _runs(data: bytes, track: Box, defaults: tuple[int, int, int]) -> Iterator[RunLayout]:
    for box in iter_boxes(data, track.start, track.end):
        if box.kind != b"trun":
            continue
        word, count = _ints(data, box, "II")
        version, flags, at = word >> 24, word & 0xFFFFFF, 8
        offset = None
        if flags & _HAS_OFFSET:
            (offset,), at = _ints(data, box, "i", at), at + 4
        at += 4 * bool(flags & _FIRST_FLAGS)
        width = (flags & _FIELDS).bit_count()
        rows = _ints(data, box, f"{count * width}I", at)
        columns: list[tuple[int, ...]] = []
        place = 0
        for bit, value in zip((0x100, 0x200, 0x400, 0x800), (*defaults, 0), strict=True):
            if flags & bit:
                columns.append(rows[place::width])
                place += 1
            else:
                columns.append((value,) * min(count, len(data)))
        signed = tuple(c - (1 << 32) if version and c >> 31 else c for c in columns[3])
        left = box.end - box.start - at - 4 * count * width
        yield RunLayout(version, offset, columns[0], columns[1], signed, left)
