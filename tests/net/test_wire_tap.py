"""A tap passes everything on, and tells what went through."""

from __future__ import annotations

import attrs
import pytest
import trio

from trio_srs.net.wire_tap import Tap
from trio_srs.testing.memory import MemoryTransport, memory_transport_pair
from trio_srs.wire.session_capture import CaptureKind

Noted = list[tuple[CaptureKind, bytes]]


@attrs.frozen
class Tapped:
    """A tapped end, its other end, and what was told."""

    tap: Tap
    peer: MemoryTransport
    noted: Noted


@pytest.fixture
def tapped() -> Tapped:
    ours, theirs = memory_transport_pair(capacity=10)
    noted: Noted = []
    return Tapped(Tap(ours, lambda kind, data: noted.append((kind, data))), theirs, noted)


async def test_what_comes_and_goes_is_told_as_far_as_it_went(tapped: Tapped) -> None:
    tap, buffer = tapped.tap, memoryview(bytearray(64))
    await tapped.peer.send_all(b"hello")
    await tap.readable()
    assert tap.receive_into(buffer) == 5
    shared = b"said"
    assert tap.offer(shared) == 4
    assert tap.offer(memoryview(b"and so on")) == 6
    with pytest.raises(BlockingIOError):
        tap.offer(b"more")
    with pytest.raises(BlockingIOError):
        tap.receive_into(buffer)
    assert await tapped.peer.receive_some() == b"saidand so"
    await tap.writable()
    assert tap.offer_all([b"a", memoryview(b"b")]) == 2
    assert tapped.noted == [
        (CaptureKind.RECEIVED, b"hello"),
        (CaptureKind.SENT, b"said"),
        (CaptureKind.SENT, b"and so"),
        (CaptureKind.SENT, b"ab"),
    ]
    assert tapped.noted[1][1] is shared


async def test_ends_are_told_once(tapped: Tapped) -> None:
    tap, buffer = tapped.tap, memoryview(bytearray(64))
    tapped.peer.shutdown_write()
    assert tap.receive_into(buffer) == tap.receive_into(buffer) == 0
    tap.shutdown_write()
    tap.shutdown_write()
    tap.close()
    tap.reset()
    kinds = [CaptureKind.PEER_ENDED, CaptureKind.WE_ENDED, CaptureKind.CLOSED]
    assert [kind for kind, _ in tapped.noted] == kinds
    assert await tapped.peer.receive_some() == b""


async def test_that_it_broke_is_told_in_the_words_of_the_system(tapped: Tapped) -> None:
    tapped.peer.reset()
    with pytest.raises(ConnectionResetError):
        tapped.tap.receive_into(memoryview(bytearray(64)))
    with pytest.raises(ConnectionResetError):
        tapped.tap.offer(b"said")
    assert tapped.noted == [(CaptureKind.BROKEN, b"the peer reset the connection")]
    tapped.tap.reset()
    assert tapped.noted[-1] == (CaptureKind.RESET, b"")
    with pytest.raises(trio.ClosedResourceError):
        await tapped.tap.readable()


async def test_it_is_what_is_below_in_all_else(tapped: Tapped) -> None:
    tap = tapped.tap
    assert (tap.peer, tap.local) == ("127.0.0.1:50000", "127.0.0.1:1935")
    assert (tap.fileno, tap.backlog) == (None, 0)
    assert "127.0.0.1:50000" in repr(tap)

    def told() -> None:
        """Nothing: it is only handed on."""

    tap.on_backlog = told
    assert tap.on_backlog is told
