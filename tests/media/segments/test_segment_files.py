"""What is in files, and what is listed: nothing before it is there."""

from __future__ import annotations

import attrs

from tests.media.remux.records import aac, aac_head, avc, head, live
from tests.media.segments.ciphers import PlainCipher
from tests.media.segments.streams import FMP4, RULE, TS, presented
from tests.media.segments.test_file_names import ALONE, NAMES
from trio_srs.media.segments.presentation import Presentation
from trio_srs.media.segments.segment_files import SegmentFiles
from trio_srs.wire.hls.media_playlist import PlaylistKey
from trio_srs.wire.hls.playlist_reader import read_media_playlist, read_multivariant_playlist

SHORT = attrs.evolve(RULE, window_s=6.0)


class Disk:
    """Files that were written, by path."""

    def __init__(self, files: SegmentFiles) -> None:
        self.files = files
        self.there: dict[str, bytes] = {}

    def write_segments(self, most: int = 1000) -> int:
        """Write what is to be; how many there were."""
        for count in range(most):
            file = self.files.next_segment()
            if file is None:
                return count
            if file.init is not None:
                self.there[file.init[0]] = file.init[1]
            self.there[file.path] = b"".join(file.chunks)
            self.files.wrote(file)
        return most

    def write_playlists(self) -> list[str]:
        made = self.files.playlists()
        for playlist in made:
            self.there[playlist.path] = playlist.text.encode()
            self.files.wrote_playlist(playlist)
        return [each.path for each in made]


def test_a_stream_of_one_rendition_is_its_playlist_and_segments() -> None:
    made = presented(live(9), TS)
    disk = Disk(SegmentFiles(made, ALONE))
    assert disk.files.playlists() == []
    assert disk.write_segments() == len(made.renditions[0].segments) > 3
    assert disk.files.is_listed is False
    assert disk.write_playlists() == ["live/a b.m3u8"]
    assert disk.files.is_listed
    listed = read_media_playlist(disk.there["live/a b.m3u8"].decode())
    assert [each.uri.replace("%20", " ") for each in listed.segments] == [
        path.removeprefix("live/") for path in disk.there if path.endswith(".ts")
    ]
    assert disk.write_playlists() == []
    assert disk.files.next_segment() is None


def test_renditions_have_playlists_without_anything_of_low_latency() -> None:
    disk = Disk(SegmentFiles(presented(live(9), FMP4), NAMES))
    disk.write_segments()
    paths = disk.write_playlists()
    assert paths == ["live/a b~video.m3u8", "live/a b~audio.m3u8", "live/a b.m3u8"]
    assert disk.files.playlist_paths == paths[::-1]
    whole = read_multivariant_playlist(disk.there["live/a b.m3u8"].decode())
    assert [each.uri for each in whole.variants] == ["a%20b~video.m3u8"]
    assert [each.uri for each in whole.renditions] == ["a%20b~audio.m3u8"]
    text = disk.there["live/a b~video.m3u8"].decode()
    listed = read_media_playlist(text)
    assert "PART" not in text
    assert "SERVER-CONTROL" not in text
    assert "PRELOAD" not in text
    init = listed.segments[0].init
    assert init is not None
    assert disk.there["live/" + init.uri.replace("%20", " ")][4:8] == b"ftyp"


def test_what_is_not_written_yet_is_not_listed() -> None:
    made = presented(live(9), TS)
    disk = Disk(SegmentFiles(made, ALONE))
    disk.write_segments(2)
    made.end()
    disk.write_playlists()
    listed = read_media_playlist(disk.there["live/a b.m3u8"].decode())
    assert (len(listed.segments), listed.is_ended) == (2, False)
    disk.write_segments()
    disk.write_playlists()
    assert read_media_playlist(disk.there["live/a b.m3u8"].decode()).is_ended


def test_pictures_are_not_listed_before_there_is_sound() -> None:
    disk = Disk(SegmentFiles(presented(live(9), FMP4), NAMES))
    disk.write_segments(1)
    assert disk.write_playlists() == []


def test_nothing_is_listed_before_there_is_anything() -> None:
    assert SegmentFiles(Presentation(FMP4, RULE, "e", 1), NAMES).playlists() == []
    begun = presented(live(1), TS)
    assert SegmentFiles(begun, ALONE).playlists() == []


def test_what_left_the_window_unwritten_is_counted_and_what_left_it_written_is_stale() -> None:
    made = presented(live(9), TS, SHORT)
    disk = Disk(SegmentFiles(made, ALONE))
    disk.write_segments(2)
    assert disk.files.stale() == []
    presented(live(30), TS, SHORT, into=made)
    disk.write_segments()
    assert disk.files.missed > 5
    stale = disk.files.stale()
    assert len(stale) == 2
    assert disk.files.stale() == []
    assert not set(stale) & set(disk.files.segment_paths)
    disk.write_playlists()
    assert len(read_media_playlist(disk.there["live/a b.m3u8"].decode()).segments) == 6


def test_a_gap_is_listed_and_has_no_file() -> None:
    pictures = [avc(n * 40, key=n % 25 == 0) for n in range(250)]
    sounds = [aac(n * 64 // 3) for n in range(40)]
    messages = sorted([*pictures, *sounds], key=lambda each: each[1])
    made = presented([head(), aac_head(), *messages], FMP4)
    disk = Disk(SegmentFiles(made, NAMES))
    disk.write_segments()
    disk.write_playlists()
    listed = read_media_playlist(disk.there["live/a b~audio.m3u8"].decode())
    gaps = [each for each in listed.segments if each.is_gap]
    assert gaps
    assert all(disk.there["live/" + each.uri.replace("%20", " ")] == b"" for each in gaps)


def test_an_encrypted_segment_has_its_key_elsewhere() -> None:
    made = Presentation(TS, attrs.evolve(RULE, segments_per_key=2), "e", 100, PlainCipher())
    disk = Disk(SegmentFiles(presented(live(9), TS, into=made), ALONE))
    disk.write_segments()
    disk.write_playlists()
    listed = read_media_playlist(disk.there["live/a b.m3u8"].decode())
    assert listed.segments[0].key == PlaylistKey("AES-128", "/live/a%20b.hls/main-e-50.key?vhost=v")
    assert disk.there["live/" + listed.segments[0].uri.replace("%20", " ")][:16] == bytes([1]) * 16
