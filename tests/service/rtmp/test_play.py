"""Playing: what a player gets, what it waits for, and what it can switch."""

from __future__ import annotations

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import FAST, House, ask, hear_answer, hear_goodbye
from tests.service.witness import transport_of
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PlayBegan, PlayEnded, RequestRefused, SessionEnded
from trio_srs.hub.participant import PublisherInfo
from trio_srs.hub.provider import Provider
from trio_srs.hub.settings import MissingPolicy, TimestampMode
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.testing.bodies import audio, audio_header, command, header, inter, key, metadata
from trio_srs.testing.peer import Peer
from trio_srs.units import Timeout
from trio_srs.wire.amf import amf0
from trio_srs.wire.rtmp.control import SetChunkSize, StreamBegin, StreamEof
from trio_srs.wire.rtmp.message import Message

STARTED = "NetStream.Play.Start"
NOT_FOUND = "NetStream.Play.StreamNotFound"


def times(messages: list[Message]) -> list[int]:
    return [message.timestamp_ms for message in messages]


# ---------------------------------------------------------------- no publisher


async def test_a_player_may_wait_for_ever_for_a_publisher(house: House) -> None:
    player = await house.player()
    await trio.sleep(150)
    publisher = await house.publisher()
    assert await player.hear_status() == "NetStream.Play.PublishNotify"
    assert await player.hear_media(2) == [header(), key(0)]
    assert publisher is not player


async def test_a_player_is_told_when_nobody_came_to_publish(open_house: OpenHouse) -> None:
    house = await open_house(settings=attrs.evolve(FAST, play_missing_timeout=Timeout(7.5)))
    player = await house.player()
    began = trio.current_time()
    said = await hear_goodbye(player)
    assert said[0] == (NOT_FOUND, "nobody published live/a within 7.5 s")
    assert said[1][0] == "NetConnection.Connect.Closed"
    assert trio.current_time() - began == 7.5
    assert await house.reason_of(player) is EndReason.NO_PUBLISHER


async def test_patience_begins_anew_when_a_publisher_leaves(open_house: OpenHouse) -> None:
    house = await open_house(settings=attrs.evolve(FAST, play_missing_timeout=Timeout(7.5)))
    player = await house.player()
    await trio.sleep(7)
    publisher = await house.publisher()
    await trio.sleep(9)
    assert not house.told(SessionEnded)
    publisher.close()
    await wait_all_tasks_blocked()
    left_at = trio.current_time()
    assert await house.reason_of(player) is EndReason.NO_PUBLISHER
    assert trio.current_time() - left_at == 7.5 + 1  # and a moment to read why


async def test_no_patience_at_all_is_lawful(open_house: OpenHouse) -> None:
    house = await open_house(settings=attrs.evolve(FAST, play_missing_timeout=Timeout(0.0)))
    player = await house.player()
    assert await hear_goodbye(player)
    assert await house.reason_of(player) is EndReason.NO_PUBLISHER


async def test_with_no_patience_a_play_ends_as_its_publisher_leaves(open_house: OpenHouse) -> None:
    house = await open_house(settings=attrs.evolve(FAST, play_missing_timeout=Timeout(0.0)))
    publisher = await house.publisher()
    player = await house.player()
    await trio.sleep(3)
    assert not house.told(SessionEnded)
    publisher.close()
    assert await house.reason_of(player) is EndReason.NO_PUBLISHER


async def test_what_only_waits_needs_no_task(house: House) -> None:
    def tasks() -> int:
        return trio.lowlevel.current_statistics().tasks_living

    peer = house.dial()
    await peer.connect()
    await wait_all_tasks_blocked()
    connected = tasks()
    await ask(peer, "play", "a")
    await wait_all_tasks_blocked()
    assert tasks() == connected
    await house.publisher("a")
    await wait_all_tasks_blocked()
    assert tasks() == connected + 1  # the publisher's connection, and nothing for its publish


