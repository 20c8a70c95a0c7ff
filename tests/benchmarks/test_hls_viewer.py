"""What a viewer of the benchmarks makes of playlists and of stamped frames."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trio_srs.tools.load.publisher import STAMP, STAMP_MARK
from trio_srs.wire.hls.media_playlist import MediaPlaylist, PlaylistPart, PlaylistSegment

# They are no part of the package. Last, so that the package tested is the installed one.
sys.path.append(str(Path(__file__).parents[2]))

if sys.platform != "linux":
    pytest.skip("measured on Linux only", allow_module_level=True)

from benchmarks.macro.hls_viewer import _files, _next_part, _Seen, _stamps

PART, GAP = PlaylistPart("p", 0.2), PlaylistPart("g", 0.2, is_gap=True)
WHOLE = PlaylistSegment("s", 0.4, parts=(PART, GAP))


@pytest.mark.parametrize(
    ("playlist", "next_part"),
    [
        (MediaPlaylist(target_duration_s=2, media_sequence=7, segments=(WHOLE,)), (8, 0)),
        (
            MediaPlaylist(target_duration_s=2, media_sequence=7, skipped=2, parts=(PART, PART)),
            (9, 2),
        ),
    ],
)
def test_what_is_waited_for_is_behind_all_that_is_there(
    playlist: MediaPlaylist, next_part: tuple[int, int]
) -> None:
    assert _next_part(playlist) == next_part


def test_what_is_fetched_are_parts_where_there_are_any_and_no_gaps() -> None:
    playlist = MediaPlaylist(target_duration_s=2, segments=(WHOLE,), parts=(PART,))
    assert _files(playlist, has_parts=True) == [PART, PART]
    assert _files(playlist, has_parts=False) == [WHOLE]


def test_frames_are_found_by_their_stamps_and_counted_once() -> None:
    first, second = STAMP.pack(STAMP_MARK, 4, 1), STAMP.pack(STAMP_MARK, 5, 2)
    data = b"ab" + first + bytes(9) + second + STAMP_MARK
    assert list(_stamps(data)) == [(4, 1), (5, 2)]
    seen = _Seen()
    seen.add(data)
    seen.add(first)
    assert (seen.first_sent_ns, list(seen.took_ms), len(seen.newest_ms)) == (1, [4, 5], 1)
