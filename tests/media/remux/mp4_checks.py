"""What every fragmented MP4 of ours has to keep, read without a line of what wrote it.

Clauses are of ISO/IEC 14496-12 unless they say otherwise.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import attrs

__all__ = ["CheckedMp4", "check"]

CONFIGS: Final = {
    b"vide": {b"avc1": b"avcC", b"hvc1": b"hvcC", b"av01": b"av1C", b"vp09": b"vpcC"},
    b"soun": {
        b"mp4a": b"esds", b"Opus": b"dOps", b"fLaC": b"dfLa", b"ac-3": b"dac3", b"ec-3": b"dec3",
    },
}  # fmt: skip
"""By handler and sample entry: the box that has to be in it."""
INSIDE: Final = {b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"}


@attrs.define
class CheckedTrack:
    """One track, with what came of it."""

    entry: bytes
    timescale: int
    handler: bytes = b""
    start: int = 0
    samples: list[tuple[int, int, int, bool, bytes]] = attrs.field(factory=list)
    """Time, composition, duration, whether it is a sync sample, and data."""


@attrs.define
class CheckedMp4:
    """What is in the MP4."""

    heads: list[dict[int, CheckedTrack]] = attrs.field(factory=list)
    """Tracks by id, of each head."""
    fragments: int = 0


def boxes(data: bytes, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Every box by its path, and what is in it."""
    pos = 0
    while pos < len(data):
        size = struct.unpack_from(">I", data, pos)[0]
        assert 8 <= size <= len(data) - pos
        kind, content = data[pos + 4 : pos + 8], data[pos + 8 : pos + size]
        name = f"{path}/{kind.decode()}"
        yield name, content
        if kind in INSIDE:
            yield from boxes(content, name)
        pos += size


def check(pieces: list[tuple[bytes, bytes | None, bool]]) -> CheckedMp4:
    """Look at everything.

    Args:
        pieces: of each its data, the head if it is a new one, and whether it is an entry.
    """
    found, sequence = CheckedMp4(), 0
    ends: dict[int, Fraction] = {}
    for data, head, is_entry in pieces:
        if head is not None:
            found.heads.append(_head(head))
        number = _fragment(data, found.heads[-1], is_entry, ends)
        assert number > sequence, "8.8.5: sequence numbers rise"
        sequence = number
        found.fragments += 1
    return found


def _head(data: bytes) -> dict[int, CheckedTrack]:
    all_boxes = list(boxes(data))
    names = [name for name, _ in all_boxes]
    assert names[0] == "/ftyp", "8.3.1 of RFC 8216"
    assert all_boxes[0][1][:4] == b"iso6"
    assert names[-names.count("/moov/mvex/trex") - 1] == "/moov/mvex", "behind the last trak"
    assert names.count("/moov/mvex/trex") == names.count("/moov/trak")
    tracks: dict[int, CheckedTrack] = {}
    number, next_number, extended = 0, 0, []
    for name, content in all_boxes:
        kind = name.rpartition("/")[2]
        if kind == "mvhd":
            assert content[16:20] == bytes(4), "no duration"
            next_number = struct.unpack_from(">I", content, 96)[0]
        elif kind == "trex":
            extended.append(struct.unpack_from(">I", content, 4)[0])
            assert content[12:] == bytes(12), "no defaults that a fragment could contradict"
        elif kind == "hdlr":
            assert tracks[number].entry == b"", "8.4: the handler stands before what it handles"
            tracks[number].handler = content[8:12]
        elif kind == "tkhd":
            assert content[3] & 3 == 3, "8.3.2: enabled, and in the movie"
            number = struct.unpack_from(">I", content, 12)[0]
            tracks[number] = CheckedTrack(b"", 0)
            assert content[20:24] == bytes(4), "no duration"
        elif kind == "mdhd":
            tracks[number].timescale = struct.unpack_from(">I", content, 12)[0]
        elif kind == "stsd":
            _entry(tracks[number], content)
        elif kind == "elst":
            assert content[4:8] == b"\0\0\0\1"
            tracks[number].start = struct.unpack_from(">I", content, 12)[0]
        elif kind in ("stts", "stsc", "stsz", "stco"):
            assert not any(content), "tables are empty"
    assert extended == list(tracks), "8.8.3: one trex for each"
    assert next_number > max(tracks), "8.2.2: a number that no track has"
    return tracks


