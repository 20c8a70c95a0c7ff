"""What it costs to look at a stream of 1 Mbit/s, by how much is looked at.

``pytest benchmarks/micro/test_bench_probe.py``; ``extra_info`` has the microseconds per record of
the best round, and how many of those SHA-256 alone takes on this machine. A full probe is to
take at most 15 microseconds per record, and for each of its four digests 0.6 ns per byte or what
SHA-256 takes here.
"""

from __future__ import annotations

import hashlib
import time
from typing import Final

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from trio_srs.media.facts import StreamFacts
from trio_srs.media.probe import Level, StreamProbe
from trio_srs.testing import bodies
from trio_srs.wire.rtmp.message import Message

SECONDS: Final = 20
FPS: Final = 25
VIDEO_BYTES: Final = 872_000 // 8 // FPS
AUDIO_BYTES: Final = 340
"""At 46.875 frames a second, 128 kbit/s."""
DIGESTS: Final = 4
"""Of the stream and of the track, exact and of payloads alone."""


def stream() -> list[Message]:
    """Pictures and sound in the order of their time, a keyframe every two seconds."""
    pictures = [
        (bodies.inter if i % (2 * FPS) else bodies.key)(i * 1000 // FPS, VIDEO_BYTES, fill=0x88)
        for i in range(SECONDS * FPS)
    ]
    sounds = [
        bodies.audio(i * 64 // 3, AUDIO_BYTES, fill=i % 256) for i in range(SECONDS * 3000 // 64)
    ]
    frames = sorted([*pictures, *sounds], key=lambda message: message.timestamp_ms)
    return [bodies.metadata(), bodies.header(), bodies.audio_header(), *frames]


def hashing_s(messages: list[Message]) -> float:
    """Seconds that one digest of all payloads takes, the best of five."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        digest = hashlib.sha256()
        for message in messages:
            digest.update(message.payload)
        took.append(time.perf_counter() - began)
    return min(took)


@pytest.mark.parametrize("level", ["off", "headers", "full"])
def test_see(benchmark: BenchmarkFixture, level: Level) -> None:
    """From the first message to the last."""
    messages = stream()

    def see() -> StreamFacts:
        probe = StreamProbe(level, published_at_s=0.0)
        for message in messages:
            probe.see(message, message.timestamp_ms / 1000)
        return probe.facts()

    facts = benchmark(see)
    assert facts.messages == (0 if level == "off" else len(messages))
    if level == "full":
        assert facts.bitrate.mean_bps == pytest.approx(1e6, rel=0.02)
    if benchmark.stats is not None:  # it is, with --benchmark-disable
        per_record = 1e6 / len(messages)
        benchmark.extra_info["us/record"] = round(benchmark.stats["min"] * per_record, 2)
        digests = DIGESTS * hashing_s(messages) * per_record
        benchmark.extra_info["of it SHA-256"] = round(digests, 2) if level == "full" else 0


@pytest.mark.parametrize("level", ["headers", "full"])
def test_facts(benchmark: BenchmarkFixture, level: Level) -> None:
    """The facts, as often as somebody asks."""
    messages = stream()
    probe = StreamProbe(level)
    for message in messages:
        probe.see(message)
    assert benchmark(probe.facts).messages == len(messages)
