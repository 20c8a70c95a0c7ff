"""A segment of boxes, taken apart; whatever is cut short is left out."""

from __future__ import annotations

import struct

import pytest

from tests.media.packaging.viewings import sound_viewing
from trio_srs.media.packaging.mp4_layout import Mp4Layout
from trio_srs.wire.mp4.box import box, full_box


def piece(name: str) -> bytes:
    return next(each.body for each in sound_viewing("plain") if name in each.url)


def test_what_we_write_is_found() -> None:
    layout = Mp4Layout(piece("video-e-100-init"), piece("video-e-101"))
    init = layout.init
    assert init.kinds == (b"ftyp", b"moov")
    assert init.movie == (b"mvhd", b"trak", b"mvex")
    assert (init.track_ids, init.extended, init.entries) == ((1,), (1,), (b"avc1",))
    assert (init.is_empty, init.has_edits) == (True, False)
    assert layout.kinds == (b"styp", b"moof", b"mdat")
    assert layout.brands == b"msdhmsdhcmfs"
    (fragment,) = layout.fragments
    assert (fragment.track_ids, fragment.bases, fragment.sequence) == ((1,), (True,), 2)
    assert fragment.duration == 90_000
    assert fragment.compositions == [0] + [9000, -9000] * 4 + [9000]


def test_nothing_is_in_nothing() -> None:
    layout = Mp4Layout(b"", b"")
    assert (layout.init.kinds, layout.init.is_empty, layout.fragments) == ((), True, [])


def test_a_track_without_tables_or_with_a_duration_is_not_empty() -> None:
    bare = Mp4Layout(box(b"moov", box(b"trak")), b"")
    assert (bare.init.is_empty, bare.init.entries, bare.init.track_ids) == (False, (b"",), (0,))
    header = full_box(b"tkhd", 1, 3, bytes(16), struct.pack(">IIQ", 7, 0, 1 << 32))
    long = Mp4Layout(box(b"moov", box(b"trak", header)), b"")
    assert long.init.track_ids == (7,)


def fragment(*boxes: bytes) -> bytes:
    return box(b"moof", full_box(b"mfhd", 0, 0, b"\0\0\0\1"), box(b"traf", *boxes))


TRUN = full_box(b"trun", 0, 0x4, struct.pack(">II", 2, 0))


@pytest.mark.parametrize(
    ("boxes", "times", "runs"),
    [
        # nothing of its time, nor of its data; the first sample has flags of its own
        ((full_box(b"tfhd", 0, 0, b"\0\0\0\1"), TRUN), (None,), (((0, 0), (0, 0), None),)),
        # a base, a description and defaults
        (
            (
                full_box(b"tfhd", 0, 0x3B, struct.pack(">IQIIII", 1, 9, 1, 5, 3, 0)),
                full_box(b"tfdt", 0, 0, b"\0\0\0\7"),
                full_box(b"trun", 0, 0x1, struct.pack(">Ii", 1, 4)),
            ),
            ((0, 7),),
            (((5,), (3,), 4),),
        ),
        ((box(b"free"),), (), ()),  # no header
    ],
)
def test_what_is_not_said_is_by_default(
    boxes: tuple[bytes, ...], times: object, runs: object
) -> None:
    (found,) = Mp4Layout(b"", fragment(*boxes)).fragments
    assert found.times == times
    assert found.data_size == 0
    said = [run for each in found.runs for run in each]
    assert tuple((run.durations, run.sizes, run.offset) for run in said) == runs
    assert (found.duration > 0) is (bool(said) and any(said[0].durations))


def test_defaults_of_the_movie_hold_where_a_fragment_says_nothing() -> None:
    trex = full_box(b"trex", 0, 0, struct.pack(">5I", 1, 1, 512, 8, 0))
    init = box(b"moov", box(b"mvex", trex))
    layout = Mp4Layout(init, fragment(full_box(b"tfhd", 0, 0, b"\0\0\0\1"), TRUN))
    assert layout.fragments[0].runs[0][0].durations == (512, 512)
    short = Mp4Layout(box(b"moov", box(b"mvex", box(b"trex", bytes(8)))), b"")
    assert short.init.extended == (0,)


@pytest.mark.parametrize(
    "boxes",
    [
        (box(b"tfhd", bytes(3)),),
        (full_box(b"tfhd", 0, 0, bytes(4)), box(b"tfdt")),
        (full_box(b"tfhd", 0, 0, bytes(4)), full_box(b"trun", 0, 0x100, b"\xff" * 4)),
    ],
)
def test_a_fragment_that_is_cut_short_is_left_out(boxes: tuple[bytes, ...]) -> None:
    layout = Mp4Layout(b"", fragment(*boxes))
    assert (layout.fragments, layout.kinds) == ([], (b"moof",))
