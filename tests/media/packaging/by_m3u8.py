"""The m3u8 package reads in playlists what we read: somebody else's eyes."""

from __future__ import annotations

import m3u8  # type: ignore[import-untyped]  # its stubs are a package apart

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.wire.hls.media_playlist import MediaPlaylist
from trio_srs.wire.hls.multivariant_playlist import MultivariantPlaylist

__all__ = ["compare"]


def compare(fetched: list[Fetched]) -> None:
    """Of each playlist the newest copy."""
    viewing = Viewing(fetched)
    for rendition in viewing.renditions.values():
        _media(m3u8.loads(rendition.copies[-1].text), rendition.newest)
    for copy in viewing.multivariants[-1:]:
        assert copy.multivariant is not None
        _choice(m3u8.loads(copy.text), copy.multivariant)


def _media(read: m3u8.M3U8, said: MediaPlaylist) -> None:
    assert not read.is_variant
    assert read.target_duration == said.target_duration_s
    assert read.media_sequence == said.media_sequence
    assert read.discontinuity_sequence == said.discontinuity_sequence
    assert read.is_independent_segments == said.independent_segments
    assert read.is_endlist == said.is_ended
    whole = [each for each in read.segments if each.uri]
    assert [
        (
            each.uri, each.duration, bool(each.discontinuity), bool(each.gap_tag),
            each.init_section.uri if each.init_section else None,
            round(each.program_date_time.timestamp() * 1000),
        )
        for each in whole
    ] == [
        (
            each.uri, each.duration_s, each.is_discontinuity, each.is_gap,
            each.init.uri if each.init else None, each.date_ms,
        )
        for each in said.segments
    ]  # fmt: skip
    listed = [*(part for each in said.segments for part in each.parts), *said.parts]
    assert [
        (part.uri, part.duration, part.independent == "YES", part.gap == "YES")
        for each in read.segments
        for part in each.parts
    ] == [(part.uri, part.duration_s, part.is_independent, part.is_gap) for part in listed]
    if said.part_target_s is not None:
        assert read.part_inf.part_target == said.part_target_s
        assert said.server_control is not None
        assert read.server_control.part_hold_back == said.server_control.part_hold_back_s
        assert read.server_control.can_skip_until == said.server_control.can_skip_until_s
        reports = [(each.uri, each.last_msn, each.last_part) for each in read.rendition_reports]
        assert reports == [(each.uri, each.last_msn, each.last_part) for each in said.reports]


def _choice(read: m3u8.M3U8, said: MultivariantPlaylist) -> None:
    assert read.is_variant
    assert [
        (
            each.uri, each.stream_info.bandwidth, each.stream_info.average_bandwidth,
            each.stream_info.codecs, each.stream_info.resolution, each.stream_info.frame_rate,
            each.stream_info.audio,
        )
        for each in read.playlists
    ] == [
        (
            each.uri, each.bandwidth, each.average_bandwidth, each.codecs,
            (each.width, each.height) if each.width else None, each.frame_rate,
            each.audio or None,
        )
        for each in said.variants
    ]  # fmt: skip
    assert [(each.uri, each.type, each.group_id) for each in read.media] == [
        (each.uri, each.kind, each.group_id) for each in said.renditions
    ]
