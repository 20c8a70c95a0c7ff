"""The frame to blame is the first that no accepted value fits."""

from __future__ import annotations

import attrs
import pytest

from tests.media.expect.publishing import published, timed
from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.subjects import find_subject
from trio_srs.media.expect.witness import Witness, find_witness
from trio_srs.media.report import StreamReport
from trio_srs.media.trace import Trace
from trio_srs.testing import bodies
from trio_srs.testing.streams import Pattern
from trio_srs.wire.rtmp.message import Message, MessageType

GOOD = published(Pattern(seconds=3.0))


def witness(report: StreamReport, text: str, golden: StreamReport | None = None) -> Witness:
    rule, evidence = Rule.parse(text), Evidence(report=report)
    subject = find_subject(rule.subject)
    return find_witness(evidence, rule, subject, subject.read(evidence), golden)


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
        ("bitrate.mean >= 1 Mbit/s", "first at video frame 25 (1000 ms), with 26.89 kbit/s"),
        ("end.reason == peer_fin", "the last was audio frame 129 (2995 ms)"),
        ("metadata has x", ""),
        ("conduct.oddities == 5", ""),
        ("arrival.resolution_s == 5", ""),
    ],
)
def test_the_frame_to_blame_is_found(rule: str, text: str) -> None:
    found = witness(GOOD, rule)
    assert found.text == text
    assert (found.frame is None) == (not text)


def test_a_whole_that_no_frame_is_to_blame_for_was_so_from_the_beginning() -> None:
    jittery = published(Pattern(seconds=3.0, jitter_ms=10.0, seed=1))
    found = witness(jittery, "video.intervals.jitter_ms <= 1")
    assert found.text == "from video frame 0 (1 ms) on"


def test_a_trace_that_stopped_growing_may_not_have_the_frame() -> None:
    cut = attrs.evolve(GOOD, trace=attrs.evolve(GOOD.trace, complete=False))
    found = witness(cut, "video.frames >= 100000")
    assert found == Witness(None, "not among the first 205 frames")


def test_without_a_trace_no_frame_is_known() -> None:
    bare = attrs.evolve(GOOD, trace=Trace())
    assert witness(bare, "video.codec == hevc") == Witness(None, "")


def test_frames_of_other_tracks_are_named_with_their_track() -> None:
    second = Message(MessageType.AUDIO, 1, 0, bytes.fromhex("95 01 4f707573 05 fc"))
    made = published(timed([second]))
    assert witness(made, "audio.codec == aac").text == "from audio frame 0 of track 5 (0 ms) on"


def test_a_golden_file_decides_where_a_digest_differs() -> None:
    other = published(timed([bodies.header(), bodies.key(0), bodies.inter(40)]))
    golden = published(timed([bodies.header(), bodies.key(0), bodies.inter(41)]))
    assert witness(other, "digest.exact == x", golden).text == "first at video frame 1 (40 ms)"
    assert witness(other, "digest.exact == x", other) == Witness(
        None, "all frames are the same, so it is headers or the order that differ"
    )
