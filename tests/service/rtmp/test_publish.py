"""Publishing: who gets a name, who loses it, and when it is free again."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import House, ask, hear_answer, hear_goodbye
from tests.service.witness import transport_of
from trio_srs.errors import EndReason
from trio_srs.hub.bus import (
    Event,
    PlayBegan,
    PlayEnded,
    PublishBegan,
    PublishEnded,
    RequestRefused,
)
from trio_srs.hub.settings import BusyPolicy, StreamSettings
from trio_srs.testing.bodies import command, header, inter, key
from trio_srs.testing.peer import Peer
from trio_srs.units import NEVER, Seconds, Timeout

STARTED = "NetStream.Publish.Start"
BAD_NAME = "NetStream.Publish.BadName"
REPLACE = StreamSettings(publish_busy=BusyPolicy.REPLACE, send_interval=Seconds(0.0))
WAIT_5S = StreamSettings(
    publish_busy=BusyPolicy.WAIT, publish_busy_wait=Timeout(5.0), publish_idle_timeout=NEVER
)


async def connected(house: House) -> Peer:
    peer = house.dial()
    await peer.connect()
    return peer


# ------------------------------------------------------------- second publisher


async def test_a_second_publisher_is_told_who_holds_the_name(house: House) -> None:
    first = await house.publisher()
    second = await connected(house)
    code, sentence = await ask(second, "publish", "a")
    assert code == BAD_NAME
    assert sentence == f"live/a is already published by {transport_of(first).local}"
    assert house.told(RequestRefused)[0].code == "stream_busy"


async def test_the_first_publisher_does_not_notice_a_second_one(house: House) -> None:
    first, player = await house.publisher(), await house.player()
    second = await connected(house)
    await ask(second, "publish", "a")
    await second.say(key(7))  # which is nobody's
    await first.say(inter(40, fill=9))
    assert [m.timestamp_ms for m in await player.hear_media(3)][-1:] == [0]
    assert (await player.hear_media())[0] == inter(40, fill=9)


async def test_a_refused_publisher_may_ask_for_another_name(house: House) -> None:
    await house.publisher()
    second = await connected(house)
    assert (await ask(second, "publish", "a"))[0] == BAD_NAME
    assert (await ask(second, "publish", "b", stream_id=1))[0] == STARTED
    await trio.sleep(5)  # longer than a refused peer may linger
    assert not house.told(PublishEnded)


async def test_with_replace_the_first_is_told_and_ended(open_house: OpenHouse) -> None:
    house = await open_house(settings=REPLACE)
    first = await house.publisher()
    second = await house.publisher()
    by_whom = f"live/a was taken over by {transport_of(second).local}"
    assert await hear_goodbye(first) == [
        (BAD_NAME, by_whom),
        ("NetConnection.Connect.Closed", f"replaced: {by_whom}"),
    ]
    assert await house.reason_of(first) is EndReason.REPLACED


async def test_with_replace_the_end_is_told_before_the_new_beginning(
    open_house: OpenHouse,
) -> None:
    house = await open_house(settings=REPLACE)
    await house.publisher()
    await house.publisher()
    told = [type(e) for e in house.events if isinstance(e, PublishBegan | PublishEnded)]
    assert told == [PublishBegan, PublishEnded, PublishBegan]


async def test_with_replace_players_go_on_with_the_new_publisher(open_house: OpenHouse) -> None:
    house = await open_house(settings=REPLACE)
    await house.publisher()
    player = await house.player()
    assert await player.hear_media(3)
    second = await house.publisher()
    assert await player.hear_status() == "NetStream.Play.UnpublishNotify"
    assert await player.hear_status() == "NetStream.Play.PublishNotify"
    await second.say(key(40, fill=5))
    assert await player.hear_media(3) == [header(), key(0), key(40, fill=5)]


async def test_with_replace_what_the_first_still_sends_is_lost(open_house: OpenHouse) -> None:
    house = await open_house(settings=REPLACE)
    first = await house.publisher()
    transport_of(first).hold()
    await first.say(key(1, fill=1))
    player = await house.player()
    await house.publisher()
    transport_of(first).release()
    await wait_all_tasks_blocked()
    heard = await player.hear_media(4)
    assert key(1, fill=1) not in heard


async def test_with_wait_the_name_is_granted_when_it_is_free(open_house: OpenHouse) -> None:
    house = await open_house(settings=WAIT_5S)
    first = await house.publisher()
    second = await connected(house)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask_and_expect, second, STARTED)
        await trio.sleep(4.999)
        assert len(house.told(PublishBegan)) == 1
        first.close()
        freed_at = trio.current_time()
    assert trio.current_time() == freed_at
    assert len(house.told(PublishBegan)) == 2


async def ask_and_expect(peer: Peer, expected: str) -> None:
    assert (await ask(peer, "publish", "a"))[0] == expected


async def test_with_wait_the_second_is_refused_after_that_time(open_house: OpenHouse) -> None:
    house = await open_house(settings=WAIT_5S)
    first = await house.publisher()
    second = await connected(house)
    began = trio.current_time()
    code, sentence = await ask(second, "publish", "a")
    assert code == BAD_NAME
    assert transport_of(first).local in sentence
    assert sentence.endswith("also after 5 s")
    assert trio.current_time() - began == 5


async def test_one_who_waits_for_a_name_and_hangs_up_does_not_get_it(
    open_house: OpenHouse,
) -> None:
    house = await open_house(settings=WAIT_5S)
    first, second = await house.publisher(), await connected(house)
    await second.create_stream()
    await second.say(command("publish", None, "a", stream_id=1))
    await wait_all_tasks_blocked()
    second.hang_up()
    assert await house.reason_of(second) is EndReason.PEER_FIN
    first.close()
    await wait_all_tasks_blocked()
    assert len(house.hub) == 0
    assert len(house.told(PublishBegan)) == 1


async def test_what_is_sent_while_waiting_for_a_name_is_not_lost(open_house: OpenHouse) -> None:
    house = await open_house(settings=WAIT_5S)
    first, second = await house.publisher(), await connected(house)
    player = await house.player()
    await player.hear_media(3)
    await second.create_stream()
    messages = [key(n, 10_000, fill=n, stream_id=1) for n in range(20)]
    async with trio.open_nursery() as nursery:  # more than is held: the rest waits at the peer
        publish = command("publish", None, "a", stream_id=1)
        nursery.start_soon(second.say, publish, *messages)
        await wait_all_tasks_blocked()
        first.close()
        assert await player.hear_media(20) == messages


# -------------------------------------------------------------------- vanished


@pytest.mark.parametrize(
    ("vanish", "reason"),
    [(Peer.close, EndReason.PEER_FIN), (Peer.reset, EndReason.PEER_RST)],
    ids=["fin", "rst"],
)
async def test_a_vanished_publisher_frees_the_name_at_once(
    house: House, vanish: object, reason: EndReason
) -> None:
    publisher = await house.publisher()
    while transport_of(publisher).unread:
        await publisher.hear_bytes()
    assert callable(vanish)
    vanish(publisher)
    assert await house.reason_of(publisher) is reason
    assert await house.dial().publish("a") == STARTED


async def test_a_silent_publisher_frees_the_name_within_its_timeout(house: House) -> None:
    await house.publisher()
    await trio.sleep(10)
    await wait_all_tasks_blocked()
    assert await house.dial().publish("a") == STARTED


async def test_a_kick_frees_the_name_before_it_returns(house: House) -> None:
    publisher = await house.publisher()
    assert house.hub.kick("live/a", "for the test")
    live = house.hub.find("live/a")
    assert live is None or not live.publishing
    assert await house.dial().publish("a") == STARTED
    end = await house.end_of(publisher)
    assert (end.reason, end.detail) == (EndReason.KICKED, "for the test")


async def test_a_kick_by_session_frees_the_name_before_it_returns(house: House) -> None:
    publisher = await house.publisher()
    house.kick(publisher)
    live = house.hub.find("live/a")
    assert live is None or not live.publishing
    [ended] = house.told(PublishEnded)
    assert (ended.reason, ended.detail) == (EndReason.KICKED, "enough")
    assert [code for code, _ in await hear_goodbye(publisher)] == ["NetConnection.Connect.Closed"]


async def test_a_kick_in_the_moment_of_the_beginning_counts(house: House) -> None:
    def kick_all(_: object) -> None:
        for entry in house.registry:
            entry.end(EndReason.KICKED, "nobody may")

    with house.bus.listening(kick_all):
        peer = house.dial()
        assert await house.reason_of(peer) is EndReason.KICKED
    assert await peer.transport.receive_some() == b""  # type: ignore[attr-defined]  # a memory one


# ------------------------------------------------------------------- republish


@pytest.mark.parametrize(
    "closing",
    [
        [command("FCUnpublish", None, "a", transaction_id=7)],
        [command("deleteStream", None, 1.0)],
        [command("closeStream", None, stream_id=1)],
        [],
        [
            command("FCUnpublish", None, "a", transaction_id=7),
            command("deleteStream", None, 1.0, transaction_id=8),
        ],
    ],
    ids=["FCUnpublish", "deleteStream", "closeStream", "second publish", "as ffmpeg"],
)
async def test_a_connection_may_publish_again_after(house: House, closing: list[object]) -> None:
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(3)
    again = command("publish", None, "a", stream_id=1)
    await publisher.say(*closing, again, header(), key(500, fill=3))  # type: ignore[arg-type]  # messages
    while (await hear_answer(publisher))[0] != STARTED:
        continue
    assert await player.hear_status() == "NetStream.Play.UnpublishNotify"
    assert await player.hear_status() == "NetStream.Play.PublishNotify"
    assert await player.hear_media(2) == [header(), key(500, fill=3)]
    told = [type(e) for e in house.events if isinstance(e, PublishBegan | PublishEnded)]
    assert told == [PublishBegan, PublishEnded, PublishBegan]
    assert house.told(PublishEnded)[0].reason is EndReason.STREAM_CLOSED
    [entry] = [e for e in house.registry if e.publishes]
    assert entry.publishes == {1: "live/a"}
    assert (await ask(await connected(house), "publish", "a"))[0] == BAD_NAME


async def test_one_connection_may_publish_several_names(house: House) -> None:
    publisher = await connected(house)
    for name in "abc":
        assert (await ask(publisher, "publish", name))[0] == STARTED
    await publisher.say(*(key(0, fill=n, stream_id=n) for n in (1, 2, 3)))
    for n, name in enumerate("abc", 1):
        player = await house.player(name)
        assert (await player.hear_media(2))[-1].payload == key(0, fill=n).payload
    await publisher.say(command("deleteStream", None, 2.0))
    await wait_all_tasks_blocked()
    assert [each.name for each in house.hub if each.publishing] == ["live/a", "live/c"]


async def test_an_end_says_how_much_was_published(house: House) -> None:
    publisher, _player = await house.publisher(), await house.player()
    await publisher.say(inter(40, 1000))
    await wait_all_tasks_blocked()
    publisher.close()
    await house.end_of(publisher)
    [ended] = house.told(PublishEnded)
    assert ended.messages == 3
    assert ended.bytes == 1000 + len(header().payload) + len(key(0).payload)


async def test_merged_reading_rests_between_two_reads(open_house: OpenHouse) -> None:
    house = await open_house(
        settings=StreamSettings(merge_read=Seconds(0.5), send_interval=Seconds(0.0))
    )
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(3)
    began = trio.current_time()
    for n in range(1, 4):
        await publisher.say(inter(n))
        await trio.sleep(0.1)
    assert await player.hear_media(3) == [inter(1), inter(2), inter(3)]
    assert trio.current_time() - began <= 0.5
    await publisher.say(command("closeStream", None, stream_id=1))
    await trio.sleep(0.5)
    began = trio.current_time()  # nothing is published any more: answers come at once
    for _ in range(3):
        await publisher.call("getStreamLength", None, "a")
    assert trio.current_time() - began <= 0.5


@pytest.mark.parametrize("what", ["publish", "play"])
async def test_who_hears_that_it_begins_may_end_the_session(house: House, what: str) -> None:
    peer = await connected(house)
    began, ended = (PublishBegan, PublishEnded) if what == "publish" else (PlayBegan, PlayEnded)

    def kick(event: Event) -> None:
        if isinstance(event, began):
            house.kick(peer)
            [end] = house.told(ended, reason=EndReason.KICKED)  # at once
            assert end.session == event.session

    with house.bus.listening(kick):
        await ask(peer, what, "a")
        assert await house.reason_of(peer) is EndReason.KICKED
    assert (len(house.hub), len(house.registry)) == (0, 0)
