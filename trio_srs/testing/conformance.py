"""Does a transport keep the promises of ``Transport``? Ask for your own. Floor 7."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import trio
from trio.testing import wait_all_tasks_blocked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trio_srs.net.transport import Transport

__all__ = ["check_transport"]

_Pair: TypeAlias = "tuple[Transport, Transport]"
_Check: TypeAlias = "Callable[[Transport, Transport], Awaitable[None]]"

_PATTERN: Final = bytes(range(251))  # a prime length: bytes out of place show


async def check_transport(
    make_pair: Callable[[], Awaitable[_Pair]],
    *,
    has_reset: bool = True,
) -> None:
    """Try every promise of :class:`~trio_srs.net.transport.Transport`, in both directions.

    Args:
        make_pair: connects two transports, ready to use, with a bounded amount of room between
            them. Called many times; what it returns is closed here.
        has_reset: whether a peer can tell a reset from an orderly end (Unix-domain sockets
            cannot).

    Raises:
        AssertionError: a promise is not kept; the text says which.
    """
    checks = [*_CHECKS, _check_reset] if has_reset else [*_CHECKS]
    for check in checks:
        for swapped in (False, True):
            one, other = await make_pair()
            try:
                await check(*((other, one) if swapped else (one, other)))
            finally:
                one.close()
                other.close()


async def _send(to: Transport, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[to.offer(rest) :]
        except BlockingIOError:
            await to.writable()
    await to.writable()
    assert to.backlog == 0, "writable() returned, and a backlog is left"


async def _receive(source: Transport, count: int, *, piece: int = 65_536) -> bytes:
    """Up to ``count`` bytes, fewer only at the end of the stream."""
    whole, buffer = bytearray(), memoryview(bytearray(piece))
    while len(whole) < count:
        try:
            got = source.receive_into(buffer[: count - len(whole)])
        except BlockingIOError:
            await source.readable()
            continue
        if not got:
            break
        whole += buffer[:got]
    return bytes(whole)


async def _receive_pushing(source: Transport, sender: Transport, count: int) -> bytes:
    """Receive while the sender's backlog is pushed out, as its writer would."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sender.writable)
        return await _receive(source, count)


def _fill(to: Transport) -> bytes:
    """Offer until there is no room; return what was taken."""
    taken = bytearray()
    offer = _PATTERN * 200
    while True:
        try:
            count = to.offer(offer)
        except BlockingIOError:
            return bytes(taken)
        assert 1 <= count <= len(offer), f"offer() said it took {count} of {len(offer)} bytes"
        taken += offer[:count]


@contextmanager
def _broken(what: str) -> Iterator[None]:
    try:
        yield
    except BlockingIOError:
        raise AssertionError(f"{what} raised BlockingIOError, not a broken connection") from None
    except OSError:
        return
    raise AssertionError(f"{what} raised nothing")


async def _check_names(one: Transport, other: Transport) -> None:
    assert one.local == other.peer, f"the ends disagree: {one.local} and {other.peer}"
    assert one.peer == other.local, f"the ends disagree: {one.peer} and {other.local}"


async def _check_bytes_pass(one: Transport, other: Transport) -> None:
    try:
        count = other.receive_into(memoryview(bytearray(10)))
    except BlockingIOError:
        pass
    else:
        raise AssertionError(f"receive_into() returned {count} before anything was sent")
    await _send(one, b"hello, ")
    await _send(one, b"world")
    assert await _receive(other, 12, piece=5) == b"hello, world"
    await _send(other, memoryview(b"and back").tobytes())
    assert await _receive(one, 8) == b"and back"


async def _check_pieces_pass(one: Transport, other: Transport) -> None:
    pieces: list[bytes | memoryview] = [b"head", memoryview(_PATTERN), _PATTERN * 3, b"e"]
    whole = b"".join(pieces)
    taken = one.offer_all(pieces)
    assert 1 <= taken <= len(whole), f"offer_all() said it took {taken} of {len(whole)} bytes"
    await _send(one, whole[taken:])
    got = await _receive_pushing(other, one, len(whole))
    assert got == whole, "what was offered in pieces did not arrive as it was offered"


