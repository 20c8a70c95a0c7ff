"""The sending side of a connection that speaks no protocol at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.hub.outlets import MemoryOutlet
from tests.hub.stage import FORM, Stage, heard
from trio_srs.errors import EndReason, PeerError
from trio_srs.hub.outgoing import Drain, Outgoing, PlayerStalledError
from trio_srs.testing.bodies import inter, key


class StalledError(PeerError):
    """As a transport would say it."""

    code = "test_stalled"
    end = EndReason.PEER_STALLED


class TornError(PeerError):
    """As a transport would say it."""

    code = "test_torn"
    end = EndReason.PEER_RST


@attrs.define(eq=False)
class MemoryDrain(MemoryOutlet):
    """Can be waited for, until a test lets it go on or fail."""

    failure: PeerError | None = None
    on_wake: Callable[[], None] = lambda: None
    moved: trio.Event = attrs.field(factory=trio.Event)

    def wake(self) -> None:
        self.on_wake()

    def owe(self, pieces: Sequence[memoryview]) -> None:
        super().owe(pieces)
        self.on_wake()

    def take(self, room: int) -> None:
        """Have so much more room."""
        self.room += room
        self.moved.set()
        self.moved = trio.Event()

    async def drained(self) -> None:
        """See :meth:`trio_srs.hub.outgoing.Drain.drained`."""
        while self.busy:
            if self.failure is not None:
                raise self.failure
            self.pay()
            if self.busy:
                await self.moved.wait()


class Connection:
    """One that sends, and how often it took a task to do so."""

    def __init__(self, nursery: trio.Nursery, drain: MemoryDrain) -> None:
        self.drain = drain
        self.starts = 0
        self.outgoing = Outgoing(drain, self.start)
        self._nursery = nursery
        drain.on_wake = self.outgoing.wake

    def start(self, task: Callable[[], Awaitable[Any]]) -> None:
        self.starts += 1
        self._nursery.start_soon(task)


async def test_a_reader_is_caught_up_and_then_there_is_no_task(autojump_clock: object) -> None:
    stage = Stage()
    stage.publish()
    stage.say(key(0), inter(40))
    stage.broadcast()
    async with trio.open_nursery() as nursery:
        connection = Connection(nursery, MemoryDrain(room=100))
        reader = stage.live.feed.attach(FORM, connection.drain)
        connection.outgoing.readers.append(reader)
        connection.outgoing.wake()
        connection.outgoing.wake()
        await wait_all_tasks_blocked()
        assert connection.starts == 1
        assert connection.drain.busy
        connection.drain.take(100_000)
    assert connection.drain.read()[-2:] == [key(0), inter(40)]
    assert heard(*connection.drain.messages)[-2:] == heard(key(0), inter(40))
    assert reader.fast_at >= 0
    assert not connection.drain.busy


@pytest.mark.parametrize(
    ("room", "body", "starts"),
    [(100_000, 40, 0), (100, 40, 1), (1_000_000, 300_000, 1)],
    ids=["all is taken", "some is owed", "there is much"],
)
async def test_a_newcomer_is_given_its_beginning_without_a_task_if_that_is_all(
    room: int, body: int, starts: int, autojump_clock: object
) -> None:
    stage = Stage()
    stage.publish()
    stage.say(key(0), *(inter(at, size=body) for at in range(40, 160, 40)))
    stage.broadcast()
    async with trio.open_nursery() as nursery:
        connection = Connection(nursery, MemoryDrain(room=room))
        reader = stage.live.feed.attach(FORM, connection.drain)
        connection.outgoing.readers.append(reader)
        connection.outgoing.send_now()
        assert connection.starts == starts
        assert connection.drain.taken  # before anything else had its turn
        await wait_all_tasks_blocked()
        connection.drain.take(1_000_000)
    assert connection.drain.read()[-1] == inter(120, size=body)
    assert reader.fast_at >= 0


async def test_who_waits_for_relief_goes_on_when_nothing_is_owed() -> None:
    async with trio.open_nursery() as nursery:
        connection = Connection(nursery, MemoryDrain(room=0))
        await connection.outgoing.relieved()  # at once
        connection.drain.owe([memoryview(b"answer")])
        connection.outgoing.wake()
        relieved = trio.Event()

        async def wait() -> None:
            await connection.outgoing.relieved()
            relieved.set()

        nursery.start_soon(wait)
        await wait_all_tasks_blocked()
        assert not relieved.is_set()
        connection.drain.take(6)
        await relieved.wait()
    assert connection.drain.taken == b"answer"


@pytest.mark.parametrize(
    ("plays", "failure", "raised"),
    [
        (True, StalledError("for 7 s"), PlayerStalledError),
        (False, StalledError("for 7 s"), StalledError),
        (True, TornError("reset"), TornError),
    ],
)
async def test_a_peer_that_stalls_is_a_stalled_player_if_it_plays(
    plays: bool, failure: PeerError, raised: type[PeerError]
) -> None:
    stage = Stage()
    with pytest.RaisesGroup(pytest.RaisesExc(raised, match=str(failure))):
        async with trio.open_nursery() as nursery:
            connection = Connection(nursery, MemoryDrain(room=0, failure=failure))
            if plays:
                reader = stage.live.feed.attach(FORM, connection.drain)
                connection.outgoing.readers.append(reader)
            connection.drain.owe([memoryview(b"answer")])
            connection.outgoing.wake()


if TYPE_CHECKING:

    def _is_a_drain(drain: MemoryDrain) -> Drain:
        return drain
