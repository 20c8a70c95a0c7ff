"""What formats are called, and which of them have a high dynamic range."""

from __future__ import annotations

import pytest

from tests.media.remux.records import ASC, AVC, HEVC
from trio_srs.media.codec_names import codec_string, video_range
from trio_srs.media.remux.track_format import TrackFormat, format_of_frame, format_of_record


def vp9(transfer: int) -> TrackFormat:
    return format_of_record("vp9", bytes((2, 10, 0xA2, 9, transfer, 9, 0, 0)))


@pytest.mark.parametrize(
    ("track_format", "name", "shown"),
    [
        (format_of_record("h264", AVC), "avc1.64001f", ""),
        (format_of_record("hevc", HEVC), "hvc1.1.6.L60.90", ""),
        (vp9(16), "vp09.02.10.10", "PQ"),
        (vp9(18), "vp09.02.10.10", "HLG"),
        (vp9(1), "vp09.02.10.10", ""),
        (format_of_record("aac", ASC), "mp4a.40.2", ""),
        (format_of_frame("mp3", bytes.fromhex("fffb9064") + bytes(413)), "mp4a.40.34", ""),
    ],
)
def test_a_format_has_a_name_and_a_range(track_format: TrackFormat, name: str, shown: str) -> None:
    assert (codec_string(track_format), video_range(track_format)) == (name, shown)
