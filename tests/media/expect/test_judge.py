"""A verdict names the fact, what was expected and seen, and the first frame to blame."""

from __future__ import annotations

from typing import Final

import pytest

from tests.media.expect.publishing import defective, published, without
from trio_srs.errors import EndReason
from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.judge import judge
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.verdict import Verdict
from trio_srs.media.report import StreamReport
from trio_srs.testing.streams import Pattern
from trio_srs.wire.rtmp.message import MessageType


def verdict(report: StreamReport, rule: str, **others: object) -> Verdict:
    evidence = Evidence(report=report, **others)  # type: ignore[arg-type]  # as they are called
    [found] = judge(evidence, [Rule.parse(rule)])
    return found


GOOD: Final = published(Pattern(seconds=3.0))

SEVEN: Final = {
    "wrong bit rate": (
        published(Pattern(seconds=3.0, kbps=300)),
        "bitrate.mean in 0.9..1.1 Mbit/s",
        "bitrate.mean: expected 900 to 1100 kbit/s, seen: 303.9 kbit/s; "
        "first at video frame 25 (1000 ms), with 304.8 kbit/s",
    ),
    "GOP of 10 s": (
        published(Pattern(seconds=12.0, gop_s=10.0)),
        "video.gop.seconds <= 2.1",
        "video.gop.seconds: expected at most 2.1 s, seen: 10 s; first at video frame 53 (2120 ms)",
    ),
    "timestamp regression": (
        published(defective("regression@30:100")),
        "timestamps.monotonic",
        "timestamps.monotonic: expected true, seen: false; first at video frame 30 (1060 ms)",
    ),
    "wrong audio rate": (
        published(Pattern.parse("h264", "aac:44100", seconds=1.0)),
        "audio.sample_rate == 48 kHz",
        "audio.sample_rate: expected 48000 Hz, seen: 44100 Hz; from audio frame 0 (0 ms) on",
    ),
    "no video": (
        published(without(Pattern.parse("h264", "aac:48000", seconds=1.0), MessageType.VIDEO)),
        "video.codec == h264",
        "video.codec: expected h264, seen: no video came; the stream had audio (aac, 47 frames)",
    ),
    "killed encoder": (
        published(Pattern(seconds=2.0), end=EndReason.PEER_RST, end_detail="reset by peer"),
        "end.reason == stream_closed",
        "end.reason: expected stream_closed, seen: peer_rst, reset by peer; "
        "the last was audio frame 86 (1997 ms)",
    ),
    "stalled encoder": (
        published(defective("stall@50:4")),
        "stall.seconds <= 2",
        "stall.seconds: expected at most 2 s, seen: 4.00308 s; first at video frame 50 (2000 ms)",
    ),
}


@pytest.mark.parametrize(("report", "rule", "message"), SEVEN.values(), ids=SEVEN)
def test_each_of_the_seven_failures_names_the_fact_and_the_frame(
    report: StreamReport, rule: str, message: str
) -> None:
    found = verdict(report, rule)
    assert (found.met, found.message) == (False, message)
    assert found.index is None or f"{found.track} frame {found.index} " in message


@pytest.mark.parametrize("rule", [rule for _, rule, _ in SEVEN.values()])
def test_a_good_stream_meets_the_same_rules(rule: str) -> None:
    good = published(Pattern.parse("h264", "aac:48000", seconds=3.0, kbps=968))
    found = verdict(good, rule)
    assert (found.met, found.index) == (True, None), found.message