async def test_a_player_of_nothing_may_be_refused(open_house: OpenHouse) -> None:
    house = await open_house(settings=attrs.evolve(FAST, play_missing=MissingPolicy.REFUSE))
    player = house.dial()
    await player.connect()
    assert await ask(player, "play", "a") == (NOT_FOUND, "nobody publishes live/a")
    assert house.told(RequestRefused)[0].code == "stream_not_found"
    assert len(house.hub) == 0
    await house.publisher()
    assert (await ask(player, "play", "a", stream_id=1))[0] == STARTED
    assert (await player.hear_media(3))[1:] == [header(), key(0)]


# ------------------------------------------------------------------- republish


async def test_players_survive_a_republish_and_hear_the_new_headers(house: House) -> None:
    publisher, player = await house.publisher(), await house.player()
    assert len(await player.hear_media(3)) == 3
    publisher.close()
    assert await player.hear_status() == "NetStream.Play.UnpublishNotify"
    again = house.dial()
    assert await again.publish("a") == "NetStream.Publish.Start"
    assert await player.hear_status() == "NetStream.Play.PublishNotify"
    await again.say(metadata(), audio_header(), audio(3))
    heard = await player.hear_media(3)
    assert amf0.decode_all(heard[0].payload)[0] == "onMetaData"
    assert heard[1:] == [audio_header(), audio(3)]
    assert not house.told(PlayEnded)


async def test_a_late_player_begins_with_headers_and_the_last_keyframe(house: House) -> None:
    publisher = await house.publisher()
    await publisher.say(metadata(), audio_header(), inter(40), key(80), inter(120), audio(130))
    await wait_all_tasks_blocked()
    player = await house.player()
    heard = await player.hear_media(7)
    assert heard[0].payload == b"\x02\x00\x11|RtmpSampleAccess\x01\x01\x01\x01"
    assert amf0.decode_all(heard[1].payload)[0] == "onMetaData"
    assert heard[2:] == [header(80), audio_header(80), key(80), inter(120), audio(130)]