def _entry(track: CheckedTrack, stsd: bytes) -> None:
    """8.5.2: one entry, and in it the codec's configuration."""
    assert stsd[4:8] == b"\0\0\0\1"
    assert struct.unpack_from(">I", stsd, 8)[0] == len(stsd) - 8
    track.entry = kind = stsd[12:16]
    is_video = kind in CONFIGS[b"vide"]
    assert track.handler == (b"vide" if is_video else b"soun")
    inside = dict(boxes(stsd[16 + (78 if is_video else 28) :]))
    config = inside[f"/{CONFIGS[track.handler][kind].decode()}"]
    if kind == b"hvc1":
        assert config[23] & 0x80, "14496-15, 8.4.1.1: all parameter sets are here"
    elif kind == b"Opus":
        assert config[0] == 0, "Opus in ISOBMFF, 4.3.2: version 0"
    if is_video:
        assert all(struct.unpack_from(">HH", stsd, 16 + 24)), "a size"


def _fragment(
    data: bytes, tracks: dict[int, CheckedTrack], is_entry: bool, ends: dict[int, Fraction]
) -> int:
    size = struct.unpack_from(">I", data)[0]
    assert data[4:8] == b"moof"
    assert data[size + 4 : size + 8] == b"mdat"
    assert struct.unpack_from(">I", data, size)[0] == len(data) - size
    sequence, number, defaults, covered = 0, 0, (0, 0), 0
    begun: dict[int, int] = {}
    times: dict[int, int] = {}
    for name, content in boxes(data[:size]):
        kind = name.rpartition("/")[2]
        if kind == "mfhd":
            sequence = struct.unpack_from(">I", content, 4)[0]
        elif kind == "tfhd":
            flags, number = struct.unpack_from(">II", content)
            assert number in tracks, "of a track that the head has"
            assert number not in begun, "one run of each track"
            assert flags & 0x20001 == 0x20000, "default-base-is-moof and no base-data-offset"
            defaults = struct.unpack_from(">II", content, 8) if flags & 0x28 else (0, 0)
        elif kind == "tfdt":
            assert content[0] == 1, "64 bits"
            time = struct.unpack_from(">Q", content, 4)[0]
            # 8.8.12: a running sum, but for gaps; it never goes back, as it is shown.
            track = tracks[number]
            assert Fraction(time - track.start, track.timescale) >= ends.get(number, 0)
            times[number] = time
        elif kind == "trun":
            begun[number] = len(tracks[number].samples)
            covered += _run(data, content, size, tracks[number], number, defaults, times)
            end = Fraction(times[number] - tracks[number].start, tracks[number].timescale)
            ends[number] = end - Fraction(1, 10_000)  # rounding to another timescale
    assert covered == len(data) - size - 8, "the data are all samples"
    for number, at in begun.items():
        if tracks[number].entry in (b"avc1", b"hvc1"):
            for sample in tracks[number].samples[at:]:
                _sized(sample[4])
    if is_entry:
        firsts = [tracks[number].samples[at] for number, at in begun.items()]
        assert all(sample[3] for sample in firsts), "an entry begins with sync samples"
    return sequence


def _sized(sample: bytes) -> None:
    """14496-15, 5.2.2: NALUs behind their sizes fill a sample; browsers refuse others."""
    pos = 0
    while pos < len(sample):
        size = struct.unpack_from(">I", sample, pos)[0]
        assert size > 0
        pos += 4 + size
    assert pos == len(sample)


def _run(
    data: bytes, content: bytes, moof: int, track: CheckedTrack, number: int,
    defaults: tuple[int, int], times: dict[int, int],
) -> int:  # fmt: skip
    word, count, pos = struct.unpack_from(">III", content)
    assert moof + 8 <= pos <= len(data), "the offset is in the mdat"
    assert word & 1
    version, flags = word >> 24, word & 0xFFFFFF
    assert not (version and track.start), "CMAF 9.2.1: negative offsets or an edit list, not both"
    row, total = 12, 0
    for _ in range(count):
        fields = [defaults[0], 0, defaults[1], 0]
        for index, bit in enumerate((0x100, 0x200, 0x400, 0x800)):
            if flags & bit:
                fields[index] = struct.unpack_from(">I", content, row)[0]
                row += 4
        duration, size, said, composition = fields
        assert said in (0x02000000, 0x01010000)
        assert duration > 0
        sample = data[pos : pos + size]
        track.samples.append((times[number], composition, duration, said == 0x02000000, sample))
        times[number] += duration
        pos += size
        total += size
    assert row == len(content), "no trailing bytes"
    return total
