"""Everything a viewer got, put together."""

from __future__ import annotations

from tests.media.packaging.viewings import FOLDER, SITE, sound_viewing
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.viewing import Viewing


def test_answers_are_in_the_order_in_which_they_were_there() -> None:
    late, early = (Fetched(url="a", asked_at_s=0, at_s=at_s) for at_s in (2, 1))
    assert Viewing([late, early]).fetched == (early, late)


def test_playlists_are_known_by_their_name_their_type_or_their_first_bytes() -> None:
    body = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n"
    by_body = [
        Fetched(url="list", asked_at_s=0, at_s=0, body=each)
        for each in (body, b"<?xml?><MPD/>", b"<html>")
    ]
    assert len(Viewing(by_body).playlists) == len(Viewing(by_body).manifests) == 1
    viewing = Viewing(
        Fetched(url=url, asked_at_s=0, at_s=0, body=body, fields=fields, status=status)
        for url, fields, status in (
            ("a.m3u8?b=1", {}, 200),
            ("live", {"content-type": "audio/MPEGURL"}, 200),
            ("c.m3u8", {}, 404),
        )
    )
    assert [copy.fetched.url for copy in viewing.playlists] == ["a.m3u8?b=1", "live"]
    assert viewing.multivariants == list(viewing.playlists)


def test_segments_are_kept_when_they_have_left_the_playlist() -> None:
    viewing = Viewing(sound_viewing("plain"))
    rendition = viewing.renditions[f"{FOLDER}video.m3u8"]
    assert list(rendition.segments) == list(range(100, 109))
    first, last = rendition.segments[100], rendition.segments[108]
    assert (first.url, first.init_url) == (
        f"{FOLDER}video-e-100.m4s", f"{FOLDER}video-e-100-init.mp4",
    )  # fmt: skip
    assert first.gone_at_s is not None
    assert first.gone_at_s > first.listed_at_s
    assert (last.gone_at_s, last.discontinuity, last.has_media) == (None, 0, True)
    assert len(list(rendition.pairs)) == 8
    assert len(list(viewing.segments)) == 18
    assert rendition.where(100, 2) == f"{FOLDER}video.m3u8 segment 100 part 2"
    assert viewing.multivariants[0].fetched.url == f"{SITE}.m3u8"


def test_parts_are_known_from_when_they_were_listed() -> None:
    segments = Viewing(sound_viewing("long")).renditions[f"{FOLDER}video.m3u8"].segments
    assert [len(segments[number].parts) for number in (100, 104)] == [2, 2]
    assert segments[100].parts_gone_at_s is not None
    assert segments[108].parts_gone_at_s is None
    assert not segments[100].has_gaps


HEAD = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{}\n"


def listed(*texts: str) -> Viewing:
    return Viewing(
        Fetched(url="http://h/a.m3u8", asked_at_s=at, at_s=at, body=text.encode())
        for at, text in enumerate(texts)
    )


def test_what_is_encrypted_is_not_looked_into_without_a_key_and_a_range_is() -> None:
    viewing = Viewing(
        [
            *listed(
                f'{HEAD.format(1)}#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXTINF:1,\na\n'
                "#EXT-X-KEY:METHOD=NONE\n#EXTINF:1,\n#EXT-X-BYTERANGE:1@0\nb\n#EXTINF:1,\nc\n"
            ).fetched,
            *(Fetched(url=f"http://h/{n}", asked_at_s=0, at_s=0, body=b"G") for n in "abc"),
        ]
    )
    segments = viewing.renditions["http://h/a.m3u8"].segments
    assert [segment.content is None for segment in segments.values()] == [True, False, False]
    assert list(viewing.segments) == []


def encrypted(method: str, *bodies: bytes, iv: str = "") -> Viewing:
    """One encrypted segment, with what can be got: its bytes, and the key."""
    said = f'#EXT-X-KEY:METHOD={method},URI="k"{iv}\n#EXTINF:1,\na\n'
    names = zip("ak", bodies, strict=False)
    got = (Fetched(url=f"http://h/{name}", asked_at_s=0, at_s=0, body=b) for name, b in names)

    def decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
        if key == b"wrong":
            raise ValueError("another key")
        return key + iv + data

    return Viewing([*listed(HEAD.format(5) + said).fetched, *got], decrypt)


