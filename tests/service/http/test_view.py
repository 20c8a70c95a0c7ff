"""What is behind each ending: a form, a type, and where a viewer begins in it."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.http.house import Client, HttpHouse
from tests.service.http.test_viewer import UPGRADE
from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.service.http.view import VIEWS
from trio_srs.testing.bodies import audio, inter, key

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
async def test_at_the_next_publish_there_is_another_init_segment_and_times_go_on(
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
    one = [b"ftyp", b"moov", *[b"moof", b"mdat"] * 4]
    assert boxes(data) == [*one, *one]
    video = times(units_of(data), "video")
    assert video == sorted(set(video))
    assert len(video) == 2 * 16
