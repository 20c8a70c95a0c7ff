"""Orders are carried out side by side, and every one is answered."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from trio_srs.errors import RefusedError
from trio_srs.testing.child.orders import Verbs, is_order, take_orders

pytestmark = pytest.mark.filterwarnings("error")


class NoSuchThingError(RefusedError):
    """There is none."""

    code = "no_such_thing_in_orders"


async def double(text: str) -> str:
    return text * 2


async def refuse() -> None:
    raise NoSuchThingError("there is no such thing")


async def fail() -> None:
    raise ValueError("a bug")


VERBS: Verbs = {"double": double, "refuse": refuse, "fail": fail}


class Giver:
    """Gives orders, and hears the answers."""

    def __init__(self, sock: socket.socket) -> None:
        self.stream = trio.SocketStream(trio.socket.from_stdlib_socket(sock))
        self._heard = b""

    async def give(self, number: int, verb: str, **words: object) -> None:
        """Give an order."""
        order = {"id": number, "do": verb, "with": words}
        await self.stream.send_all(json.dumps(order).encode() + b"\n")

    async def hear(self) -> dict[str, Any]:
        """The next answer."""
        while b"\n" not in self._heard:
            some = await self.stream.receive_some()
            assert some, "the other end is closed"
            self._heard += some
        line, _, self._heard = self._heard.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    yield near, far
    near.close()
    far.close()


@asynccontextmanager
async def taking(ends: tuple[socket.socket, socket.socket], verbs: Verbs) -> AsyncIterator[Giver]:
    """Orders to these verbs; they must end by themselves when nobody gives orders any more."""
    near, far = ends
    giver = Giver(near)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(take_orders, far, verbs, "hello")
        assert await giver.hear() == {"id": 0, "is": "hello"}
        yield giver
        await giver.stream.aclose()


async def test_an_order_is_answered(ends: tuple[socket.socket, socket.socket]) -> None:
    async with taking(ends, VERBS) as giver:
        await giver.give(1, "double", text="ab")
        assert await giver.hear() == {"id": 1, "is": "abab"}


async def test_a_refusal_is_answered_with_its_code(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    async with taking(ends, VERBS) as giver:
        await giver.give(1, "refuse")
        said = {"code": "no_such_thing_in_orders", "message": "there is no such thing"}
        assert await giver.hear() == {"id": 1, "no": said}


@pytest.mark.parametrize(
    ("verb", "message"), [("fail", "ValueError: a bug"), ("fly", "KeyError: 'fly'")]
)
async def test_a_bug_is_answered_and_logged_and_not_the_end(
    ends: tuple[socket.socket, socket.socket],
    verb: str,
    message: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with taking(ends, VERBS) as giver:
        await giver.give(1, verb)
        assert await giver.hear() == {
            "id": 1,
            "no": {"code": "internal_error", "message": message},
        }
        await giver.give(2, "double", text="x")
        assert await giver.hear() == {"id": 2, "is": "xx"}
    assert f"order {verb} failed" in caplog.text


async def test_a_slow_order_holds_up_no_other(ends: tuple[socket.socket, socket.socket]) -> None:
    go_on = trio.Event()

    async def slow() -> str:
        await go_on.wait()
        return "at last"

    async with taking(ends, {**VERBS, "slow": slow}) as giver:
        await giver.give(1, "slow")
        await giver.give(2, "double", text="x")
        assert await giver.hear() == {"id": 2, "is": "xx"}
        go_on.set()
        assert await giver.hear() == {"id": 1, "is": "at last"}


async def test_what_is_under_way_at_the_end_is_cancelled(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    cancelled = trio.Event()

    async def wait() -> None:
        try:
            await trio.sleep_forever()
        finally:
            cancelled.set()

    async with taking(ends, {"wait": wait}) as giver:
        await giver.give(1, "wait")
        await trio.testing.wait_all_tasks_blocked()
    assert cancelled.is_set()


async def test_an_order_knows_itself(ends: tuple[socket.socket, socket.socket]) -> None:
    async def look() -> bool:
        return is_order(trio.lowlevel.current_task())

    async with taking(ends, {"look": look}) as giver:
        await giver.give(1, "look")
        assert await giver.hear() == {"id": 1, "is": True}
    assert not is_order(trio.lowlevel.current_task())
