"""Manifests and segments, as they are asked for."""

from __future__ import annotations

import gzip
import time

import pytest
import trio

from tests.service.dash.conftest import OpenDashHouse
from tests.service.dash.house import DashHouse, DashWatcher
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PlayBegan, PlayEnded, SessionEnded
from trio_srs.hub.sessions import session_facts
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.service.dash.config import DashConfig
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.segmented.config import SegmentsStart
from trio_srs.units import Seconds
from trio_srs.wire.dash.xml_values import read_date


async def test_a_viewer_is_told_what_there_is_within_a_segment(house: DashHouse) -> None:
    async with house.live():
        began = trio.current_time()
        watcher = await house.see()
        assert trio.current_time() - began < 1.3
        (period,) = watcher.all.periods
        video, sound = (one for each in period.sets for one in each.representations)
        assert (video.codecs, sound.codecs) == ("avc1.42c01e", "mp4a.40.2")
        assert (video.width, video.height, video.frame_rate) == (320, 240, 25.0)
        assert (sound.sample_rate, sound.channels) == (44100, 2)
        assert watcher.all.location.startswith("a.dash/dash_ctx=")
        assert (watcher.all.update_s, watcher.all.window_s, watcher.all.delay_s) == (1.0, 30.0, 6.0)


async def test_every_listed_segment_is_there_and_is_what_is_said_of_it(house: DashHouse) -> None:
    async with house.live():
        watcher = await house.see()
        await trio.sleep(8)
        await watcher.follow()
        for name in ("video", "audio"):
            init = await watcher.get(watcher.init(name))
            assert len(watcher.segments(name)) >= 4
            for path, segment in watcher.segments(name):
                answer = await watcher.get(path)
                assert answer.status == init.status == 200
                assert answer.fields["Content-Type"] == "video/iso.segment"
                assert answer.fields["Cache-Control"] == "public, max-age=86400, immutable"
                units = Mp4Demuxer().feed(init.body + answer.body)
                assert {unit.format.kind for unit in units} == {name}
                hz = 90_000 if name == "video" else 44_100
                first = units[0].pts * hz / 90_000
                assert first == pytest.approx(segment.time, abs=1)
                last = units[-1].pts + (units[-1].duration or 3600)
                assert last * hz / 90_000 == pytest.approx(segment.time + segment.duration, abs=1)


async def test_a_viewer_is_one_session_and_follows_its_own_url(house: DashHouse) -> None:
    async with house.live():
        watcher = await house.see()
        first = watcher.segments()
        await trio.sleep(5)
        await watcher.follow()
        assert watcher.path.startswith("/live/a.dash/dash_ctx=")
        assert watcher.segments()[: len(first)] == first, "the same URLs, wherever it is read"
        assert not watcher.all.location, "it is asked for where it came from"
        body = (await watcher.get(watcher.segments()[0][0])).body
        (entry,) = house.registry
        facts = session_facts(entry, trio.current_time(), 0.0)
        assert facts.protocol == "dash"
        assert (facts.requests[0].stream, facts.bytes_out) == ("live/a", len(body))
        assert len(house.told(PlayBegan)) == 1
        await trio.sleep(31)
        assert len(house.told(PlayEnded)) == 1


async def test_who_asks_again_where_it_began_is_no_other_viewer(house: DashHouse) -> None:
    async with house.live():
        watcher = await house.see()
        first = watcher.all.location
        for _ in range(3):
            await trio.sleep(20)
            assert (await watcher.update()).location == first
        assert len(house.told(PlayBegan)) == 1
        assert (await house.see("/live/a.mpd?token=x")).all.location != first
        assert len(house.told(PlayBegan)) == 2
        await trio.sleep(35)
        assert not list(house.registry)
        assert (await watcher.update()).location != first, "who was gone is another session"


async def test_who_follows_is_not_mistaken_for_another_behind_the_same_address(
    house: DashHouse,
) -> None:
    async with house.live():
        first = await house.see()
        await first.follow()
        await house.see()
        assert len(house.told(PlayBegan)) == 2


async def test_the_manifest_is_packed_tagged_and_fresh_for_a_moment(house: DashHouse) -> None:
    async with house.live():
        watcher = await house.see()
        await watcher.follow()
        plain = await watcher.get(watcher.path)
        packed = await watcher.get(watcher.path, Accept_Encoding="gzip")
        assert gzip.decompress(packed.body) == plain.body
        assert plain.fields["Cache-Control"] == "max-age=1"
        same = await watcher.get(watcher.path, If_None_Match=plain.fields["Etag"])
        assert same.status == 304
        await trio.sleep(2.5)
        other = await watcher.get(watcher.path)
        assert other.fields["Etag"] != plain.fields["Etag"]
        head = await DashWatcher(house.dial(), "").get("/live/a.mpd", "HEAD")
        assert (head.status, head.body) == (200, b"")


