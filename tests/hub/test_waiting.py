"""Waiting: what can be waited for, what counts, and that nobody is forgotten or remembered."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.hub.scene import Scene
from trio_srs.hub.bus import PlayBegan
from trio_srs.hub.history import HistoryConfig
from trio_srs.hub.registry import Registry
from trio_srs.hub.waiting import (
    Reached,
    Until,
    UntilError,
    UntilKind,
    Waiting,
    WaitTimeoutError,
)
from trio_srs.testing.bodies import header, inter, key

WORDS = ("published", "first_media", "first_keyframe", "frames:3", "unpublished")


class Room:
    """A stream on a stage, and who waits for it."""

    def __init__(self, history: HistoryConfig | None = None) -> None:
        self.scene = Scene(history)
        self.waiting = Waiting(
            self.scene.bus, self.scene.reports, Registry(),
            journal=self.scene.journal, unix_time=lambda: 0.0,
        )  # fmt: skip

    async def wait(self, until: str, timeout_s: float = 1.0, since: int | None = None) -> Reached:
        return await self.waiting.until("cam", Until.parse(until), timeout_s=timeout_s, since=since)

    def publish_whole(self, session: str = "c1") -> None:
        """Come, say three frames, and go, all at once."""
        publish_record = self.scene.come(session=session)
        self.scene.say(header(), key(0), inter(40), inter(80))
        self.scene.go(publish_record)


@pytest.mark.parametrize("text", WORDS)
def test_what_can_be_waited_for_is_written_as_it_is_read(text: str) -> None:
    assert str(Until.parse(text)) == text


def test_frames_have_a_number() -> None:
    assert Until.parse("frames:100") == Until(UntilKind.FRAMES, 100)


@pytest.mark.parametrize(
    "text", ["", "x", "frames", "frames:", "frames:0", "frames:-1", "frames:x", "published:1"]
)
def test_what_cannot_be_waited_for_is_told_with_what_can(text: str) -> None:
    with pytest.raises(UntilError, match=r"published.*first_media.*frames:100.*unpublished") as it:
        Until.parse(text)
    assert repr(text) in str(it.value)


@pytest.mark.parametrize("until", WORDS)
async def test_a_publish_that_comes_and_goes_in_one_moment_is_not_missed(
    autojump_clock: MockClock, until: str
) -> None:
    room = Room()
    with room.scene.listening():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(room.wait, until)
            await wait_all_tasks_blocked()
            room.publish_whole()
        assert (await room.wait(until, 0.0)).met


@pytest.mark.parametrize("until", WORDS)
async def test_nobody_is_woken_for_another_stream(autojump_clock: MockClock, until: str) -> None:
    room = Room()
    room.scene.live.name = "other"
    with room.scene.listening():
        room.publish_whole()
        async with trio.open_nursery() as nursery:

            async def wait() -> None:
                with pytest.raises(WaitTimeoutError):
                    await room.wait(until)

            nursery.start_soon(wait)
            await wait_all_tasks_blocked()
            room.publish_whole()


async def test_without_since_the_newest_publish_is_asked(autojump_clock: MockClock) -> None:
    room = Room()
    with room.scene.listening():
        room.publish_whole()
        assert (await room.wait("unpublished", 0.0)).met
        second = room.scene.come()
        for until in WORDS[1:]:
            with pytest.raises(WaitTimeoutError):
                await room.wait(until, 0.5)
        room.scene.say(key(0))
        assert (await room.wait("first_keyframe", 0.0)).frames == 1
        room.scene.go(second)
        assert (await room.wait("unpublished", 0.0)).publishes == 2


async def test_with_since_0_whatever_is_kept_counts(autojump_clock: MockClock) -> None:
    room = Room()
    with room.scene.listening():
        room.publish_whole()
        room.scene.come()
        for until in WORDS:
            reached = await room.wait(until, 0.0, since=0)
            assert (reached.met, reached.publishing, reached.frames) == (True, True, 0)


async def test_since_counts_from_the_very_event(autojump_clock: MockClock) -> None:
    room = Room()
    with room.scene.listening():
        publish_record = room.scene.come()  # event 1
        room.scene.say(key(0))  # 2 and 3: the first media, and a keyframe
        room.scene.say(inter(40), inter(80))
        room.scene.go(publish_record)  # 4
        for number, until in ((1, "published"), (2, "first_media"), (3, "first_keyframe"),
                              (4, "unpublished"), (1, "frames:3")):  # fmt: skip
            assert (await room.wait(until, 0.0, since=number - 1)).met
            with pytest.raises(WaitTimeoutError):
                await room.wait(until, 0.0, since=number)


async def test_frames_since_are_those_of_a_publish_that_began_after(
    autojump_clock: MockClock,
) -> None:
    room = Room()
    with room.scene.listening():
        first = room.scene.come()
        since = room.scene.journal.last
        async with trio.open_nursery() as nursery:
            nursery.start_soon(room.wait, "frames:3", 5.0, since)
            await wait_all_tasks_blocked()
            room.scene.say(key(0), *(inter(40) for _ in range(9)))
            await trio.sleep(1)
            assert len(nursery.child_tasks) == 1
            room.scene.go(first)
            room.scene.come()
            room.scene.say(key(0), inter(40))
            await trio.sleep(1)
            assert len(nursery.child_tasks) == 1
            room.scene.say(inter(80))
            await wait_all_tasks_blocked()
            assert len(nursery.child_tasks) == 0


async def test_an_end_is_not_missed_where_no_reports_are_kept(autojump_clock: MockClock) -> None:
    room = Room(HistoryConfig(reports=0))
    with room.scene.listening():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(room.wait, "unpublished")
            await wait_all_tasks_blocked()
            room.publish_whole()


async def test_who_gives_up_leaves_nothing_behind(autojump_clock: MockClock) -> None:
    room = Room()
    room.scene.come()
    room.scene.say(key(0))
    with pytest.raises(WaitTimeoutError, match=r"not 9 frames on cam within 1\.5 s"):
        await room.wait("frames:9", 1.5)
    room.scene.say(inter(40))
    assert room.scene.live.on_record is None
    assert room.scene.bus._listeners == []


async def test_a_play_is_of_the_name_be_it_published_or_not(autojump_clock: MockClock) -> None:
    room, met = Room(), []

    async def wait() -> None:
        met.append((await room.wait("played")).publishes)

    with room.scene.listening():
        room.publish_whole()
        since = room.scene.journal.last
        with pytest.raises(WaitTimeoutError):
            await room.wait("played", 0.0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await wait_all_tasks_blocked()
            room.scene.bus.tell(PlayBegan(session="c2", peer="", stream="other"))
            await trio.sleep(0.5)
            assert not met
            room.scene.bus.tell(PlayBegan(session="c2", peer="", stream="cam"))
        assert met == [1]
        for number in (None, 0, since, since + 1):
            assert (await room.wait("played", 0.0, number)).met
        with pytest.raises(WaitTimeoutError, match="nobody plays cam within 0 s"):
            await room.wait("played", 0.0, since + 2)


TEXTS = {
    "published": "no publisher on cam within 1 s; nothing happened",
    "first_media": "no media on cam within 1 s; nothing happened",
    "first_keyframe": "no keyframe on cam within 1 s; nothing happened",
    "frames:3": "not 3 frames on cam within 1 s; nothing happened",
    "unpublished": "no end of cam within 1 s; nothing happened",
}


@pytest.mark.parametrize(("until", "text"), TEXTS.items())
async def test_a_wait_in_vain_says_what_was_waited_for(
    autojump_clock: MockClock, until: str, text: str
) -> None:
    with pytest.raises(WaitTimeoutError) as caught:
        await Room().wait(until)
    assert str(caught.value) == text
    reached = caught.value.reached
    assert (reached.stream, str(reached.until), reached.met) == ("cam", until, False)
    assert reached.waited_s == pytest.approx(1.0)
