"""Playlists of every kind that can be said: as strategies, and one with everything."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from trio_srs.wire.hls.media_playlist import (
    MediaInit,
    MediaPlaylist,
    PlaylistKey,
    PlaylistPart,
    PlaylistSegment,
    PreloadHint,
    RenditionReport,
    ServerControl,
)

__all__ = ["EVERYTHING", "EVERYTHING_WRITTEN", "media_playlists"]

KEY: Final = PlaylistKey("AES-128", "key/1", bytes(range(16)))
INIT, OTHER = MediaInit("v-1-init.mp4"), MediaInit("v-2.mp4", (700, 0), KEY)
EVERYTHING: Final = MediaPlaylist(
    target_duration_s=4,
    media_sequence=266,
    discontinuity_sequence=3,
    segments=(
        PlaylistSegment("v-266.mp4", 4.0, init=INIT, date_ms=1_550_000_000_123, title="one"),
        PlaylistSegment(
            "v-267.mp4", 3.96667, (PlaylistPart("v-267.0.mp4", 2.0, True),
                                   PlaylistPart("v-267.1.mp4", 1.96667, is_gap=True)),
            OTHER, KEY, 1_550_000_004_123, is_discontinuity=True,
        ),
        PlaylistSegment("v-268.mp4", 4.0, init=OTHER, is_gap=True, byte_range=(1000, None)),
    ),
    parts=(PlaylistPart("v-269.0.mp4", 0.5, True),),
    open_discontinuity=True,
    open_init=INIT,
    open_date_ms=1_550_000_012_000,
    part_target_s=2.0,
    server_control=ServerControl(True, 6.0, 12.0, 24.0, True),
    hints=(PreloadHint("v-269.1.mp4"), PreloadHint("v-3.mp4", is_init=True)),
    reports=(RenditionReport("a.m3u8", 268, 1), RenditionReport("b.m3u8", 267)),
    independent_segments=True,
)  # fmt: skip
EVERYTHING_WRITTEN: Final = """\
#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=6,HOLD-BACK=12,CAN-SKIP-UNTIL=24,\
CAN-SKIP-DATERANGES=YES
#EXT-X-PART-INF:PART-TARGET=2
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="v-1-init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2019-02-12T19:33:20.123Z
#EXTINF:4,one
v-266.mp4
#EXT-X-DISCONTINUITY
#EXT-X-KEY:METHOD=AES-128,URI="key/1",IV=0x000102030405060708090A0B0C0D0E0F
#EXT-X-MAP:URI="v-2.mp4",BYTERANGE="700@0"
#EXT-X-PROGRAM-DATE-TIME:2019-02-12T19:33:24.123Z
#EXT-X-PART:DURATION=2,URI="v-267.0.mp4",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.96667,URI="v-267.1.mp4",GAP=YES
#EXTINF:3.96667,
v-267.mp4
#EXT-X-KEY:METHOD=NONE
#EXT-X-GAP
#EXTINF:4,
#EXT-X-BYTERANGE:1000
v-268.mp4
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="v-1-init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2019-02-12T19:33:32.000Z
#EXT-X-PART:DURATION=0.5,URI="v-269.0.mp4",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="v-269.1.mp4"
#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="v-3.mp4"
#EXT-X-RENDITION-REPORT:URI="a.m3u8",LAST-MSN=268,LAST-PART=1
#EXT-X-RENDITION-REPORT:URI="b.m3u8",LAST-MSN=267
"""

_uris = st.sampled_from(("a.ts", "b/c.mp4?x=1,2", "ü.m4s"))
_seconds = st.integers(0, 10**7).map(lambda ticks: ticks / 10**5)
_counts = st.integers(0, 10**15)
_dates = st.none() | st.integers(0, 4 * 10**12)
_parts = st.lists(
    st.builds(PlaylistPart, _uris, _seconds, st.booleans(), st.booleans()), max_size=2
).map(tuple)
_segments = st.builds(
    PlaylistSegment, _uris, _seconds, _parts, st.sampled_from((INIT, OTHER)),
    st.sampled_from((None, KEY)), _dates, st.booleans(), st.booleans(),
    st.sampled_from(("", "a, title")), st.none() | st.tuples(_counts, st.none() | _counts),
)  # fmt: skip
_optional = st.none() | _seconds
media_playlists = st.builds(
    MediaPlaylist,
    target_duration_s=st.integers(1, 100),
    media_sequence=_counts,
    discontinuity_sequence=st.none() | _counts,
    segments=st.lists(_segments, max_size=4).map(tuple),
    parts=_parts,
    part_target_s=_seconds,
    server_control=st.none()
    | st.builds(ServerControl, st.booleans(), _optional, _optional, _optional, st.booleans()),
    skipped=st.integers(0, 9),
    hints=st.lists(st.builds(PreloadHint, _uris, st.booleans()), max_size=2).map(tuple),
    reports=st.lists(
        st.builds(RenditionReport, _uris, _counts, st.none() | _counts), max_size=2
    ).map(tuple),
    independent_segments=st.booleans(),
    is_ended=st.booleans(),
    playlist_type=st.sampled_from(("", "EVENT", "VOD")),
)
