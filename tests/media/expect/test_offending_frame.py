"""The frame to blame is the first that no accepted value fits, or the first that differs."""

from __future__ import annotations

import attrs
import pytest

from tests.media.expect.publishing import published, timed
from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.offending_frame import (
    OffendingFrame,
    find_offending_frame,
    first_difference,
)
from trio_srs.media.expect.rule import Rule
from trio_srs.media.packaging_facts import PackagingFacts, PieceFacts
from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import StreamReport
from trio_srs.media.trace import Trace
from trio_srs.testing import bodies
from trio_srs.testing.streams import Pattern
from trio_srs.wire.rtmp.message import Message, MessageType

GOOD = published(Pattern(seconds=3.0))


def offending(
    report: StreamReport, text: str, golden: StreamReport | None = None
) -> OffendingFrame:
    rule, evidence = Rule.parse(text), Evidence(report=report)
    return find_offending_frame(evidence, rule, rule.subject.read(evidence), golden)


def test_where_no_frame_is_to_blame_a_place_may_be() -> None:
    facts = PackagingFacts(
        form="HLS",
        segments=tuple(
            PieceFacts(rendition="r", number=number, url=f"{number}.ts", seconds=float(number))
            for number in (1, 2, 3)
        ),
    )
    report = attrs.evolve(GOOD, packaging=facts)
    found = offending(report, "packaging.segments.seconds <= 1.5")
    assert (found.frame, found.text) == (None, "first at segment 2 (2.ts), with 2 s")
    assert offending(report, "packaging.segments.seconds <= 5").text == ""


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("video.codec == hevc", "from video frame 0 (0 ms) on"),
        ("video.fps ~ 30±1", "first at video frame 1 (40 ms)"),
        ("video.gop.seconds <= 1", "first at video frame 26 (1040 ms)"),
        ("video.gop.seconds == 1", "first at video frame 26 (1040 ms)"),
        ("video.gop.seconds >= 3", "first at video frame 50 (2000 ms)"),
        ("video.gop.frames != 50", "first at video frame 50 (2000 ms)"),
        ("video.frames >= 76", "the last was video frame 74 (2960 ms)"),
        ("video.pictures.intra == 0", "first at video frame 0 (0 ms)"),
        ("bitrate.mean >= 1 Mbit/s", "first at video frame 25 (1000 ms), with 25.44 kbit/s"),
        ("end.reason == peer_fin", "the last was audio frame 129 (2995 ms)"),
        ("metadata has x", ""),
        ("conduct.oddities == 5", ""),
        ("arrival.resolution_s == 5", ""),
    ],
)
def test_the_frame_to_blame_is_found(rule: str, text: str) -> None:
    found = offending(GOOD, rule)
    assert found.text == text
    assert (found.frame is None) == (not text)


def test_a_whole_that_no_frame_is_to_blame_for_was_so_from_the_beginning() -> None:
    jittery = published(Pattern(seconds=3.0, jitter_ms=10.0, seed=1))
    found = offending(jittery, "video.intervals.jitter_ms <= 1")
    assert found.text == "from video frame 0 (1 ms) on"


def test_a_trace_that_stopped_growing_may_not_have_the_frame() -> None:
    cut = attrs.evolve(GOOD, trace=attrs.evolve(GOOD.trace, complete=False))
    found = offending(cut, "video.frames >= 100000")
    assert found == OffendingFrame(None, "not among the first 205 frames")


def test_without_a_trace_no_frame_is_known() -> None:
    bare = attrs.evolve(GOOD, trace=Trace())
    assert offending(bare, "video.codec == hevc") == OffendingFrame(None, "")


def test_frames_of_other_tracks_are_named_with_their_track() -> None:
    second = Message(MessageType.AUDIO, 1, 0, bytes.fromhex("95 01 4f707573 05 fc"))
    made = published(timed([second]))
    assert offending(made, "audio.codec == aac").text == "from audio frame 0 of track 5 (0 ms) on"


def test_a_golden_file_decides_where_a_digest_differs() -> None:
    other = published(timed([bodies.header(), bodies.key(0), bodies.inter(40)]))
    golden = published(timed([bodies.header(), bodies.key(0), bodies.inter(41)]))
    assert offending(other, "digest.exact == x", golden).text == "first at video frame 1 (40 ms)"
    assert offending(other, "digest.exact == x", other) == OffendingFrame(
        None, "all frames are the same, so it is headers or the order that differ"
    )


PLAIN = bytes.fromhex("1701000000 00000002 6588")
SIGNED = bytes.fromhex("1701000000 00000005 0605026d65 00000002 6588")


def traced(*messages: Message) -> Trace:
    probe = StreamProbe()
    for message in (bodies.header(), *messages):
        probe.see(message)
    return probe.trace()


def picture(payload: bytes, timestamp_ms: int = 0) -> Message:
    return Message(MessageType.VIDEO, 1, timestamp_ms, payload)


GOLDEN = traced(picture(PLAIN), bodies.audio(5, fill=1), picture(PLAIN, 40))
LATER = traced(picture(PLAIN), bodies.audio(5, fill=1), picture(PLAIN, 41))
NAMED = traced(picture(PLAIN), bodies.audio(5, fill=1), picture(SIGNED, 40))
LOUDER = traced(picture(PLAIN), bodies.audio(5, fill=2), picture(PLAIN, 40))


@pytest.mark.parametrize(
    ("trace", "digest", "expected"),
    [
        (GOLDEN, "exact", None),
        (LATER, "exact", ("video", 1)),
        (LATER, "payload", None),
        (LATER, "without_user_data", ("video", 1)),
        (NAMED, "exact", ("video", 1)),
        (NAMED, "payload", ("video", 1)),
        (NAMED, "without_user_data", None),
        (LOUDER, "exact", ("audio", 0)),
        (traced(picture(PLAIN), bodies.audio(5, fill=1)), "exact", ("video", 0)),
        (
            traced(picture(PLAIN), bodies.audio(5, fill=1), *[picture(PLAIN, 40)] * 2),
            "exact", ("video", 2),
        ),
        (traced(picture(PLAIN, 40), bodies.audio(5, fill=2)), "exact", ("audio", 0)),
        (traced(), "exact", None),
    ],
)  # fmt: skip
def test_the_first_frame_that_differs_is_found(
    trace: Trace, digest: str, expected: tuple[str, int] | None
) -> None:
    frame = first_difference(trace, GOLDEN, digest)
    assert (None if frame is None else (frame.kind, frame.index)) == expected


def test_only_one_track_may_be_compared() -> None:
    assert first_difference(LOUDER, GOLDEN, "exact", "video") is None
    assert first_difference(LOUDER, GOLDEN, "exact", "audio") is not None


def test_the_first_that_differs_is_the_earliest_where_timestamps_go_round() -> None:
    """-40 is a large number where there is no sign."""
    golden = traced(picture(PLAIN, 2**32 - 40), bodies.audio(5, fill=1))
    louder = traced(picture(SIGNED, 2**32 - 40), bodies.audio(5, fill=2))
    found = first_difference(louder, golden, "payload")
    assert found is not None
    assert found.kind == "video"
