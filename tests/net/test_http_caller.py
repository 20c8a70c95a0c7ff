"""Calls over HTTP: connections are kept, shared and given up."""

from __future__ import annotations

import contextlib
import functools
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from trio_srs.errors import PeerError
from trio_srs.net.http_caller import AnswerLateError, HttpCaller, NoConnectionError
from trio_srs.wire.http_url import HttpUrl

YES = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"


@attrs.define(eq=False)
class Server:
    """Answers each request with the same; notes by which connection it came."""

    answer: bytes = YES
    closes: bool = False
    leaves: bool = False
    """Before it answers, once."""
    waits: trio.Event | None = None
    asked: list[int] = attrs.field(factory=list)
    connections: int = 0
    open: int = 0

    async def serve(self, stream: trio.SocketStream) -> None:
        number, self.connections, self.open = self.connections, self.connections + 1, self.open + 1
        heard = b""
        with contextlib.suppress(trio.BrokenResourceError):
            while some := await stream.receive_some():
                heard += some
                if heard.endswith(b"\r\n\r\n"):
                    heard = b""
                    self.asked.append(number)
                    if self.leaves:
                        self.leaves = False
                        break
                    if self.waits is not None:
                        await self.waits.wait()
                    await stream.send_all(self.answer)
                    if self.closes:
                        break
        self.open -= 1

    def go_on(self) -> None:
        """Answer."""
        assert self.waits is not None
        self.waits.set()


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[HttpUrl]:
    async with trio.open_nursery() as nursery:
        [listener] = await nursery.start(
            functools.partial(trio.serve_tcp, server.serve, 0, host="127.0.0.1")
        )
        yield HttpUrl("http", "127.0.0.1", listener.socket.getsockname()[1])
        nursery.cancel_scope.cancel()


@contextmanager
def caller(most: int = 4, keep_s: float = 60.0) -> Iterator[HttpCaller]:
    made = HttpCaller(most, keep_s, 1000, ssl.create_default_context)
    yield made
    made.close_idle()


async def ask(calling: HttpCaller, url: HttpUrl, connect_s: float = 5.0) -> bytes:
    return (await calling.call(url, {}, None, connect_s=connect_s)).body


async def test_a_connection_is_kept_for_the_next_call() -> None:
    server = Server()
    async with serving(server) as url:
        with caller() as calling:
            for _ in range(3):
                assert await ask(calling, url) == b"yes"
            calling.close_idle()
            await ask(calling, url)
    assert server.asked == [0, 0, 0, 1]


async def test_a_question_on_a_connection_that_was_closed_meanwhile_is_asked_again() -> None:
    """It was kept, and seemed open when it was asked; what may do harm is not said twice."""
    server = Server()
    async with serving(server) as url:
        with caller() as calling:
            await ask(calling, url)
            server.leaves = True
            assert await ask(calling, url) == b"yes"
            assert server.asked == [0, 0, 1]
            server.leaves = True
            with pytest.raises(PeerError):
                await calling.call(url, {}, b"", connect_s=5.0)
    assert server.asked == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("answer", "said"),
    [(b"", "/: no answer within 0.05 s"), (YES[:-1], ": 40 bytes of an answer and no end within")],
    ids=["none", "half"],
)
async def test_an_answer_that_takes_too_long_is_given_up(answer: bytes, said: str) -> None:
    server = Server(answer=answer)
    async with serving(server) as url:
        with caller() as calling, pytest.raises(AnswerLateError, match=said):
            await calling.call(url, {}, None, connect_s=5.0, answer_s=0.05)
        await wait_all_tasks_blocked()
        assert server.open == 0


async def test_calls_at_once_have_connections_of_their_own_as_far_as_there_are() -> None:
    server = Server()
    async with serving(server) as url:
        with caller(most=2) as calling:
            async with trio.open_nursery() as nursery:
                for _ in range(5):
                    nursery.start_soon(ask, calling, url)
    assert sorted(set(server.asked)) == [0, 1]


async def test_who_gets_no_connection_in_time_was_not_heard() -> None:
    server = Server(waits=trio.Event())
    async with serving(server) as url:
        with caller(most=1) as calling:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(ask, calling, url)
                await wait_all_tasks_blocked(0.05)
                with pytest.raises(NoConnectionError, match="no connection was free"):
                    await ask(calling, url, connect_s=0.01)
                server.go_on()
    assert server.asked == [0]


async def test_the_oldest_that_is_kept_makes_room_for_another_server() -> None:
    one, other = Server(), Server()
    async with serving(one) as url, serving(other) as another:
        with caller(most=1) as calling:
            await ask(calling, url)
            await ask(calling, another)
            with trio.fail_after(2):
                while one.open:  # noqa: ASYNC110 - it is at the other end
                    await trio.sleep(0.01)
            assert other.open == 1


@pytest.mark.parametrize("closes", [True, False])
async def test_what_the_server_has_closed_or_was_kept_too_long_is_not_used(closes: bool) -> None:
    server = Server(closes=closes)
    async with serving(server) as url:
        with caller(keep_s=60.0 if closes else 0.0) as calling:
            for _ in range(2):
                assert await ask(calling, url) == b"yes"
                await trio.sleep(0.02)
    assert server.asked == [0, 1]


async def test_a_connection_that_was_not_heard_out_is_not_kept() -> None:
    server = Server(waits=trio.Event())
    async with serving(server) as url:
        with caller() as calling:
            with trio.move_on_after(0.05):
                await ask(calling, url)
            server.go_on()
            await ask(calling, url)
            server.answer = YES + b"behind it"
            await ask(calling, url)
            server.answer = b"what?\r\n\r\n"
            with pytest.raises(PeerError, match="is not HTTP"):
                await ask(calling, url)
    assert server.asked == [0, 1, 1, 2]


async def test_where_nobody_is_nobody_has_heard() -> None:
    why = r"cannot connect to 127\.0\.0\.1:1"
    with caller() as calling, pytest.raises(NoConnectionError, match=why):
        await ask(calling, HttpUrl("http", "127.0.0.1", 1))
