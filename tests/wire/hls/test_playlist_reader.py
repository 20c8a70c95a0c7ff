"""Playlists from anybody: what is lawful is read, what is not is refused with its line."""

from __future__ import annotations

from contextlib import suppress

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.hls.playlists import EVERYTHING, EVERYTHING_WRITTEN, media_playlists
from trio_srs.wire.hls.attribute_list import PlaylistError
from trio_srs.wire.hls.media_playlist import MediaInit, MediaPlaylist, PlaylistSegment
from trio_srs.wire.hls.playlist_reader import (
    read_media_playlist,
    read_multivariant_playlist,
    read_playlist,
)

FRONT = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
SEGMENT = "#EXTINF:2,\n0.ts\n"
APPLES = """\
#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-VERSION:6
#EXT-X-PART-INF:PART-TARGET=0.33334
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-PROGRAM-DATE-TIME:2019-02-14T02:13:36.106Z
#EXT-X-MAP:URI="init.mp4"
#EXTINF:4.00008,
fileSequence266.mp4
# a comment
#EXT-X-TAG-OF-TOMORROW:1

#EXT-X-PART:DURATION=0.33334,URI="filePart271.0.mp4",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="filePart273.4.mp4"
"""
"""After the example of draft-pantos-hls-rfc8216bis, 9."""


def test_everything_that_is_written_is_read() -> None:
    assert read_media_playlist(EVERYTHING_WRITTEN) == attrs.evolve(EVERYTHING, version=6)


@given(media_playlists)
@pytest.mark.property
def test_what_is_written_is_read(playlist: MediaPlaylist) -> None:
    read = read_media_playlist(playlist.write())
    assert read == attrs.evolve(playlist, version=playlist.least_version)
    assert read.write() == playlist.write()


def test_a_playlist_of_another_hand_is_read() -> None:
    read = read_media_playlist(APPLES.replace("\n", "\r\n"))
    assert read.segments == (
        PlaylistSegment(
            "fileSequence266.mp4", 4.00008, init=MediaInit("init.mp4"), date_ms=1550110416106
        ),
    )
    assert read.discontinuity_sequence is None
    assert read.version == 6


def test_dates_have_any_offset_or_none() -> None:
    for date in ("2019-02-14T02:13:36+0100", "2019-02-14T02:13:36+01:00", "2019-02-14T01:13:36"):
        read = read_media_playlist(f"{FRONT}#EXT-X-PROGRAM-DATE-TIME:{date}\n{SEGMENT}")
        assert read.segments[0].date_ms == 1550106816000


@given(st.text(max_size=200))
@pytest.mark.property
def test_any_text_is_read_or_refused(text: str) -> None:
    for front in ("", FRONT):
        with suppress(PlaylistError):
            read_playlist(front + text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "line 1: expected #EXTM3U"),
        ("\n#EXTM3U\n", "line 1: expected #EXTM3U"),
        ("\ufeff" + FRONT, "line 1: a byte order mark"),
        (FRONT + "#EXTINF:1,\x07\na\n", "line 3: the control character"),
        (FRONT + "#EXT-X-TARGETDURATION:2\n", "line 3: .*twice"),
        (FRONT + "#EXT-X-STREAM-INF:BANDWIDTH=1\na\n", "line 3: .* in a media playlist"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n#EXTINF:1,\n", "in a multivariant playlist"),
        (FRONT + SEGMENT + "#EXT-X-MEDIA-SEQUENCE:1\n", "line 5: .*behind a segment"),
        (
            f"{FRONT}#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n{SEGMENT}",
            "line 4: .*behind a segment",
        ),
        (FRONT + "a.ts\n", "line 3: 'a.ts' without #EXTINF"),
        (FRONT + "#EXTINF:2\na.ts\n", "line 3: #EXTINF without a comma"),
        (FRONT + "#EXTINF:x,\na.ts\n", "line 3: a duration is x"),
        (FRONT + "#EXTINF:2,\n#EXTINF:2,\na.ts\n", "line 4: #EXTINF twice"),
        (FRONT + "#EXTINF:2,\n", "the end: #EXTINF without a URI"),
        ("#EXTM3U\n" + SEGMENT, "the end: no #EXT-X-TARGETDURATION"),
        (FRONT + '#EXT-X-PART:URI="a",DURATION=1\n', "the end: parts without #EXT-X-PART-INF"),
        (FRONT + "#EXT-X-PART:DURATION=1\n", "line 3: URI is missing"),
        (FRONT + "#EXT-X-PLAYLIST-TYPE:LIVE\n", "line 3: the type is LIVE"),
        (FRONT + "#EXT-X-PROGRAM-DATE-TIME:today\n", "line 3: 'today' is no date"),
        (FRONT + "#EXT-X-KEY:METHOD=AES-128\n", "line 3: a key has a URI"),
        (FRONT + '#EXT-X-KEY:METHOD=NONE,URI="a"\n', "line 3: a key has a URI"),
        (FRONT + '#EXT-X-KEY:METHOD=AES-128,URI="a",IV=0x12\n', "line 3: an IV of 1 bytes"),
        (FRONT + "#EXT-X-BYTERANGE:1@x\n", "line 3: an offset is x"),
        ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", "the end: a variant without its URI"),
        (
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-STREAM-INF:BANDWIDTH=2\na\n",
            "line 3: two variants",
        ),
        (
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-VERSION:2\na\n",
            "line 3: .* between a variant and its URI",
        ),
        ("#EXTM3U\n#EXT-X-STREAM-INF:CODECS=\"x\"\na\n", "line 2: BANDWIDTH is missing"),
        ('#EXTM3U\n#EXT-X-MEDIA:TYPE=SMELL,GROUP-ID="g",NAME="n"\n', "line 2: TYPE is SMELL"),
    ],
)  # fmt: skip
def test_what_is_unlawful_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises(PlaylistError, match=why):
        read_playlist(text)


def test_a_playlist_of_the_other_kind_is_refused() -> None:
    with pytest.raises(PlaylistError, match="expected a media playlist"):
        read_media_playlist("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n")
    with pytest.raises(PlaylistError, match="expected a multivariant playlist"):
        read_multivariant_playlist(FRONT)


def test_a_key_holds_until_it_is_taken_back() -> None:
    keyed = f'{FRONT}#EXT-X-KEY:METHOD=AES-128,URI="k"\n{SEGMENT}{SEGMENT}'
    read = read_media_playlist(f"{keyed}#EXT-X-KEY:METHOD=NONE\n{SEGMENT}")
    assert [segment.key is not None for segment in read.segments] == [True, True, False]