async def test_the_clock_says_what_time_it_is(house: DashHouse) -> None:
    async with house.live():
        watcher = await house.see()
        (timing,) = watcher.all.timings
        answer = await watcher.get(watcher.at(timing.value))
        assert answer.fields["Cache-Control"] == "no-store"
        assert read_date(answer.body.decode()) == pytest.approx(time.time() * 1000, abs=5000)


async def test_hls_and_dash_share_what_is_cut_if_they_say_the_same(
    open_house: OpenDashHouse,
) -> None:
    house = await open_house()
    async with house.live():
        dash, hls = await house.see(), await house.watch()
        stream = house.hub.find("live/a")
        assert stream is not None
        assert list(stream.derived) == ["fmp4-segments"]
        listed = await hls.playlist()
        path, _ = dash.segments()[0]
        assert (await dash.get(path)).body == (await hls.file(listed.segments[0].uri)).body


async def test_where_they_differ_each_has_its_own(open_house: OpenDashHouse) -> None:
    house = await open_house(
        hls_config=HlsConfig(start=SegmentsStart.PUBLISH),
        dash_config=DashConfig(segment=Seconds(4.0), start=SegmentsStart.PUBLISH),
    )
    async with house.live():
        await house.see()
        await house.watch()
        stream = house.hub.find("live/a")
        assert stream is not None
        assert sorted(stream.derived) == ["fmp4-segments", "fmp4-segments-2"]


async def test_another_publisher_is_another_period_where_the_time_of_day_says(
    house: DashHouse,
) -> None:
    async with house.live():
        watcher = await house.see()
        await trio.sleep(4)
    await trio.sleep(3)
    async with house.live(start_ms=5_000_000):
        await trio.sleep(4)
        before, after = (await watcher.follow()).periods
        (*_, last) = before.sets[0].representations[0].template.segments()
        end_s = (last.time + last.duration) / 90_000 - 0.75
        assert after.start_s - before.start_s - end_s == pytest.approx(3, abs=0.2)
        for path, _ in watcher.segments():
            assert (await watcher.get(path)).status == 200


async def test_a_stream_that_is_over_says_how_long_it_was(house: DashHouse) -> None:
    async with house.live():
        watcher = await house.see()
        await trio.sleep(5)
    await trio.sleep(11)
    over = await watcher.follow()
    assert not over.is_dynamic
    (period,) = over.periods
    assert period.duration_s is not None
    assert over.duration_s == pytest.approx(period.start_s + period.duration_s)
    for path, _ in watcher.segments():
        assert (await watcher.get(path)).status == 200
    path, newest = watcher.segments()[-1]
    asked = trio.current_time()
    behind = path.replace(f"t{newest.time}", f"t{newest.time + newest.duration}")
    assert (await watcher.get(behind)).status == 404
    assert 0 < trio.current_time() - asked < 0.1, "soon, and not as often as it likes"
    await trio.sleep(70)
    late = DashWatcher(house.dial(), watcher.path)
    assert (await late.get(late.path)).status == 404


async def test_who_asks_again_where_it_began_is_told_of_the_end_at_once(house: DashHouse) -> None:
    """As ffmpeg does, whatever ``Location`` says; who comes anew waits for another publish."""
    async with house.live():
        watcher = await house.see()
        await trio.sleep(5)
    await trio.sleep(11)
    asked = trio.current_time()
    over = await watcher.update()
    assert not over.is_dynamic
    assert trio.current_time() - asked < 0.1
    other = DashWatcher(house.dial(), watcher.path)
    assert (await other.get("/live/a.mpd?token=x")).status == 404
    assert trio.current_time() - asked > 1


async def test_what_is_not_there_is_not_found(house: DashHouse) -> None:
    async with house.live():
        watcher = await house.see()
        path, segment = watcher.segments()[-1]
        for wrong in (
            path.replace(f"t{segment.time}", f"t{segment.time + 1}"),
            watcher.at(watcher.all.location).replace("manifest", "other"),
            watcher.init().replace("init", "other"),
            path.replace("a.dash", "b.dash"),
        ):
            assert (await watcher.get(wrong)).status == 404, wrong
        assert (await watcher.get("/live/a.txt")).status == 404
        assert (await watcher.get("/a.mpd")).status == 404


async def test_a_stream_that_is_not_there_yet_is_waited_for(house: DashHouse) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.see)
        await trio.sleep(5)
        async with house.live():
            await trio.sleep(2)
    answer = await DashWatcher(house.dial(), "").get("/live/b.mpd")
    assert (answer.status, answer.json["error"]) == (404, "stream_not_found")


