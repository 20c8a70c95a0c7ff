"""Media playlists: the letter of every tag, and the version that they need."""

from __future__ import annotations

import attrs
import pytest

from tests.wire.hls.playlists import EVERYTHING, EVERYTHING_WRITTEN, INIT
from trio_srs.wire.hls.media_playlist import (
    MediaInit,
    MediaPlaylist,
    PlaylistKey,
    PlaylistSegment,
    write_date,
)
from trio_srs.wire.hls.playlist_reader import read_media_playlist


def test_the_letter_of_every_tag() -> None:
    assert EVERYTHING.write() == EVERYTHING_WRITTEN


def test_a_plain_playlist_is_plain() -> None:
    plain = MediaPlaylist(
        target_duration_s=2, segments=(PlaylistSegment("0.ts", 2.0),), is_ended=True,
        playlist_type="VOD",
    )  # fmt: skip
    assert plain.write() == (
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:2,\n0.ts\n#EXT-X-ENDLIST\n"
    )


def test_a_delta_update_says_what_it_skips_and_the_map_again() -> None:
    segment = PlaylistSegment("9.m4s", 2.0, init=INIT)
    delta = MediaPlaylist(target_duration_s=2, segments=(segment,), skipped=8)
    assert delta.write().splitlines()[-4:] == [
        "#EXT-X-SKIP:SKIPPED-SEGMENTS=8",
        '#EXT-X-MAP:URI="v-1-init.mp4"',
        "#EXTINF:2,",
        "9.m4s",
    ]


@pytest.mark.parametrize(
    ("playlist", "version"),
    [
        (MediaPlaylist(target_duration_s=1), 3),
        (MediaPlaylist(target_duration_s=1, open_init=INIT), 6),
        (MediaPlaylist(target_duration_s=1, open_init=INIT, skipped=1), 9),
    ],
)
def test_the_version_is_the_least_that_is_needed(playlist: MediaPlaylist, version: int) -> None:
    assert playlist.least_version == version
    assert f"#EXT-X-VERSION:{version}\n" in playlist.write()
    assert "#EXT-X-VERSION:12\n" in attrs.evolve(playlist, version=12).write()


def test_an_init_that_holds_already_is_not_said_again() -> None:
    segments = (PlaylistSegment("1", 1.0, init=INIT), PlaylistSegment("2", 1.0, init=INIT))
    said = MediaPlaylist(target_duration_s=1, segments=segments, open_init=INIT).write()
    assert said.count("#EXT-X-MAP") == 1


@pytest.mark.parametrize(
    ("unix_ms", "text"),
    [(0, "1970-01-01T00:00:00.000Z"), (1_796_000_000_999, "2026-11-30T00:53:20.999Z")],
)
def test_dates_are_in_utc(unix_ms: int, text: str) -> None:
    assert write_date(unix_ms) == text


def test_what_is_needed_to_read_segments_is_told_outside_of_their_key() -> None:
    init = MediaInit("init.mp4")
    key, next_key = PlaylistKey("AES-128", "1.key"), PlaylistKey("AES-128", "2.key")
    segments = (
        PlaylistSegment("1.m4s", 1.0, init=init, key=key),
        PlaylistSegment("2.m4s", 1.0, init=init, key=next_key),
        PlaylistSegment("3.m4s", 1.0, init=init, key=next_key, is_discontinuity=True),
    )
    playlist = MediaPlaylist(target_duration_s=1, segments=segments, version=6)
    tags = [line for line in playlist.write().splitlines() if "KEY" in line or "MAP" in line]
    assert tags == [
        '#EXT-X-MAP:URI="init.mp4"',
        '#EXT-X-KEY:METHOD=AES-128,URI="1.key"',
        '#EXT-X-KEY:METHOD=AES-128,URI="2.key"',
        "#EXT-X-KEY:METHOD=NONE",
        '#EXT-X-MAP:URI="init.mp4"',
        '#EXT-X-KEY:METHOD=AES-128,URI="2.key"',
    ]
    assert read_media_playlist(playlist.write()) == playlist
