"""Packets of Opus behind their control headers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.ts.opus_control import opus_control, split_opus
from trio_srs.wire.ts.ts_reader import PesPacket, TsReader

CAPTURE = Path(__file__).parents[2] / "data" / "ts" / "ffmpeg_hevc_opus.ts"


@pytest.mark.parametrize(
    ("size", "header"),
    [(0, "7fe0 00"), (254, "7fe0 fe"), (255, "7fe0 ff 00"), (600, "7fe0 ffff 5a")],
)
def test_the_letter_of_a_header(size: int, header: str) -> None:
    assert opus_control(size) == bytes.fromhex(header)


@pytest.mark.parametrize(
    ("data", "packets", "left"),
    [
        ("7fe0 02 aabb 7fe0 01 cc", ["aabb", "cc"], 0),
        ("7ff0 02 0138 aabb", ["aabb"], 0),  # trimmed at the start
        ("7ff8 01 0138 0001 aa", ["aa"], 0),  # and at the end
        ("7fe4 01 02 eeee aa", ["aa"], 0),  # an extension
        ("7fe0 01 aa ff", ["aa"], 1),
        ("7fe0 02 aa", [], 4),
        ("7fe0 ff", [], 3),
        ("7fe4 01", [], 3),
        ("7fa0 01 aa", [], 4),
        ("", [], 0),
    ],
)
def test_packets_are_cut_apart(data: str, packets: list[str], left: int) -> None:
    assert split_opus(bytes.fromhex(data)) == ([bytes.fromhex(each) for each in packets], left)


def test_packets_of_ffmpeg_are_cut_apart() -> None:
    events = TsReader().feed(CAPTURE.read_bytes())
    found = [split_opus(e.data) for e in events if isinstance(e, PesPacket) and e.pid == 0x101]
    assert [left for _, left in found] == [0] * len(found)
    assert sum(len(packets) for packets, _ in found) >= 9


@pytest.mark.property
@given(st.lists(st.binary(max_size=600), max_size=5))
def test_what_is_written_is_read(packets: list[bytes]) -> None:
    data = b"".join(opus_control(len(each)) + each for each in packets)
    assert split_opus(data) == (packets, 0)
