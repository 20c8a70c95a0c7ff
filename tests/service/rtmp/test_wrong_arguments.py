"""Commands and data with values of the wrong type: a conversation that goes on."""

from __future__ import annotations

import pytest
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.house import House, ask, hear_answer
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PlayEnded, PublishEnded, SessionEnded
from trio_srs.testing.bodies import command, data, inter, key
from trio_srs.wire.amf.values import Value

WRONG: list[Value] = [None, True, 7.0, "x", {}, {"width": "wide", "framerate": None}, [1.0]]


async def test_publish_false_ends_the_publish_and_the_connection_goes_on(house: House) -> None:
    publisher = await house.publisher()
    await publisher.say(command("publish", None, False, stream_id=1))
    assert (await hear_answer(publisher))[0] == "NetStream.Unpublish.Success"
    await wait_all_tasks_blocked()
    [end] = house.told(PublishEnded)
    assert (end.reason, end.detail) == (EndReason.STREAM_CLOSED, "publish")
    assert house.hub.find("live/a") is None
    assert (await ask(publisher, "publish", "b", stream_id=1))[0] == "NetStream.Publish.Start"
    assert not house.told(SessionEnded)


async def test_play_false_ends_the_play_and_the_stream_stays(house: House) -> None:
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(2)
    await player.say(command("play", None, False, stream_id=1))
    assert (await hear_answer(player))[0] == "NetStream.Play.Stop"
    await publisher.say(inter(40))
    await wait_all_tasks_blocked()
    assert len(house.told(PlayEnded)) == 1
    assert not house.told(PublishEnded)
    assert (await ask(player, "play", "a", stream_id=1))[0] == "NetStream.Play.Start"
    assert not house.told(SessionEnded)


async def test_a_publish_without_a_name_is_refused_and_may_be_repeated_with_one(
    house: House,
) -> None:
    peer = house.dial()
    await peer.connect()
    await peer.say(command("publish", None, stream_id=1))
    code, sentence = await hear_answer(peer)
    assert code == "NetStream.Publish.BadName"
    assert sentence.endswith("publish: the stream name is missing, expected a string")
    assert (await ask(peer, "publish", "a", stream_id=1))[0] == "NetStream.Publish.Start"


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.parametrize("name", ["@setDataFrame", "onMetaData", "@clearDataFrame", "onTextData"])
async def test_data_of_a_wrong_type_ends_nothing(house: House, name: str, value: Value) -> None:
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(2)
    await publisher.say(data(name, value), data(name, "onMetaData", value), data(name), key(40))
    while (await player.hear()).timestamp_ms != 40:
        continue
    assert not house.told(SessionEnded)


@pytest.mark.parametrize("value", WRONG, ids=repr)
async def test_data_that_begins_like_none_ends_nothing(house: House, value: Value) -> None:
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(2)
    await publisher.say(data(value), data(value, value), key(40))
    while (await player.hear()).timestamp_ms != 40:
        continue
    assert not house.told(SessionEnded)