def test_what_is_encrypted_is_looked_into_with_its_key() -> None:
    def data(viewing: Viewing) -> bytes | None:
        content = viewing.renditions["http://h/a.m3u8"].segments[5].content
        return None if content is None else content.data

    assert data(encrypted("AES-128", b"G", b"k")) == b"k" + bytes(15) + b"\x05" + b"G"
    said = f",IV=0x{'ab' * 16}"
    assert data(encrypted("AES-128", b"G", b"k", iv=said)) == b"k" + b"\xab" * 16 + b"G"
    assert data(encrypted("AES-128", b"G", b"wrong")) is None
    assert data(encrypted("AES-128", b"G")) is None
    assert data(encrypted("AES-128")) is None
    assert data(encrypted("SAMPLE-AES", b"G", b"k")) is None


def test_ranges_go_on_behind_each_other_in_one_file() -> None:
    viewing = Viewing(
        [
            *listed(
                f'{HEAD.format(1)}#EXT-X-MAP:URI="f",BYTERANGE="2@0"\n'
                "#EXTINF:1,\n#EXT-X-BYTERANGE:3@2\nf\n#EXTINF:1,\n#EXT-X-BYTERANGE:2\nf\n"
                "#EXTINF:1,\n#EXT-X-BYTERANGE:1\ng\n"
            ).fetched,
            *(Fetched(url=f"http://h/{n}", asked_at_s=0, at_s=0, body=b"0123456") for n in "fg"),
        ]
    )
    segments = viewing.renditions["http://h/a.m3u8"].segments.values()
    seen = [(each.content.init, each.content.data) for each in segments if each.content]
    assert seen == [(b"01", b"234"), (b"01", b"56"), (b"01", b"0")]


def test_what_is_behind_a_delta_update_has_the_init_segment_of_what_is_before() -> None:
    first = f'{HEAD.format(1)}#EXT-X-MAP:URI="i"\n#EXTINF:1,\na\n'
    delta = f"{HEAD.format(1)}#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXTINF:1,\nb\n"
    viewing = listed(first, delta, delta.replace("1,\nb", "1,\nb\n#EXTINF:1,\nc"))
    segments = viewing.renditions["http://h/a.m3u8"].segments
    assert [segment.init_url for segment in segments.values()] == ["http://h/i"] * 3
    assert [segment.discontinuity for segment in segments.values()] == [0, None, None]
    assert [len(said.segments) for _, said in viewing.media] == [1, 1, 2]
    assert [len(after.segments) for _, after, _ in viewing.reloads] == [1, 2]


def test_the_newest_playlist_and_the_longest_frame_are_known() -> None:
    viewing = Viewing(sound_viewing("plain"))
    video = viewing.renditions[f"{FOLDER}video.m3u8"]
    assert video.newest.media_sequence == 103
    assert video.frame_s == 0.1
    lost = Viewing(each for each in sound_viewing("plain") if ".m4s" not in each.url)
    rendition = lost.renditions[f"{FOLDER}video.m3u8"]
    assert (rendition.frame_s, list(rendition.pairs)) == (0.0, [])


def test_what_is_got_twice_is_what_was_got_first() -> None:
    twice = [
        Fetched(url="a", asked_at_s=0, at_s=at, body=body) for at, body in ((1, b"1"), (2, b"2"))
    ]
    other = Fetched(url="b", asked_at_s=0, at_s=0, status=404)
    assert {url: got.body for url, got in Viewing([*twice, other]).got.items()} == {"a": b"1"}


def test_parts_of_what_is_not_whole_are_those_of_no_segment() -> None:
    part = '#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-PART:DURATION=1,URI="p"\n'
    viewing = listed(f"{HEAD.format(1)}#EXTINF:1,\na\n{part}")
    assert list(viewing.renditions["http://h/a.m3u8"].segments) == [1]


def test_manifests_are_known_by_their_name_or_type() -> None:
    viewing = Viewing(
        Fetched(url=url, asked_at_s=0, at_s=0, fields=fields)
        for url, fields in (
            ("a.mpd?b=1", {}), ("live", {"content-type": "application/dash+xml"}), ("c", {}),
        )
    )  # fmt: skip
    assert [copy.fetched.url for copy in viewing.manifests] == ["a.mpd?b=1", "live"]
