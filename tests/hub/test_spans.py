"""What a reader that is behind is sent at a time: a little, and as its connection takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.hub.outlets import EVERYTHING, serve
from tests.hub.stage import Player, Stage, heard
from trio_srs.hub.forms import Form, Span
from trio_srs.hub.record import Record
from trio_srs.testing.bodies import data, header, inter, key
from trio_srs.wire.amf import amf0
from trio_srs.wire.rtmp.message import Message


def on_stage(*messages: Message, **settings: Any) -> Stage:
    stage = Stage(**settings)
    stage.publish()
    stage.say(*messages)
    return stage


def slow_player(stage: Stage) -> Player:
    """Has everything so far, and then takes nothing more."""
    player = stage.play()
    stage.run()
    player.heard()
    player.outlet.room = 0
    return player


async def test_headers_are_sent_a_little_at_a_time_as_well() -> None:
    about = [data("@setDataFrame", f"name {number}", "x" * 5000) for number in range(20)]
    stage = on_stage(*about, header(), key(0))
    player = stage.play(most=0)
    sizes = []
    player.outlet.most = EVERYTHING
    while (span := player.reader.next_span(12_000)) is not None:
        sizes.append(len(span.records))
        player.reader.took(span, player.outlet.offer(span.blob))
    assert sizes == [3, 3, 3, 3, 3, 3, 4]
    said = [amf0.encode(f"name {number}", "x" * 5000) for number in range(20)]
    assert player.heard() == [*((0, body) for body in said), *heard(header(), key(0))]


@pytest.mark.parametrize("room", [1000, 17_000, 100_000])
async def test_what_is_joined_is_little_more_than_what_is_taken(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow connection takes a little at a time; joining 256 KiB anew for each was its work."""
    joined = 0

    class CountingSpan(Span):
        __slots__ = ()

        def __init__(self, records: Sequence[Record], form: Form) -> None:
            nonlocal joined
            super().__init__(records, form)
            joined += len(self.blob)

    monkeypatch.setattr("trio_srs.hub.reader.Span", CountingSpan)
    stage = on_stage(key(0), slow_reader_after=1000.0)
    player = slow_player(stage)
    said = [inter(at, 1500) for at in range(40, 40 * 800, 40)]
    stage.say(*said)
    stage.broadcast()
    for _ in range(10_000):
        if player.reader.fast_at >= 0:
            break
        player.outlet.room = room
        serve(player.outlet, [player.reader])
    assert player.heard() == heard(*said)
    assert joined <= 3 * 1500 * len(said)


async def test_a_connection_that_takes_more_again_is_offered_more_again() -> None:
    stage = on_stage(*(key(0), *(inter(at, 1000) for at in range(40, 40 * 2000, 40))))
    player = stage.play(room=1)
    serve(player.outlet, [player.reader])
    player.outlet.room = EVERYTHING
    sizes = []
    stage.broadcast()
    player.outlet.pay()
    while (span := player.reader.next_span(256 * 1024)) is not None:
        sizes.append(len(span.blob))
        player.reader.took(span, player.outlet.offer(span.blob))
    assert sizes[0] < 6000
    assert max(sizes) > 200_000
    assert len(sizes) < 20