async def _check_large_amounts_pass(one: Transport, other: Transport) -> None:
    data = _PATTERN * 8_000  # 2 MB: more than any socket holds
    got = {}

    async def send(to: Transport) -> None:
        await _send(to, data)
        to.shutdown_write()

    async def receive(source: Transport, piece: int) -> None:
        got[piece] = await _receive(source, len(data) + 1, piece=piece)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(send, one)
        nursery.start_soon(receive, one, 65_536)
        nursery.start_soon(send, other)
        nursery.start_soon(receive, other, 1_460)
    for received in got.values():
        if received != data:  # an assert would be explained by pytest, for a minute: it is 2 MB
            raise AssertionError("bytes were lost, doubled or mixed up")


async def _check_no_room(one: Transport, other: Transport) -> None:
    taken = _fill(one)
    assert taken, "there was no room at all"
    went_on = trio.Event()

    async def wait() -> None:
        await one.writable()
        went_on.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await wait_all_tasks_blocked()
        too_early = went_on.is_set()
        got = await _receive(other, len(taken))
    assert not too_early, "writable() returned, and there is no room"
    assert got == taken
    await _send(one, b"more")
    assert await _receive(other, 4) == b"more"


async def _check_backlog_is_told(one: Transport, other: Transport) -> None:
    told: list[int] = []
    one.on_backlog = lambda: told.append(one.backlog)
    _fill(one)
    assert bool(told) == bool(one.backlog), "on_backlog is called exactly when there is a backlog"
    assert all(told), "on_backlog was called with no backlog"
    one.on_backlog = None


async def _check_waits_can_be_cancelled(one: Transport, other: Transport) -> None:
    taken = _fill(one)
    for wait in (one.readable, one.writable):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
    assert await _receive_pushing(other, one, len(taken)) == taken
    await _send(other, b"still")
    assert await _receive(one, 5) == b"still"


async def _check_shutdown_write(one: Transport, other: Transport) -> None:
    taken = _fill(one)
    await _send(other, b"before")
    one.shutdown_write()
    one.shutdown_write()
    with _broken("offer() after shutdown_write()"):
        one.offer(b"too late")
    got = await _receive_pushing(other, one, len(taken) + 1)
    assert got == taken, "not all came before the end"
    buffer = memoryview(bytearray(10))
    assert other.receive_into(buffer) == 0, "the end of the stream stays the end"
    await other.readable()
    await _send(other, b" and after")
    assert await _receive(one, 16) == b"before and after", "reading goes on after shutdown_write()"
    other.shutdown_write()
    assert await _receive(one, 1) == b""


async def _check_close(one: Transport, other: Transport) -> None:
    _fill(one)
    deaf: list[str] = []

    async def expect_closed(what: str, wait: Callable[[], Awaitable[None]]) -> None:
        try:
            await wait()
        except trio.ClosedResourceError:
            return
        deaf.append(what)

    async def read() -> None:
        await _receive(one, 1)  # not just readable(), which may wake for nothing

    async with trio.open_nursery() as nursery:
        nursery.start_soon(expect_closed, "readable(), waiting as close() came,", read)
        nursery.start_soon(expect_closed, "writable(), waiting as close() came,", one.writable)
        await wait_all_tasks_blocked()
        one.close()
    one.close()
    one.reset()
    one.shutdown_write()
    await expect_closed("readable() after close()", one.readable)
    await expect_closed("writable() after close()", one.writable)
    assert not deaf, f"{deaf[0]} did not raise ClosedResourceError"
    with _broken("receive_into() after close()"):
        one.receive_into(memoryview(bytearray(10)))
    with _broken("offer() after close()"):
        one.offer(b"too late")


async def _check_peer_closed(one: Transport, other: Transport) -> None:
    await _send(other, b"hello")
    assert await _receive(one, 5) == b"hello"  # all is read: closing must not reset
    await _send(one, b"farewell")
    one.close()
    assert await _receive(other, 100) == b"farewell", "what was sent before close() is lost"
    with _broken("offer() to a peer that is gone"):
        while True:
            try:
                other.offer(_PATTERN)
            except BlockingIOError:
                await other.writable()
            await trio.lowlevel.checkpoint()
    other.shutdown_write()


async def _check_reset(one: Transport, other: Transport) -> None:
    one.reset()
    one.reset()
    one.close()
    with _broken("receive_into() after the peer's reset()"):
        assert await _receive(other, 1) != b"", "a reset looks like an orderly end"
    other.shutdown_write()


_CHECKS: Final[tuple[_Check, ...]] = (
    _check_names,
    _check_bytes_pass,
    _check_large_amounts_pass,
    _check_pieces_pass,
    _check_no_room,
    _check_backlog_is_told,
    _check_waits_can_be_cancelled,
    _check_shutdown_write,
    _check_close,
    _check_peer_closed,
)
