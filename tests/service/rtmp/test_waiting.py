"""Waiting for a publish, and for what happens in it, by those who came before and after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.house import House, ask
from trio_srs.hub.waiting import Reached, Until, Waiting, WaitTimeoutError
from trio_srs.testing.bodies import audio, audio_header, header, inter, key

Asked = Callable[..., Awaitable[Reached]]


def waiting_in(house: House) -> Asked:
    waiting = Waiting(house.bus, house.reports, house.registry)

    async def asked(until: str, timeout_s: float = 10.0, **more: Any) -> Reached:
        return await waiting.until("live/a", Until.parse(until), timeout_s=timeout_s, **more)

    return asked


@pytest.mark.parametrize("until", ["published", "first_media", "first_keyframe", "frames:1"])
async def test_a_wait_ends_when_it_happens(house: House, until: str) -> None:
    wait, peer = waiting_in(house), house.dial()
    async with trio.open_nursery() as nursery:

        async def waits() -> None:
            reached = await wait(until)
            assert (reached.met, reached.publishing, reached.publishes) == (True, True, 1)

        nursery.start_soon(waits)
        await trio.sleep(3)
        await peer.publish("a")
        await peer.say(header(), key(0))


@pytest.mark.parametrize(
    "until", ["published", "first_media", "first_keyframe", "frames:1", "unpublished"]
)
async def test_what_came_and_went_before_the_question_counts(house: House, until: str) -> None:
    peer = await house.publisher()
    peer.hang_up()
    await house.end_of(peer)
    reached = await waiting_in(house)(until, 0.0)
    assert (reached.met, reached.publishing, reached.waited_s) == (True, False, 0.0)
    assert (reached.frames, reached.keyframes, reached.publishes) == (1, 1, 1)


@pytest.mark.parametrize(
    "until", ["published", "first_media", "first_keyframe", "frames:1", "unpublished"]
)
async def test_with_since_only_what_came_after_counts(house: House, until: str) -> None:
    wait = waiting_in(house)
    for expected in (1, 2):
        since = house.journal.last
        with pytest.raises(WaitTimeoutError):
            await wait(until, 1.0, since=since)
        peer = await house.publisher()
        peer.hang_up()
        await house.end_of(peer)
        assert (await wait(until, 0.0, since=since)).publishes == expected


async def test_frames_are_of_audio_where_there_is_no_video(house: House) -> None:
    wait, peer = waiting_in(house), house.dial()
    await peer.publish("a")
    await peer.say(audio_header(), *(audio(20 * n) for n in range(5)))
    assert (await wait("frames:5", 1.0)).frames == 5
    with pytest.raises(WaitTimeoutError, match="not 6 frames on live/a within 1 s"):
        await wait("frames:6", 1.0)
    await peer.say(header(), key(100), inter(140))
    await wait_all_tasks_blocked()
    assert (await wait("frames:2", 1.0)).frames == 2


async def test_a_wait_in_vain_says_what_did_happen(house: House) -> None:
    elsewhere = await house.publisher("cam2", host="10.0.0.2")
    refused = house.dial("10.0.0.3")
    await refused.connect()
    await ask(refused, "publish", "cam2")
    await house.dial("10.0.0.4").connect()
    house.dial("10.0.0.5")
    await wait_all_tasks_blocked()
    with pytest.raises(WaitTimeoutError) as caught:
        await waiting_in(house)("published", 0.5)
    assert str(caught.value) == (
        "no publisher on live/a within 0.5 s; 10.0.0.5 connected without a handshake; "
        "10.0.0.4 connected to live and asked for nothing; "
        "refused: live/cam2 by 10.0.0.3, stream_busy; "
        "published: live/cam2 by 10.0.0.2, 2 messages so far"
    )
    assert not caught.value.reached.met
    elsewhere.close()


async def test_where_nothing_happened_that_is_said(house: House) -> None:
    with pytest.raises(WaitTimeoutError, match="within 2 s; nothing happened"):
        await waiting_in(house)("published", 2.0)
