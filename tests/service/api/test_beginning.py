"""Requests begin one after the other, however many come at once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import trio

from tests.service.api.calls import Call
from tests.service.api.site import context_of
from tests.service.rtmp.house import House
from trio_srs.service.api.beginning import in_turns


class Passes(trio.abc.Instrument):
    """Counts the passes of the scheduler."""

    count = 0

    def before_io_wait(self, timeout: float) -> None:
        self.count += 1


async def test_however_many_ask_at_once_a_pass_begins_few_answers(house: House) -> None:
    passes, began = Passes(), list[int]()

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        began.append(passes.count)

    front = in_turns(app, context_of(house))
    trio.lowlevel.add_instrument(passes)
    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(Call(front, "/").run)
    trio.lowlevel.remove_instrument(passes)
    assert len(began) == 50
    assert max(Counter(began).values()) <= 3
