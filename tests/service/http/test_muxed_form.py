"""A stream is watched in another container: units and times of what was published."""

from __future__ import annotations

import logging

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.http.house import BEGINNING, Client, HttpHouse
from tests.service.http.test_viewer import UPGRADE
from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.remux.ts_muxer import TS_LEAD
from trio_srs.testing.bodies import audio, header, inter, key
from trio_srs.wire.codec.adts import split_adts
from trio_srs.wire.rtmp.message import Message, MessageType

VP9 = Message(MessageType.VIDEO, 1, 0, bytes.fromhex("9176703039") + b"a keyframe")
MORE = [*(inter(time) for time in range(40, 400, 40)), audio(380), key(400), inter(440)]


async def viewer(house: HttpHouse) -> Client:
    client = house.dial()
    await client.ask("/live/a.ts")
    return client


def units_of(data: bytes) -> list[AccessUnit]:
    demuxer = TsDemuxer()
    units = [*demuxer.feed(data), *demuxer.finish()]
    assert not demuxer.oddities
    return units


def times(units: list[AccessUnit], kind: str) -> list[int]:
    """In milliseconds, of the units of a kind."""
    return [(it.dts - TS_LEAD) // TICKS_PER_MS for it in units if it.format.kind == kind]


async def test_it_begins_at_the_keyframe_and_goes_on(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        client = await viewer(house)
        head = await client.head()
        assert (head.status, head.fields["Content-Type"]) == (200, "video/mp2t")
        assert head.fields["Connection"] == "close"
        for message in MORE:
            publish.append_all([message], trio.current_time())
            await trio.sleep(0.01)
    data = await client.rest_of_it()
    assert len(data) % 188 == 0
    units = units_of(data)
    assert times(units, "video") == [0, *range(40, 400, 40), 400, 440]
    assert times(units, "audio") == [0, 380]
    assert [unit.is_key for unit in units if unit.format.kind == "video"][:2] == [True, False]


async def test_it_is_made_once_for_all_who_watch(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        clients = [await viewer(house) for _ in range(3)]
        live = house.hub.find("live/a")
        assert live is not None
        assert list(live.derived) == ["ts"]
        publish.append_all(MORE, trio.current_time())
        await wait_all_tasks_blocked()
    said = [(await client.head()).status and await client.rest_of_it() for client in clients]
    assert said[0] == said[1] == said[2]
    await trio.sleep(house.settings.stalled_timeout + 60)
    assert house.hub.find("live/a") is None


async def test_a_viewer_goes_on_with_the_next_publish(house: HttpHouse) -> None:
    client = await viewer(house)
    for _ in range(2):
        async with house.publishing() as publish:
            publish.append_all(MORE, trio.current_time())
            await wait_all_tasks_blocked()
        await trio.sleep(1)
    await client.head()
    units = units_of(await client.rest_of_it())
    pictures = [0, *range(40, 400, 40), 400, 440]
    assert times(units, "video") == [*pictures, *(480 + each for each in pictures)]
    assert sum(unit.discontinuity for unit in units) == 1


async def test_what_cannot_be_carried_is_left_out_and_told_once(
    house: HttpHouse, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
            publish.append_all([VP9, *BEGINNING[1::2], *map(audio, range(0, 3000, 23))],
                               trio.current_time())  # fmt: skip
            client = await viewer(house)
            assert (await client.head()).status == 200
    units = units_of(await client.rest_of_it())
    assert {unit.format.kind for unit in units} == {"audio"}
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert told[0].startswith("live/a as a transport stream is without video vp9")


async def test_a_stream_of_which_nothing_is_left_is_refused_with_the_reason(
    house: HttpHouse,
) -> None:
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        publish.append_all([VP9], trio.current_time())
        client = await viewer(house)
        answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (406, "not_carried")
    assert answer.json["detail"].startswith("nothing of live/a can be had as ts: video vp9")


async def test_over_websocket_messages_hold_whole_packets(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        client = house.dial()
        await client.ask("/live/a.ts", fields=UPGRADE)
        assert (await client.head()).status == 101
        publish.append_all([inter(40), key(80)], trio.current_time())
        await wait_all_tasks_blocked()
        [entry] = house.registry
        assert entry.protocol == "ws-ts"
    data, whole = await client.rest_of_it(), b""
    while data[0] == 0x82:  # a binary message; at last a close comes
        size = int.from_bytes(data[2:4])
        assert (data[1], size % 188) == (126, 0)
        whole, data = whole + data[4 : 4 + size], data[4 + size :]
    assert times(units_of(whole), "video") == [0, 40, 80]


async def test_a_publish_without_video_is_one_of_sound(house: HttpHouse) -> None:
    client = await viewer(house)
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        publish.append_all([BEGINNING[1], *map(audio, range(0, 2000, 23))], trio.current_time())
        await wait_all_tasks_blocked()
    await client.head()
    assert len(times(units_of(await client.rest_of_it()), "audio")) == 87


async def test_headers_alone_are_nothing_to_see(house: HttpHouse) -> None:
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        publish.append_all([header()], trio.current_time())
        client = await viewer(house)
        answer = await client.answer()
    assert (answer.status, answer.json["detail"]) == (404, "nobody sends media, also after 3 s")


async def test_sound_alone_is_aac_with_a_header_for_each_frame(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        client = house.dial()
        await client.ask("/live/a.aac")
        head = await client.head()
        assert head.fields["Content-Type"] == "audio/aac"
        publish.append_all([*MORE, audio(600)], trio.current_time())
        await wait_all_tasks_blocked()
    frames, left = split_adts(await client.rest_of_it())
    assert (len(frames), left) == (3, 0)


async def test_a_stream_without_such_sound_is_refused(house: HttpHouse) -> None:
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.mp3")
        answer = await client.answer()
    assert answer.status == 406
    assert "audio aac" in answer.json["detail"]
