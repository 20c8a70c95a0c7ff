"""Streams that are cut, and what has to hold for whatever comes out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from tests.media.remux import mp4_checks, ts_checks
from tests.media.remux.records import Message
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.segments.presentation import Presentation, PresentationRule
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment import Segment
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.wire.hls.playlist_reader import read_media_playlist

__all__ = ["FMP4", "RULE", "START_MS", "TS", "bytes_of", "check", "durations", "presented"]

TS, FMP4 = SegmentContainer.TS, SegmentContainer.FMP4
START_MS: Final = 1_796_000_000_000
RULE: Final = PresentationRule(
    segment_s=2.0, longest_s=10.0, part_s=0.2, window_s=20.0, most_bytes=1 << 26
)
_HZ: Final = 90_000


def presented(
    messages: Iterable[Message],
    container: SegmentContainer = TS,
    rule: PresentationRule = RULE,
    into: Presentation | None = None,
) -> Presentation:
    """A stream, come as it was sent."""
    made = into or Presentation(container, rule, "e", 100)
    for type_id, timestamp_ms, body in messages:
        made.write(type_id, timestamp_ms, body, START_MS + timestamp_ms)
    return made


def durations(rendition: Rendition) -> list[float]:
    """Of all segments that are listed, in seconds, to the millisecond."""
    return [round(segment.duration / _HZ, 3) for segment in rendition.segments]


def bytes_of(segment: Segment) -> bytes:
    """All of a segment."""
    return b"".join(part.data for part in segment.parts)


def check(presentation: Presentation) -> None:
    """Look at every rendition."""
    for rendition in presentation.renditions:
        _check_list(rendition)
        if presentation.container is TS:
            ts_checks.check(b"".join(map(bytes_of, rendition.segments)))
            _check_ts(rendition)
        else:
            _check_fmp4(rendition)


def _check_list(rendition: Rendition) -> None:
    """What playlists have to keep, by themselves and one after the other (bis 6.2)."""
    text = rendition.playlist().write()
    said = read_media_playlist(text)
    assert said.write() == text
    for segment in rendition.segments:
        assert round(segment.duration / _HZ) <= said.target_duration_s, "4.3.3.1"
        assert rendition.find(segment.name) is segment
    numbers = [segment.number for segment in rendition.segments]
    assert numbers == list(range(said.media_sequence, said.media_sequence + len(numbers)))
    for before, after in pairwise(rendition.segments):
        if not after.is_break:
            apart = after.date_ms - before.date_ms - before.duration / 90
            assert abs(apart) < 70, "A 8.4: dates go on, but for a frame"
    target = rendition.part_target
    for segment in [*rendition.segments, *filter(None, [rendition.open])]:
        if target is not None and not segment.is_gap:
            parts = segment.parts
            assert all(0 < part.duration <= target for part in parts if part.data), "bis 4.4.4.9"
            gaps = [not part.data for part in parts] + [True]
            for part, is_last in zip(parts, gaps[1:], strict=True):
                assert is_last or part.duration >= target * 0.85, "bis 4.4.4.9"


def _check_ts(rendition: Rendition) -> None:
    for segment in rendition.segments:
        if not segment.has_key:
            continue  # nothing in it can be decoded: the parameter sets are with keyframes
        demuxer = TsDemuxer()
        units = demuxer.feed(bytes_of(segment)) + demuxer.finish()
        assert demuxer.left_out == []
        pictures = [unit for unit in units if unit.format.kind == "video"]
        assert not pictures or pictures[0].is_key is segment.has_key, "8216 3.2"


def _check_fmp4(rendition: Rendition) -> None:
    pieces = []
    known = None
    for segment in rendition.segments:
        if segment.is_gap:
            continue
        assert segment.init is not None
        demuxer = Mp4Demuxer()
        units = demuxer.feed(segment.init.data + bytes_of(segment))
        assert demuxer.left_out == []
        assert units[0].is_key is segment.has_key
        for number, part in enumerate(segment.parts):
            if not (data := part.data):
                continue
            if number == 0:
                assert data[4:12] == b"stypmsdh"
                data = data[24:]
            is_new = segment.init is not known
            is_entry = number == 0 and segment.has_key
            pieces.append((data, segment.init.data if is_new else None, is_entry))
            known = segment.init
    assert all(len(head) == 1 for head in mp4_checks.check(pieces).heads), "one track in a file"
