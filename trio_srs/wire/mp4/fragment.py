"""Movie fragments: samples of one or more tracks, and what is said of them. Floor 0."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

import attrs

from trio_srs.wire.mp4.box import box, full_box

__all__ = ["NON_SYNC", "SYNC", "Mp4Sample", "TrackRun", "build_fragment"]

SYNC: Final = 0x0200_0000
"""Flags of a sample that depends on no other: decoding may begin there."""
NON_SYNC: Final = 0x0101_0000
"""Flags of one that depends on others."""
_BASE_IS_MOOF: Final = 0x02_0000
_DEFAULT_DURATION, _DEFAULT_FLAGS = 0x08, 0x20
_HAS_OFFSET, _HAS_DURATION, _HAS_SIZE = 0x001, 0x100, 0x200
_HAS_FLAGS, _HAS_COMPOSITION = 0x400, 0x800
_BOX_HEAD: Final = 8


@attrs.define
class Mp4Sample:
    """One sample. Treat as immutable."""

    data: bytes
    duration: int
    """In units of its track's timescale; likewise :attr:`composition`."""
    is_sync: bool = True
    composition: int = 0
    """From its time of decoding to that of presentation; may be negative."""


@attrs.define
class TrackRun:
    """Samples of one track that follow each other."""

    track_id: int
    time: int
    """When the first is decoded, from 0 on."""
    samples: Sequence[Mp4Sample]


def build_fragment(sequence: int, runs: Sequence[TrackRun]) -> bytes:
    """Write ``moof`` and ``mdat``: offsets from the beginning of the ``moof``, times of 64 bits.

    Where samples of a run are all alike, as those of sound are, that is said once.

    Args:
        sequence: the number of the fragment; rises from one to the next.

    Source:
        ISO/IEC 14496-12:2022, 8.8.4 to 8.8.12.
    """
    heads = [_run_head(run) for run in runs]
    # Offsets do not change sizes: measure with zeros first.
    size = len(_moof(sequence, heads, [0] * len(runs)))
    offsets, pos = [], size + _BOX_HEAD
    for run in runs:
        offsets.append(pos)
        pos += sum(len(sample.data) for sample in run.samples)
    content = [sample.data for run in runs for sample in run.samples]
    head = struct.pack(">I4s", pos - size, b"mdat")
    return b"".join((_moof(sequence, heads, offsets), head, *content))


@attrs.frozen
class _RunHead:
    """The boxes of a run, but for where its data are."""

    before: bytes
    """Track, defaults and time."""
    version: int
    """1 if an offset is negative."""
    flags: int
    count: int
    table: bytes


def _run_head(run: TrackRun) -> _RunHead:
    samples = run.samples
    first = samples[0]
    flags, said, defaults = _HAS_OFFSET | _HAS_SIZE, _BASE_IS_MOOF, [run.track_id]
    is_plain = all(
        sample.duration == first.duration and sample.is_sync and not sample.composition
        for sample in samples
    )
    if is_plain:
        said |= _DEFAULT_DURATION | _DEFAULT_FLAGS
        defaults += (first.duration, SYNC)
        numbers = [len(sample.data) for sample in samples]
    else:
        flags |= _HAS_DURATION | _HAS_FLAGS | _HAS_COMPOSITION
        numbers = []
        for sample in samples:
            numbers += (
                sample.duration, len(sample.data), SYNC if sample.is_sync else NON_SYNC,
                sample.composition & 0xFFFFFFFF,
            )  # fmt: skip
    header = full_box(b"tfhd", 0, said, struct.pack(f">{len(defaults)}I", *defaults))
    time = full_box(b"tfdt", 1, 0, struct.pack(">Q", run.time))
    version = int(any(sample.composition < 0 for sample in samples))
    return _RunHead(
        header + time, version, flags, len(samples), struct.pack(f">{len(numbers)}I", *numbers)
    )


def _moof(sequence: int, heads: Sequence[_RunHead], offsets: Sequence[int]) -> bytes:
    parts = [full_box(b"mfhd", 0, 0, struct.pack(">I", sequence & 0xFFFFFFFF))]
    for head, offset in zip(heads, offsets, strict=True):
        place = struct.pack(">Ii", head.count, offset)
        parts.append(
            box(
                b"traf", head.before, full_box(b"trun", head.version, head.flags, place, head.table)
            )
        )
    return box(b"moof", *parts)
