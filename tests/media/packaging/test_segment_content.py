"""What is in a segment, whatever its container."""

from __future__ import annotations

import pytest

from tests.media.packaging.viewings import sound_viewing
from trio_srs.media.packaging.segment_content import SegmentContent, is_ts


def piece(of: str, name: str) -> bytes:
    return next(each.body for each in sound_viewing(of) if name in each.url)


def ts() -> SegmentContent:
    return SegmentContent(piece("ts", "main-e-104"))


def pictures() -> SegmentContent:
    return SegmentContent(piece("plain", "video-e-104"), piece("plain", "video-e-100-init"))


def sound() -> SegmentContent:
    return SegmentContent(piece("plain", "audio-e-104"), piece("plain", "audio-e-100-init"))


@pytest.mark.parametrize(
    ("content", "kinds", "interval", "durations_s"),
    [
        (ts(), ["video", "audio"], 11520, (1.0, 1.12)),
        (pictures(), ["video"], 9000, (1.0, 1.0)),
        (sound(), ["audio"], 11520, (1.024, 1.024)),
    ],
)
def test_it_is_as_long_as_its_tracks(
    content: SegmentContent, kinds: list[str], interval: int, durations_s: tuple[float, float]
) -> None:
    assert list(content.by_kind) == list(content.formats) == kinds
    assert content.leading[0].is_key
    assert content.interval == interval
    assert content.durations_s == pytest.approx(durations_s)
    length = content.end(kinds[0]) - content.leading[0].dts
    assert length == pytest.approx(durations_s[0] * 90_000, abs=1)
    assert content.left_out == []


def test_its_layout_is_that_of_its_container() -> None:
    assert ts().is_ts
    assert ts().ts.maps
    assert not pictures().is_ts
    assert (pictures().mp4.init.entries, pictures().timescale) == ((b"avc1",), 90_000)
    assert (sound().timescale, len(sound().samples)) == (8000, 8)


@pytest.mark.parametrize("data", [b"", b"\0\0\0\x08free", b"G" * 188])
def test_there_may_be_nothing_in_it(data: bytes) -> None:
    content = SegmentContent(data)
    assert (content.units, content.leading, content.interval) == ([], [], 0)
    assert content.timescale == 90_000


def test_a_box_of_47_bytes_is_no_packet() -> None:
    assert is_ts(b"G@\0\x10\0")
    assert not is_ts(b"G\0\0\0moof")


def test_the_rest_of_a_picture_is_no_unit_of_its_own() -> None:
    whole = piece("ts", "main-e-104")
    delimiter = b"\0\0\0\1\x09\xf0"
    at = whole.index(delimiter, whole.index(delimiter) + 1)
    cut = whole[:at] + whole[at:].replace(delimiter, b"\0\0\0\1\x0c\xf0", 1)
    assert len(SegmentContent(cut).by_kind["video"]) == 9