@pytest.mark.parametrize("size", [128, 4096, 60_000])
async def test_media_arrives_unchanged_at_every_chunk_size(
    open_house: OpenHouse, size: int
) -> None:
    house = await open_house(config=RtmpConfig(chunk_size=size))
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(3)
    sent = [inter(n, 10 + 997 * n, fill=n % 251) for n in range(1, 60)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(publisher.say, *sent)
        assert await player.hear_media(len(sent)) == sent
    assert SetChunkSize(size) in player.controls


# ------------------------------------------------------------------ timestamps


@pytest.mark.parametrize(
    ("mode", "second"),
    [
        (TimestampMode.KEEP, [5000, 5040]),
        (TimestampMode.REBASE, [0, 40]),
    ],
)
async def test_timestamps_of_a_publisher_are_corrected_once(
    open_house: OpenHouse, mode: TimestampMode, second: list[int]
) -> None:
    house = await open_house(settings=attrs.evolve(FAST, timestamps=mode))
    player = await house.player()
    publisher = house.dial()
    await publisher.publish("a")
    await publisher.say(header(), key(5000), inter(5040))
    assert times(await player.hear_media(4))[2:] == second


async def test_timestamps_continue_over_a_republish(open_house: OpenHouse) -> None:
    house = await open_house(settings=attrs.evolve(FAST, timestamps=TimestampMode.CONTINUE))
    player = await house.player()
    heard: list[int] = []
    for start in (5000, 100, 0):
        publisher = house.dial()
        await publisher.publish("a")
        await publisher.say(key(start), inter(start + 40))
        heard += times([m for m in await player.hear_media(2) if m.type_id == 9])
        publisher.close()
        await house.end_of(publisher)
    heard += times([m for m in await player.hear_media(1) if m.type_id == 9])
    assert heard == sorted(heard)
    assert heard[-1] - heard[0] < 1000


async def test_the_server_may_put_its_name_into_the_metadata(open_house: OpenHouse) -> None:
    house = await open_house(settings=attrs.evolve(FAST, metadata_server_name=True))
    player = await house.player()
    publisher = house.dial()
    await publisher.publish("a")
    await publisher.say(metadata({"width": 320.0}))
    _, said = await player.hear_media(2)
    values = amf0.decode_all(said.payload)
    assert values[0] == "onMetaData"
    assert values[1] == {"width": 320.0, "server": house.hub.broadcaster.server_name}


# -------------------------------------------------------------------- switches


async def playing(house: House) -> tuple[Peer, Peer]:
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(3)
    return publisher, player


async def test_a_paused_player_hears_nothing_until_it_goes_on(house: House) -> None:
    publisher, player = await playing(house)
    await player.say(command("pause", None, True, 0.0, stream_id=1))
    assert await player.hear_status() == "NetStream.Pause.Notify"
    await publisher.say(inter(40), key(80), inter(120))
    await wait_all_tasks_blocked()
    await player.say(command("pause", None, False, 0.0, stream_id=1))
    assert await player.hear_status() == "NetStream.Unpause.Notify"
    assert await player.hear_media(2) == [key(80), inter(120)]
    assert StreamEof(1) in player.controls
    assert player.controls[-1] == StreamBegin(1)


async def test_a_paused_player_that_wants_no_audio_stays_paused(house: House) -> None:
    publisher, player = await playing(house)
    await player.say(command("pause", None, True, 0.0, stream_id=1))
    await player.say(command("receiveAudio", None, False, stream_id=1))
    await player.hear_status()
    await publisher.say(inter(40))
    await wait_all_tasks_blocked()
    assert transport_of(player).unread == 0


async def test_what_is_switched_in_the_same_breath_as_play_counts(house: House) -> None:
    publisher = await house.publisher()
    player = house.dial()
    await player.connect()
    await player.create_stream()
    await player.say(
        command("play", None, "a", -2.0, stream_id=1),
        command("receiveVideo", None, False, stream_id=1),
    )
    await wait_all_tasks_blocked()
    await publisher.say(inter(40), audio(50), inter(80))
    heard = await player.hear_media(2)
    assert heard[-1] == audio(50)


async def test_pause_in_the_same_breath_as_play_counts(house: House) -> None:
    await house.publisher()
    player = house.dial()
    await player.connect()
    await player.create_stream()
    await player.say(
        command("play", None, "a", -2.0, stream_id=1),
        command("pause", None, True, 0.0, stream_id=1),
    )
    await player.hear_status()
    await player.hear_status()
    assert await player.hear_status() == "NetStream.Pause.Notify"
    await wait_all_tasks_blocked()
    assert transport_of(player).unread == 0


async def test_a_play_closed_in_the_same_breath_sends_no_media(house: House) -> None:
    await house.publisher()
    player = house.dial()
    await player.connect()
    await player.create_stream()
    await player.say(
        command("play", None, "a", -2.0, stream_id=1), command("closeStream", None, stream_id=1)
    )
    await wait_all_tasks_blocked()
    assert len(house.told(PlayBegan)) == len(house.told(PlayEnded)) == 1
    transport_of(player).shutdown_write()
    heard = await player.hear_end()
    assert [m for m in heard if m.type_id in (8, 9)] == []


async def test_receive_audio_and_video_are_obeyed(house: House) -> None:
    publisher, player = await playing(house)
    await player.say(command("receiveVideo", None, False, stream_id=1))
    await wait_all_tasks_blocked()
    await publisher.say(inter(40), audio(50))
    assert await player.hear_media() == [audio(50)]
    await player.say(command("receiveAudio", None, False, stream_id=1))
    await player.say(command("receiveVideo", None, True, stream_id=1))
    await wait_all_tasks_blocked()
    await publisher.say(audio(60), inter(80), key(120), audio(130), inter(160))
    heard = await player.hear_media(3)
    assert heard[-2:] == [key(120), inter(160)]
    assert {m.type_id for m in heard} == {9}


# ------------------------------------------------------------ duration, several


async def test_a_play_with_a_duration_ends_by_itself(house: House) -> None:
    publisher = await house.publisher()
    player = house.dial()
    await player.connect()
    await player.create_stream()
    await player.say(command("play", None, "a", -2000.0, 3000.0, stream_id=1))
    began = trio.current_time()
    while (answer := await hear_answer(player))[0] != "NetStream.Play.Stop":
        continue
    assert answer[1] == "a: played 3 s"
    assert trio.current_time() - began == 3
    [ended] = house.told(PlayEnded)
    assert (ended.reason, ended.detail) == (EndReason.STREAM_CLOSED, "duration")
    await publisher.say(inter(40))
    await wait_all_tasks_blocked()
    assert transport_of(player).unread == 0
    assert (await ask(player, "play", "a", stream_id=1))[0] == STARTED


async def test_one_connection_may_play_several_names(house: House) -> None:
    for name in "ab":
        await house.publisher(name)
    player = house.dial()
    await player.connect()
    for name in "ab":
        assert (await ask(player, "play", name))[0] == STARTED
    await wait_all_tasks_blocked()
    [entry] = [each for each in house.registry if each.plays]
    assert entry.plays == {1: "live/a", 2: "live/b"}
    await player.say(command("deleteStream", None, 1.0))
    await wait_all_tasks_blocked()
    assert entry.plays == {2: "live/b"}
    assert [e.stream for e in house.told(PlayEnded)] == ["live/a"]


async def test_a_second_play_on_one_message_stream_takes_the_place_of_the_first(
    house: House,
) -> None:
    await house.publisher("a")
    b = await house.publisher("b")
    player = await house.player("a")
    await player.hear_media(3)
    assert (await ask(player, "play", "b", stream_id=1))[0] == STARTED
    assert (await player.hear_media(3))[1:] == [header(), key(0)]
    await b.say(inter(40))
    assert await player.hear_media() == [inter(40)]
    told = [type(e) for e in house.events if isinstance(e, PlayBegan | PlayEnded)]
    assert told == [PlayBegan, PlayEnded, PlayBegan]
    [entry] = [each for each in house.registry if each.plays]
    assert entry.plays == {1: "live/b"}


async def test_one_connection_may_publish_and_play(house: House) -> None:
    peer = house.dial()
    await peer.connect()
    assert (await ask(peer, "publish", "a"))[0] == "NetStream.Publish.Start"
    assert (await ask(peer, "play", "a"))[0] == STARTED
    await peer.say(key(5, fill=3))
    assert (await peer.hear_media(2))[1].payload == key(5, fill=3).payload


async def test_an_end_says_how_many_bytes_were_played(house: House) -> None:
    _publisher, player = await playing(house)
    player.close()
    end = await house.end_of(player)
    [ended] = house.told(PlayEnded)
    assert len(header().payload) + len(key(0).payload) < ended.bytes < 400
    assert end.bytes_out > ended.bytes + 3073
    assert ended.skipped == 0


# -------------------------------------------------------------------- providers


@pytest.mark.parametrize("has_it", [True, False])
async def test_a_player_that_may_not_wait_is_answered_when_a_provider_is_done(
    open_house: OpenHouse, has_it: bool
) -> None:
    house = await open_house(settings=attrs.evolve(FAST, play_missing=MissingPolicy.REFUSE))

    async def pull() -> None:
        await trio.sleep(1.0)
        if has_it:
            origin = PublisherInfo(session="r1", peer="rtmp://origin/live/a", protocol="relay")
            async with house.hub.publishing("live/a", house.settings, origin) as publish:
                publish.append_all([header(), key(0)], trio.current_time())
                await trio.sleep_forever()

    house.hub.providers.add(Provider(name="edge", provide=lambda name, settings: pull))
    player = house.dial()
    await player.connect()
    code, _ = await ask(player, "play", "a")
    assert trio.current_time() == pytest.approx(1.0)
    if has_it:
        assert code == STARTED
        assert (await player.hear_media(3))[1:] == [header(), key(0)]
    else:
        assert code == NOT_FOUND
