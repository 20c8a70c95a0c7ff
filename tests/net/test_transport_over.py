"""Transports on the way to another one."""

from __future__ import annotations

import trio

from tests.net.files import OpenBytes
from trio_srs.net.transport_over import TransportOver
from trio_srs.session.file_slice import FileSlice
from trio_srs.testing.memory import memory_transport_pair


class Shouting(TransportOver):
    """Says all of it louder."""

    def offer(self, data: bytes | memoryview, /) -> int:
        return super().offer(bytes(data).upper())


async def test_all_that_is_sent_goes_through_one_place() -> None:
    ours, theirs = memory_transport_pair()
    loud = Shouting(ours)
    assert [loud.offer(b"a"), loud.offer_all([b"b", memoryview(b"c")])] == [1, 2]
    with OpenBytes(b"of a file") as file:
        assert loud.offer_file(FileSlice(file, 3, 9)) == 6
    assert await theirs.receive_some() == b"ABCA FILE"


async def test_it_is_at_the_ends_of_the_one_below_and_tells_of_what_that_holds_back() -> None:
    ours, _ = memory_transport_pair()
    over, told = TransportOver(ours), trio.Event()
    over.on_backlog = told.set
    assert (over.peer, over.local, over.backlog) == (ours.peer, ours.local, ours.backlog)
    assert over.on_backlog == ours.on_backlog == told.set
    assert repr(over) == f"<TransportOver on {ours!r}>"
