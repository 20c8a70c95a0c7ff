"""Playlists, segments and parts, as they are asked for."""

from __future__ import annotations

import gzip

import attrs
import pytest
import trio

from tests.media.segments.test_presentation import with_other_sounds
from tests.service.hls.conftest import OpenHlsHouse
from tests.service.hls.house import HlsHouse, Watcher
from trio_srs.hub.bus import PlayBegan, PlayEnded, SessionEnded
from trio_srs.hub.settings import MissingPolicy
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.segmented.config import SegmentsStart
from trio_srs.units import Seconds
from trio_srs.wire.hls.playlist_reader import read_media_playlist
from trio_srs.wire.rtmp.message import Message


async def test_a_viewer_is_told_what_there_is_within_a_segment(house: HlsHouse) -> None:
    async with house.live():
        began = trio.current_time()
        watcher = await house.watch()
        assert trio.current_time() - began < 1.3
        (variant,) = watcher.all.variants
        assert variant.codecs == "avc1.42c01e,mp4a.40.2"
        assert (variant.width, variant.height, variant.frame_rate) == (320, 240, 25.0)
        assert variant.uri.startswith("a.hls/hls_ctx=")
        assert [each.kind for each in watcher.all.renditions] == ["AUDIO"]


async def test_every_listed_segment_is_there_and_decodes_alone(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        await trio.sleep(8)
        for name, kind in (("video", "video"), ("audio", "audio")):
            listed = await watcher.playlist(f"{name}.m3u8")
            assert len(listed.segments) >= 4
            for segment in listed.segments:
                assert segment.init is not None
                init = await watcher.file(segment.init.uri)
                answer = await watcher.file(segment.uri)
                assert answer.status == init.status == 200
                assert answer.fields["Content-Type"] == "video/iso.segment"
                assert answer.fields["Cache-Control"] == "public, max-age=86400, immutable"
                units = Mp4Demuxer().feed(init.body + answer.body)
                assert {unit.format.kind for unit in units} == {kind}
                assert units[0].is_key
                parts = [(await watcher.file(part.uri)).body for part in segment.parts]
                assert b"".join(parts) in {answer.body, b""}


async def test_each_track_of_sound_has_a_playlist_with_parts(open_house: OpenHlsHouse) -> None:
    config = HlsConfig(start=SegmentsStart.PUBLISH, audio_tracks=("de: main", "en: Commentary"))
    house = await open_house(hls_config=config)
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        began = trio.current_time()
        for type_id, timestamp_ms, body in with_other_sounds(3, 1):
            await trio.sleep_until(began + timestamp_ms / 1000)
            publish.append_all([Message(type_id, 0, timestamp_ms, body)], trio.current_time())
        watcher = await house.watch()
        assert [each.name for each in watcher.all.renditions] == ["main", "Commentary"]
        assert [each.language for each in watcher.all.renditions] == ["de", "en"]
        listed = await watcher.playlist("audio1.m3u8")
        assert listed.parts
        assert listed.part_target_s is not None
        assert {each.uri for each in listed.reports} == {"video.m3u8", "audio.m3u8"}
        answer = await watcher.file(listed.segments[-1].uri)
        assert (answer.status, b"other" in answer.body) == (200, True)


async def test_transport_streams_are_served_to_who_asks_for_them(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch("/live/a.m3u8?container=ts")
        await trio.sleep(3)
        listed = await watcher.playlist("main.m3u8")
        answer = await watcher.file(listed.segments[0].uri)
        assert answer.fields["Content-Type"] == "video/mp2t"
        assert {unit.format.kind for unit in TsDemuxer().feed(answer.body)} == {"video", "audio"}
        assert listed.part_target_s is None


async def test_the_container_is_the_configured_one(open_house: OpenHlsHouse) -> None:
    house = await open_house(hls_config=HlsConfig(container=SegmentContainer.TS))
    async with house.live():
        assert (await house.watch()).all.variants[0].uri.endswith("/main.m3u8")
        other = await house.watch("/live/a.m3u8?container=fmp4")
        assert other.all.variants[0].uri.endswith("/video.m3u8")


async def test_playlists_are_packed_tagged_and_fresh_for_a_moment(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        plain = await watcher.file("video.m3u8")
        packed = await watcher.file("video.m3u8", Accept_Encoding="gzip")
        assert packed.fields["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
        assert plain.fields["Cache-Control"] == "max-age=1"
        assert plain.fields["Vary"] == "Accept-Encoding"
        same = await watcher.file("video.m3u8", If_None_Match=plain.fields["Etag"])
        assert same.status == 304
        head = await watcher.get(f"{watcher.folder}/video.m3u8", "HEAD")
        assert (head.status, head.body) == (200, b"")
        assert int(head.fields["Content-Length"]) == len(plain.body)


async def test_a_part_of_a_segment_may_be_asked_for(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        listed = await watcher.playlist()
        whole = await watcher.file(listed.segments[0].uri)
        some = await watcher.file(listed.segments[0].uri, Range="bytes=0-1")
        assert (some.status, some.body) == (206, whole.body[:2])


async def test_a_stream_that_is_not_there_yet_is_waited_for(house: HlsHouse) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.watch)
        await trio.sleep(5)
        async with house.live():
            await trio.sleep(2)


async def test_a_stream_that_does_not_come_is_not_found(house: HlsHouse) -> None:
    watcher = Watcher(house.dial())
    began = trio.current_time()
    answer = await watcher.get("/live/a.m3u8")
    assert (answer.status, answer.json["error"]) == (404, "stream_not_found")
    assert trio.current_time() - began == pytest.approx(15)
    assert not list(house.registry)


async def test_a_stream_that_nobody_publishes_may_be_refused_at_once(
    open_house: OpenHlsHouse,
) -> None:
    settings = attrs.evolve(HlsHouse().settings, play_missing=MissingPolicy.REFUSE)
    house = await open_house(settings=settings)
    watcher = Watcher(house.dial())
    began = trio.current_time()
    assert (await watcher.get("/live/a.m3u8")).status == 404
    assert trio.current_time() == began


async def test_other_paths_are_for_others(house: HlsHouse) -> None:
    watcher = Watcher(house.dial())
    for path in ("/a.m3u8", "/live/.m3u8", "/live/a.mp3.html", "/live/a.m3u8/", "/live/x.m4s"):
        said = (await watcher.get(path)).json
        assert said["error"] == "no_such_path", path
        assert "with one of .flv, .ts, .mp4, .aac, .mp3, .m3u8 behind" in said["detail"]


async def test_what_is_no_name_is_refused(house: HlsHouse) -> None:
    answer = await Watcher(house.dial()).get("/live/a%3Fb.m3u8")
    assert answer.status == 400


async def test_names_of_every_kind_are_quoted_in_playlists(house: HlsHouse) -> None:
    async with house.live("live/käm 1%"):
        watcher = await house.watch("/live/k%C3%A4m%201%25.m3u8")
        assert watcher.folder.startswith("/live/k%C3%A4m%201%25.hls/hls_ctx=")
        assert (await watcher.playlist()).segments


async def test_what_is_not_there_is_not_found(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        for name in ("nothing.m3u8", "video-x.m4s", "what.ts", "video-e-99.mp4", "main.m3u8"):
            answer = await watcher.file(name)
            assert (answer.status, answer.json["error"]) == (404, "no_such_segment"), name
        other = watcher.folder.replace("/a.hls/", "/b.hls/")
        assert (await watcher.get(f"{other}/video.m3u8")).status == 404


# ------------------------------------------------------------------ low latency


async def test_a_playlist_is_held_until_what_was_asked_for_is_in_it(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        last = (await watcher.playlist()).segments[-1]
        number = (await watcher.playlist()).media_sequence + 1
        began = trio.current_time()
        answer = await watcher.file(f"video.m3u8?_HLS_msn={number}&_HLS_part=2")
        listed = read_media_playlist(answer.body.decode())
        assert len(listed.parts) == 3
        assert listed.segments[-1].uri == last.uri
        assert answer.fields["Cache-Control"] == "max-age=12"
        assert 0.3 < trio.current_time() - began < 0.8
        whole = await watcher.playlist(f"video.m3u8?_HLS_msn={number}")
        assert whole.media_sequence + len(whole.segments) == number + 1


async def test_parts_come_one_by_one_and_are_what_was_hinted_at(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        listed = await watcher.playlist()
        for _ in range(15):
            (hint,) = listed.hints
            answer = await watcher.file(hint.uri)
            assert answer.status == 200
            listed = await watcher.playlist()
            known = [part.uri for each in listed.segments for part in each.parts]
            assert hint.uri in [*known, *(part.uri for part in listed.parts)]
            assert answer.body[4:8] in {b"styp", b"moof"}


async def test_many_held_requests_get_the_same_bytes(house: HlsHouse) -> None:
    found: list[bytes] = []

    async def hold(watcher: Watcher, number: int) -> None:
        found.append((await watcher.file(f"video.m3u8?_HLS_msn={number}")).body)

    async with house.live():
        watchers = [await house.watch() for _ in range(20)]
        number = (await watchers[0].playlist()).media_sequence + 1
        async with trio.open_nursery() as nursery:
            for watcher in watchers:
                nursery.start_soon(hold, watcher, number)
    assert len(found) == 20
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    "query",
    ["_HLS_part=1", "_HLS_msn=x", "_HLS_msn=-1", "_HLS_msn={far}", "_HLS_msn={next}&_HLS_part=99"],
)
async def test_what_is_too_far_ahead_or_no_directive_is_refused_at_once(
    house: HlsHouse, query: str
) -> None:
    async with house.live():
        watcher = await house.watch()
        first = (await watcher.playlist()).media_sequence
        began = trio.current_time()
        answer = await watcher.file(f"video.m3u8?{query.format(far=first + 9, next=first + 1)}")
        assert (answer.status, answer.json["error"]) == (400, "bad_directive")
        assert trio.current_time() == began


async def test_what_is_old_is_answered_at_once(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        assert (await watcher.playlist("video.m3u8?_HLS_msn=1")).segments


async def test_a_delta_update_leaves_out_what_is_old(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        await trio.sleep(30)
        delta = await watcher.playlist("video.m3u8?_HLS_skip=YES")
        assert delta.skipped > 5
        assert len(delta.segments) in {6, 7}
        number = delta.media_sequence + delta.skipped
        assert delta.segments[0].uri.endswith(f"-{number}.m4s")


async def test_the_other_rendition_is_reported(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        listed = await watcher.playlist()
        (report,) = listed.reports
        assert report.uri == "audio.m3u8"
        assert report.last_msn - listed.media_sequence in {0, 1}


async def test_what_is_held_too_long_is_told_so(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        listed = await watcher.playlist()
    began = trio.current_time()
    number = listed.media_sequence + len(listed.segments) + 1
    answer = await watcher.file(f"video.m3u8?_HLS_msn={number}")
    assert (answer.status, answer.json["error"]) == (503, "held_too_long")
    assert trio.current_time() - began == pytest.approx(6)
    hint = (await watcher.playlist()).hints[0].uri
    assert (await watcher.file(hint)).status == 503


async def test_a_hint_that_comes_to_nothing_is_not_found(house: HlsHouse) -> None:
    answers: list[int] = []

    async def ask(watcher: Watcher, hint: str) -> None:
        answers.append((await watcher.file(hint)).status)

    async with trio.open_nursery() as nursery, house.live():
        watcher = await house.watch()
        hint = (await watcher.playlist()).hints[0].uri
        await watcher.playlist("video.m3u8?_HLS_msn=1")
        nursery.start_soon(ask, watcher, hint.replace(".0.", ".9."))
        await trio.sleep(0.01)
    assert answers == [404]


async def test_held_requests_are_let_go_when_the_server_stops(house: HlsHouse) -> None:
    statuses: list[int] = []

    async def hold(watcher: Watcher, number: int) -> None:
        statuses.append((await watcher.file(f"video.m3u8?_HLS_msn={number}")).status)

    async with house.live():
        watcher = await house.watch()
        number = (await watcher.playlist()).media_sequence + 1
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hold, watcher, number)
            await trio.sleep(0.1)
            await house.service.stop(5.0)
    assert statuses == [503]


async def test_who_leaves_while_it_is_held_is_noticed(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        listed = await watcher.playlist()
        await watcher.client.ask(
            f"{watcher.folder}/video.m3u8?_HLS_msn={listed.media_sequence + 1}"
        )
        assert len(house.service.connections) == 1
        watcher.client.transport.close()
        await trio.sleep(0.1)
        assert len(house.service.connections) == 0


# ---------------------------------------------------------- publishers come and go


async def test_another_publisher_goes_on_in_the_same_playlist(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        await trio.sleep(3)
        before = await watcher.playlist()
    await trio.sleep(2)
    async with house.live(start_ms=70_000):
        await trio.sleep(3)
        after = await watcher.playlist()
    assert after.media_sequence == before.media_sequence
    assert [each.is_discontinuity for each in after.segments].count(True) == 1
    assert after.target_duration_s == before.target_duration_s
    assert not after.is_ended


async def test_a_playlist_ends_when_nobody_publishes_again(house: HlsHouse) -> None:
    async with house.live():
        watcher = await house.watch()
        await trio.sleep(3)
    await trio.sleep(9)
    assert not (await watcher.playlist()).is_ended
    await trio.sleep(2)
    ended = await watcher.playlist()
    assert ended.is_ended
    assert (await watcher.playlist("video.m3u8?_HLS_msn=9999999999")).is_ended
    async with house.live(start_ms=80):
        other = await house.watch()
        new = await other.playlist()
        assert not new.is_ended
        assert new.media_sequence > ended.media_sequence + len(ended.segments) - 1
        assert not {each.uri for each in new.segments} & {each.uri for each in ended.segments}


async def test_a_stream_may_be_cut_from_its_beginning(open_house: OpenHlsHouse) -> None:
    house = await open_house(hls_config=HlsConfig(start=SegmentsStart.PUBLISH, linger=Seconds(1.0)))
    async with house.live():
        await trio.sleep(5)
        began = trio.current_time()
        watcher = await house.watch()
        assert trio.current_time() == began
        assert len((await watcher.playlist()).segments) == 3


async def test_a_stream_that_nobody_watches_is_not_cut(house: HlsHouse) -> None:
    async with house.live():
        await trio.sleep(1)
        stream = house.hub.find("live/a")
        assert stream is not None
        assert not stream.derived
        await house.watch()
        assert list(stream.derived) == ["fmp4-segments"]
        await trio.sleep(35)
        assert "fmp4-segments" in stream.derived, "for a while after the last has gone"
        await trio.sleep(35)
        assert not stream.derived
        assert not house.told(SessionEnded, reason="internal_error")


async def test_minutes_keep_the_window_and_no_more(house: HlsHouse) -> None:
    async with house.live(gop_ms=2000):
        watcher = await house.watch()
        sizes = []
        for _ in range(4):
            for _ in range(3):
                await trio.sleep(20)
                listed = await watcher.playlist()
            live = house.hls.site.live.find("live/a", HlsConfig().rule(SegmentContainer.FMP4))
            assert live is not None
            sizes.append(sum(each.size for each in live.presentation.renditions))
            assert len(listed.segments) in {15, 16}
        assert max(sizes) < 1.2 * min(sizes)
    assert house.told(PlayBegan)
    assert not house.told(PlayEnded)