async def test_a_viewer_that_is_kicked_stays_out(house: DashHouse) -> None:
    async with house.live():
        watcher = await house.see()
        path, _ = watcher.segments()[0]
        (entry,) = house.registry
        entry.end(EndReason.KICKED, "enough")
        answer = await watcher.get(path)
        assert (answer.status, answer.json["error"]) == (403, "session_over")


async def test_the_end_of_the_server_ends_all(house: DashHouse) -> None:
    async with house.live():
        await house.see()
        await house.dash.stop(1.0)
        assert len(house.told(SessionEnded)) == 1


# ----------------------------------------------------------------- low latency

FAST = DashConfig(low_latency=True)


async def test_with_low_latency_a_segment_is_listed_while_it_is_made(
    open_house: OpenDashHouse,
) -> None:
    house = await open_house(dash_config=FAST)
    async with house.live(gop_ms=2000):
        watcher = await house.see()
        await trio.sleep(5.5)
        manifest = await watcher.follow()
        assert manifest.latency is not None
        assert manifest.latency.target_ms == 2000
        assert "http://www.dashif.org/guidelines/low-latency-live-v5" in manifest.profiles
        (period,) = manifest.periods
        template = period.sets[0].representations[0].template
        assert not template.is_complete
        assert template.availability_time_offset_s == pytest.approx(1.8, abs=0.05)
        path, _ = watcher.segments()[-1]
        assert len(watcher.segments()) == len(watcher.segments("audio"))
        began = trio.current_time()
        await watcher.client.ask(path)
        head = await watcher.client.head()
        assert head.fields["Transfer-Encoding"] == "chunked"
        assert trio.current_time() == began, "the head and what there is come at once"


async def test_what_is_sent_while_it_is_made_is_what_is_kept(open_house: OpenDashHouse) -> None:
    house = await open_house(dash_config=FAST)
    async with house.live(gop_ms=2000):
        watcher = await house.see()
        for name in ("video", "audio"):
            await trio.sleep(0.7)
            await watcher.follow()
            path, _ = watcher.segments(name)[-1]
            began = trio.current_time()
            made = await watcher.get(path)
            took = trio.current_time() - began
            assert 0.5 < took < 2.1
            kept = await watcher.get(path)
            assert kept.body == made.body
            assert "Etag" in kept.fields
            assert "Etag" not in made.fields


@pytest.mark.parametrize("config", [DashConfig(), FAST])
async def test_who_asks_for_what_is_not_listed_yet_hears_that_when_it_is(
    open_house: OpenDashHouse, config: DashConfig
) -> None:
    house = await open_house(dash_config=config)

    def ahead(count: int) -> str:
        time = newest.time + count * newest.duration
        return path.replace(f"t{newest.time}", f"t{time}")

    async with house.live(gop_ms=2000):
        watcher = await house.see()
        path, newest = watcher.segments()[-1]
        assert (await watcher.get(ahead(2))).status == 404
        began = trio.current_time()
        assert (await watcher.get(ahead(1))).status == 404
        assert 0.1 < trio.current_time() - began < 2.1
        assert (await watcher.get(ahead(1))).status == 200
        await watcher.follow()
        assert watcher.segments()[-1][0].endswith(ahead(1).rpartition("/")[2])
        await trio.sleep(0.5)
    # The publisher has left: what was going on is whole, and nothing comes behind it.
    await trio.sleep(0.1)
    await watcher.follow()
    path, newest = watcher.segments()[-1]
    began = trio.current_time()
    answer = await watcher.get(ahead(1))
    assert (answer.status, answer.json["error"]) == (503, "held_too_long")
    assert trio.current_time() - began == pytest.approx(6)


def test_there_is_no_low_latency_without_parts() -> None:
    with pytest.raises(ValueError, match='part is "off"'):
        DashConfig(low_latency=True, part=None)


async def test_behind_a_cache_all_have_the_same_urls(open_house: OpenDashHouse) -> None:
    house = await open_house(dash_config=DashConfig(viewer_ctx=False))
    async with house.live():
        watchers = [await house.see() for _ in range(2)]
        assert {watcher.all.location for watcher in watchers} == {"a.dash/manifest.mpd"}
        await watchers[0].follow()
        ((path, _), *_) = watchers[0].segments("video")
        assert (await watchers[0].get(path)).status == 200
        answer = await watchers[0].get("/live/a.mpd")
        assert answer.fields["Cache-Control"] == "max-age=1"
        assert len(house.registry) == 1
