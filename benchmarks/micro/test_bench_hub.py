"""What the hub costs: a record appended, and a span handed to a thousand readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
import trio
from pytest_benchmark.fixture import BenchmarkFixture

from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.testing.bodies import audio, header, inter, key
from trio_srs.wire.rtmp.message import Message

COUNT: Final = 1000
"""Records of one round: about 20 s of a stream, with a keyframe every two seconds."""
SPAN: Final = 24
READERS: Final = 1000


class CountingOutlet:
    """Takes everything and counts it: what is left is the hub's own cost."""

    busy = False

    def __init__(self) -> None:
        self.taken = 0

    def offer(self, data: bytes, /) -> int:
        self.taken += len(data)
        return len(data)

    def owe(self, pieces: object) -> None:
        raise AssertionError("everything was taken")

    def broke(self, error: OSError) -> None:
        raise error

    def wake(self) -> None:
        """Nobody sleeps here."""


def round_of_messages() -> list[Message]:
    video = [key(0, 20_000) if at % 50 == 0 else inter(at * 40, 4000) for at in range(COUNT // 2)]
    sound = [audio(at * 40 + 7, 300) for at in range(COUNT // 2)]
    return [message for pair in zip(video, sound, strict=True) for message in pair]


def on_air(readers: int) -> tuple[Stream, PublishLease, list[CountingOutlet]]:
    """A published stream, and readers that have caught up with it."""
    live = Stream("cam", StreamSettings(), Broadcaster())
    lease = PublishLease(live, "a benchmark", lambda reason, detail: None)
    live.publisher_came(lease, StreamSettings())
    lease.append(header(), 0.0)
    lease.append(key(0), 0.0)
    outlets = [CountingOutlet() for _ in range(readers)]
    form = RtmpForm.of(60_000, 1, True, True)
    attached = [live.feed.attach(form, outlet) for outlet in outlets]
    for reader in attached:
        while (span := reader.next_span(2**20)) is not None:
            reader.took(span, reader.offer(span.blob))
        assert reader.fast_at == live.feed.log.end
    return live, lease, outlets


@pytest.mark.parametrize("readers", [0, READERS])
def test_append(benchmark: BenchmarkFixture, readers: int) -> None:
    messages = round_of_messages()

    async def main() -> None:
        live, lease, _ = on_air(readers)
        before = live.counters.messages

        def append() -> int:
            for message in messages:
                lease.append(message, 0.0)
            for group in live.feed.groups.values():  # as if it had been sent
                group.sent = live.feed.log.end
            return live.counters.messages

        total = benchmark(append)
        assert (total - before) % COUNT == 0
        assert live.feed.dirty == bool(readers)

    trio.run(main)
    assert benchmark.stats is not None
    benchmark.extra_info["us/record"] = round(benchmark.stats["min"] / COUNT * 1e6, 2)


def test_broadcast_of_one_span(benchmark: BenchmarkFixture) -> None:
    messages = round_of_messages()[:SPAN]

    async def main() -> None:
        live, lease, outlets = on_air(READERS)
        before = outlets[0].taken

        def prepare() -> None:
            for message in messages:
                lease.append(message, 0.0)

        def broadcast() -> None:
            [group] = live.feed.groups.values()
            delivery = group.begin(live.feed.log)
            assert delivery is not None
            while not delivery.step(16):
                pass

        rounds = 50
        # The plugin's own method has no types.
        pedantic: Callable[..., None] = benchmark.pedantic
        pedantic(broadcast, setup=prepare, rounds=rounds)
        size = sum(len(message.payload) + 12 for message in messages)
        assert {outlet.taken - before for outlet in outlets} == {size * rounds}

    trio.run(main)
    assert benchmark.stats is not None
    benchmark.extra_info["us/reader"] = round(benchmark.stats["min"] / READERS * 1e6, 3)
