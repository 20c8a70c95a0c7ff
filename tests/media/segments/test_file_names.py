"""Files of a stream: where each of them is, and what playlists call it."""

from __future__ import annotations

import attrs

from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.segments.file_names import FileNames
from trio_srs.media.segments.segment import InitSegment, Segment, SegmentPart
from trio_srs.wire.path_template import (
    PLAYLIST_VARIABLES,
    SEGMENT_VARIABLES,
    PathRule,
    PathTemplate,
)
from trio_srs.wire.url import DEFAULT_VHOST

NAMES = FileNames(
    playlist_template=PathTemplate.read("[app]/[stream].m3u8", PLAYLIST_VARIABLES),
    segment_template=PathTemplate.read("[app]/[stream]-[seq]", SEGMENT_VARIABLES),
    rule=PathRule(),
    vhost="v",
    app="live",
    stream="a b",
    is_one_rendition=False,
)
ALONE = attrs.evolve(NAMES, is_one_rendition=True)
SEGMENT = Segment(7, "video-e-7.m4s", 0, 1_796_000_000_000, False, True, True, None)
SEGMENT.parts.append(SegmentPart("p", b"x", 90_000, True))


def test_renditions_stand_beside_the_playlist_that_leads_to_them() -> None:
    assert (NAMES.main, NAMES.playlist("video")) == ("live/a b.m3u8", "live/a b~video.m3u8")
    assert NAMES.segment("video", SEGMENT) == "live/a b-7~video.m4s"
    init = InitSegment(b"", TrackFormat("h264"), 90_000, "video-e-7-init.mp4", 7)
    assert NAMES.init("video", init, SEGMENT) == "live/a b-7~video~init.mp4"


def test_one_rendition_needs_no_name() -> None:
    assert ALONE.playlist("main") == ALONE.main
    assert ALONE.segment("main", SEGMENT) == "live/a b-7.m4s"


def test_a_template_may_say_the_rendition_and_all_else() -> None:
    template = PathTemplate.read(
        "[vhost]/[rendition]/[2006]-[duration]-[stream]", SEGMENT_VARIABLES
    )
    names = attrs.evolve(NAMES, segment_template=template)
    assert names.segment("audio", SEGMENT) == "v/audio/2026-1000-a b.m4s"
    assert names.claims == ("live/a b.m3u8", "v/*/*-*-a b")


def test_playlists_name_what_is_beside_them_or_at_a_prefix() -> None:
    assert NAMES.uri("live/a b-7.m4s", NAMES.main) == "a%20b-7.m4s"
    assert NAMES.uri("2026/x.ts", NAMES.main) == "../2026/x.ts"
    prefixed = attrs.evolve(NAMES, entry_prefix="https://cdn/")
    assert prefixed.uri("live/ä.ts", NAMES.main) == "https://cdn/live/%C3%A4.ts"
    assert prefixed.relative("live/a.m3u8", "live/b.m3u8") == "a.m3u8"


def test_keys_are_in_no_file_but_where_the_stream_is_served() -> None:
    assert NAMES.key_uri("1.key") == "/live/a%20b.hls/1.key?vhost=v"
    default = attrs.evolve(NAMES, vhost=DEFAULT_VHOST, key_prefix="https://x/")
    assert default.key_uri("1.key") == "https://x/live/a%20b.hls/1.key"
