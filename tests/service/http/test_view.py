"""What is behind each ending: a form, a type, and where a viewer begins in it."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.http.conftest import OpenHouse
from tests.service.http.house import Client, HttpHouse, flv
from tests.service.http.test_viewer import UPGRADE
from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.service.http.config import HttpConfig
from trio_srs.service.http.view import VIEWS, find_view
from trio_srs.testing.bodies import audio, audio_header, header, inter, key, metadata
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import EcmaArray
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType, build_video
from trio_srs.wire.rtmp.message import Message, MessageType

MORE = (
    *map(inter, range(40, 400, 40)),
    audio(380),
    key(400),
    audio(400),
    *map(inter, range(440, 640, 40)),
)
"""Two groups of pictures; a fragment is 200 ms."""


async def viewer(house: HttpHouse, *, websocket: bool = False) -> Client:
    client = house.dial()
    await client.ask("/live/a.mp4", fields=UPGRADE if websocket else {})
    return client


def boxes(data: bytes) -> list[bytes]:
    """The names of the boxes, which fill it."""
    names = []
    while data:
        size = int.from_bytes(data[:4])
        names.append(data[4:8])
        assert 8 <= size <= len(data)
        data = data[size:]
    return names


def messages_of(data: bytes) -> list[bytes]:
    """What is in binary WebSocket messages; at last a close comes."""
    messages = []
    while data[0] == 0x82:
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4]), 4
        messages.append(data[start : start + size])
        data = data[start + size :]
    assert data[0] == 0x88
    return messages


def units_of(data: bytes) -> list[AccessUnit]:
    demuxer = Mp4Demuxer()
    units = [*demuxer.feed(data), *demuxer.finish()]
    assert not demuxer.oddities
    return units


def times(units: list[AccessUnit], kind: str) -> list[int]:
    """In milliseconds, of the units of a kind."""
    return [unit.dts // TICKS_PER_MS for unit in units if unit.format.kind == kind]


@pytest.mark.parametrize(
    ("ending", "content_type"),
    [
        (".flv", "video/x-flv"),
        (".ts", "video/mp2t"),
        (".mp4", "video/mp4"),
        (".aac", "audio/aac"),
        (".mp3", "audio/mpeg"),
    ],
)
def test_every_ending_has_its_own_name_and_type(ending: str, content_type: str) -> None:
    view = VIEWS[ending]
    assert (view.name, view.content_type) == (ending[1:], content_type)


async def test_an_mp4_is_an_init_segment_and_fragments_from_the_newest_keyframe_on(
    house: HttpHouse,
) -> None:
    async with house.publishing() as publish:
        publish.append_all(MORE, trio.current_time())
        client = await viewer(house)
        head = await client.head()
        assert (head.status, head.fields["Content-Type"]) == (200, "video/mp4")
        publish.append_all([audio(640), inter(640)], trio.current_time())
    data = await client.rest_of_it()
    assert boxes(data)[:4] == [b"ftyp", b"moov", b"moof", b"mdat"]
    units = units_of(data)
    assert times(units, "video") == [*range(400, 680, 40)]
    assert units[0].is_key


async def test_a_viewer_that_comes_later_gets_the_same_init_segment(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        first = await viewer(house)
        publish.append_all(MORE, trio.current_time())
        await first.head()
        second = await viewer(house)
        await second.head()
    data, later = await first.rest_of_it(), await second.rest_of_it()
    assert times(units_of(data), "video") == [*range(0, 640, 40)]
    assert times(units_of(later), "video") == [*range(400, 640, 40)]
    size = data.index(b"moof") - 4
    assert later[:size] == data[:size]


async def test_each_websocket_message_is_an_init_segment_or_a_fragment(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        publish.append_all(MORE, trio.current_time())
        client = await viewer(house, websocket=True)
        assert (await client.head()).status == 101
        publish.append_all(map(inter, range(640, 1000, 40)), trio.current_time())
        await wait_all_tasks_blocked()
        [entry] = house.registry
        assert entry.protocol == "ws-mp4"
    messages = messages_of(await client.rest_of_it())
    assert list(map(boxes, messages)) == [[b"ftyp", b"moov"], *[[b"moof", b"mdat"]] * 3]
    assert times(units_of(b"".join(messages)), "video") == [*range(400, 1000, 40)]


@pytest.mark.parametrize("websocket", [False, True])
async def test_a_viewer_goes_on_with_the_next_publish_and_times_go_on(
    house: HttpHouse, *, websocket: bool
) -> None:
    client = await viewer(house, websocket=websocket)
    for _ in range(2):
        async with house.publishing() as publish:
            publish.append_all(MORE, trio.current_time())
            await wait_all_tasks_blocked()
        await trio.sleep(1)
    await client.head()
    data = await client.rest_of_it()
    if websocket:
        data = b"".join(messages_of(data))
    assert boxes(data) == [b"ftyp", b"moov", *[b"moof", b"mdat"] * 8]
    video = times(units_of(data), "video")
    assert video == sorted(set(video))
    assert len(video) == 2 * 16


async def test_at_a_publish_of_another_kind_there_is_another_init_segment(
    house: HttpHouse,
) -> None:
    client = await viewer(house)
    async with house.publishing() as publish:
        publish.append_all(MORE, trio.current_time())
        await wait_all_tasks_blocked()
    await trio.sleep(1)
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        pictures = [key(0), *map(inter, range(40, 640, 40))]
        publish.append_all([header(), *pictures], trio.current_time())
        late = await viewer(house)
        await late.head()
    await client.head()
    whole, data = await client.rest_of_it(), await late.rest_of_it()
    names = boxes(whole)
    assert [names.count(each) for each in (b"ftyp", b"moov")] == [2, 2]
    assert boxes(data)[:3] == [b"ftyp", b"moov", b"moof"]
    assert times(units_of(data), "audio") == []
    assert whole.endswith(data)  # the head that it got by itself is the one that came between


# ------------------------------------------------------ FLV for pages


def enhanced(codec: str, packet_type: VideoPacketType, data: bytes = b"data") -> bytes:
    return build_video([VideoBody(codec, FrameType.KEY, packet_type, data, enhanced=True)])


HDR = enhanced("hvc1", VideoPacketType.METADATA)
HVCC = enhanced("hvc1", VideoPacketType.SEQUENCE_START)
HEVC = enhanced("hvc1", VideoPacketType.CODED_FRAMES_X)
INTER = b"\xa3" + HEVC[1:]
VP9 = enhanced("vp09", VideoPacketType.CODED_FRAMES)


def video(body: bytes, timestamp_ms: int = 0) -> Message:
    return Message(MessageType.VIDEO, 1, timestamp_ms, body)


@pytest.fixture
async def for_pages(open_house: OpenHouse) -> HttpHouse:
    return await open_house(config=HttpConfig(flv_for_browsers=True))


@pytest.mark.parametrize("fields", [{}, UPGRADE])
async def test_what_stops_the_players_of_pages_is_left_out_where_that_is_asked_for(
    for_pages: HttpHouse, fields: dict[str, str]
) -> None:
    said = metadata({"hasAudio": True, "width": 320.0})
    house, kept = for_pages, [video(HVCC), video(HEVC), video(INTER, 40)]
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        publish.append_all([said, video(HDR), *kept, video(HDR, 20)], trio.current_time())
        client = house.dial()
        await client.ask("/live/a.flv", fields=fields)
        await client.head()
    data = await client.rest_of_it()
    if fields:
        data = b"".join(messages_of(data))
    script = amf0.encode("onMetaData", EcmaArray({"width": 320.0}))
    plain = Message(MessageType.DATA_AMF0, 1, 0, script)
    assert data == flv([plain, *kept], has_audio=False)


async def test_all_else_is_as_it_was_published(house: HttpHouse) -> None:
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        publish.append_all([video(HVCC), video(HEVC), video(HDR)], trio.current_time())
        client = house.dial()
        await client.ask("/live/a.flv")
        await client.head()
    expected = flv([video(HVCC), video(HEVC), video(HDR)], has_audio=False)
    assert await client.rest_of_it() == expected


async def test_the_head_names_no_track_that_is_left_out(for_pages: HttpHouse) -> None:
    house = for_pages
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        publish.append_all([video(VP9), audio_header(), audio(0)], trio.current_time())
        client = house.dial()
        await client.ask("/live/a.flv")
        await client.head()
    assert await client.rest_of_it() == flv([audio_header(), audio(0)], has_video=False)


async def test_a_stream_of_which_pages_can_play_nothing_is_refused_with_the_reason(
    for_pages: HttpHouse,
) -> None:
    house = for_pages
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        publish.append_all([video(VP9)], trio.current_time())
        client = house.dial()
        await client.ask("/live/a.flv")
        answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (406, "not_carried")
    assert "http.flv_for_browsers is set" in answer.json["detail"]


async def test_other_forms_do_not_care(for_pages: HttpHouse) -> None:
    assert find_view(".ts", for_pages.config) is VIEWS[".ts"]
    assert find_view(".txt", for_pages.config) is None
