"""Multivariant playlists: the letter, and what is written is read."""

from __future__ import annotations

import attrs

from trio_srs.wire.hls.multivariant_playlist import (
    MultivariantPlaylist,
    PlaylistRendition,
    PlaylistVariant,
)
from trio_srs.wire.hls.playlist_reader import read_multivariant_playlist

SOUND = PlaylistRendition(
    kind="AUDIO", group_id="sound", name="main", uri="a.m3u8", language="en", is_default=True,
    may_autoselect=True, channels="2",
)  # fmt: skip
VARIANT = PlaylistVariant(
    uri="v.m3u8?hls_ctx=1", bandwidth=2_000_000, average_bandwidth=1_500_000,
    codecs="avc1.64001f,mp4a.40.2", width=1280, height=720, frame_rate=29.97003,
    video_range="SDR", audio="sound",
)  # fmt: skip
ALL = MultivariantPlaylist(
    variants=(VARIANT, PlaylistVariant(uri="a.m3u8", bandwidth=128_000)),
    renditions=(SOUND,),
    independent_segments=True,
    version=7,
)
WRITTEN = """\
#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="main",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,\
CHANNELS="2",URI="a.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1500000,CODECS="avc1.64001f,mp4a.40.2",\
RESOLUTION=1280x720,FRAME-RATE=29.97,VIDEO-RANGE=SDR,AUDIO="sound"
v.m3u8?hls_ctx=1
#EXT-X-STREAM-INF:BANDWIDTH=128000
a.m3u8
"""


def test_the_letter() -> None:
    assert ALL.write() == WRITTEN


def test_what_is_written_is_read() -> None:
    variants = (attrs.evolve(VARIANT, frame_rate=29.97), ALL.variants[1])
    assert read_multivariant_playlist(WRITTEN) == attrs.evolve(ALL, variants=variants)


def test_nothing_that_is_not_known_is_said() -> None:
    assert MultivariantPlaylist().write() == "#EXTM3U\n"
    rendition = PlaylistRendition(kind="AUDIO", group_id="g", name="n")
    said = MultivariantPlaylist(renditions=(rendition,)).write()
    assert said == '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="n"\n'
