"""How long a synthetic stream takes to make, frame by frame.

``pytest benchmarks/micro/test_bench_pattern.py``; ``extra_info`` has the microseconds per frame
of the best round. A key frame codes every cell, the others few; a stream is all of it, audio,
timestamps and order included.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from trio_srs.media.pattern import Pattern, sei_frame_number
from trio_srs.media.pattern.avc_encoder import AvcEncoder
from trio_srs.media.pattern.card import Card

SIZES: Final = {"360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080)}
FRAMES: Final = 100


def note(benchmark: BenchmarkFixture, frames: int) -> None:
    """Say it per frame."""
    if benchmark.stats is not None:  # it is, with --benchmark-disable
        benchmark.extra_info["us/frame"] = round(benchmark.stats["min"] / frames * 1e6, 1)


@pytest.mark.parametrize("kind", ["key", "inter"])
@pytest.mark.parametrize("size", SIZES.values(), ids=list(SIZES))
def test_picture(benchmark: BenchmarkFixture, size: tuple[int, int], kind: str) -> None:
    """One frame of H.264 after another."""
    encoder = AvcEncoder(Card(*size), Fraction(25))
    since_key = int(kind == "inter")

    def encode() -> list[bytes]:
        return [encoder.picture(number, since_key) for number in range(FRAMES)]

    assert [sei_frame_number(picture) for picture in benchmark(encode)] == list(range(FRAMES))
    note(benchmark, FRAMES)


@pytest.mark.parametrize("kbps", [0, 4000])
@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_stream(benchmark: BenchmarkFixture, codec: str, kbps: int) -> None:
    """Four seconds with sound."""
    if kbps and codec != "h264":
        pytest.skip("what is canned is not filled up")
    pattern = Pattern.parse(codec, seconds=4, kbps=kbps)
    messages = benchmark(lambda: list(pattern))
    video = [m for m in messages if m.type_id == 9]
    assert [m.timestamp_ms for m in video[1:]] == list(range(0, 4000, 40))
    note(benchmark, FRAMES)
