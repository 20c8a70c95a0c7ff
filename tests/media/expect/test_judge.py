"""A verdict names the fact, what was expected and seen, and the first frame to blame."""

from __future__ import annotations

from typing import Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.expect.publishing import (
    ACCEPTED_S,
    PUBLISH_S,
    defective,
    published,
    timed,
    without,
)
from trio_srs.errors import EndReason
from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.judge import Verdict, golden_files, judge
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.rule_lines import parse_rules
from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import Conduct, Oddity, StreamReport
from trio_srs.media.trace import Trace
from trio_srs.testing import bodies
from trio_srs.testing.streams import Pattern
from trio_srs.wire.rtmp.message import MessageType


def verdict(report: StreamReport, rule: str, **others: object) -> Verdict:
    evidence = Evidence(report=report, **others)  # type: ignore[arg-type]  # as they are called
    [found] = judge(evidence, [Rule.parse(rule)])
    return found


GOOD: Final = published(Pattern(seconds=3.0))
BAD: Final = defective("regression@30:100", "stall@40:3", gop_s=10.0, seconds=2.0)
BAD_REPORT: Final = published(BAD)

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


def test_there_is_a_verdict_for_every_rule_in_their_order() -> None:
    rules = parse_rules(["video.codec == h264", "video.codec == hevc"])
    found = judge(Evidence(report=GOOD), rules)
    assert [(each.rule, each.met) for each in found] == [(rules[0], True), (rules[1], False)]


@pytest.mark.parametrize(
    ("rule", "met", "message"),
    [
        ("video.codec present", True, "video.codec: seen: h264"),
        ("video.codec absent", False, "video.codec: expected none, seen: h264; "
         "from video frame 0 (0 ms) on"),
        ("video.trouble absent", True, "video.trouble: seen: there was none"),
        ("video.trouble present", False, "video.trouble: expected any, seen: there was none"),
        ("video.trouble == x", False, "video.trouble: expected x, seen: there was none"),
        ("skew.ms in -50..50", True, "skew.ms: seen: -23 ms to 0 ms"),
        ("video.gop.seconds == 2", True, "video.gop.seconds: seen: 2 s"),
        ("video.size == 640x360", True, "video.size: seen: 640x360"),
        ("metadata has width", True, "metadata: seen: width, height, framerate, videocodecid, "
         "audiocodecid, audiosamplerate, stereo, encoder"),
        ("metadata.width == 320", False, "metadata.width: expected 320, seen: 640"),
        ("video.frames >= 100", False, "video.frames: expected at least 100 frames, "
         "seen: 75 frames; the last was video frame 74 (2960 ms)"),
        ("video.frames in 10, 20", False, "video.frames: expected one of 10 frames, 20 frames, "
         "seen: 75 frames; first at video frame 20 (800 ms)"),
        ("video.frames <= 10", False, "video.frames: expected at most 10 frames, "
         "seen: 75 frames; first at video frame 10 (400 ms)"),
        ("gaps.longest <= 10", False, "gaps.longest: expected at most 10 ms, seen: 40 ms; "
         "first at audio frame 1 (23 ms), with 23 ms"),
        ("duration.seconds >= 4", False, "duration.seconds: expected at least 4 s, "
         "seen: 2.995 s; the last was audio frame 129 (2995 ms)"),
        ("duration.seconds <= 2", False, "duration.seconds: expected at most 2 s, "
         "seen: 2.995 s; first at audio frame 87 (2020 ms)"),
        ("source.video.fps == 25", False, "source.video.fps: expected 25 fps, "
         "seen: there is no source to compare with"),
        ("reconnect.count >= 1", False, "reconnect.count: expected at least 1, seen: 0"),
    ],
)  # fmt: skip
def test_a_verdict_is_a_sentence(rule: str, met: bool, message: str) -> None:
    found = verdict(GOOD, rule)
    assert (found.met, found.message) == (met, message)


def test_an_unfinished_group_is_held_to_upper_bounds_alone() -> None:
    young = published(Pattern(seconds=1.0))
    assert verdict(young, "video.gop.seconds <= 2").met
    assert verdict(young, "video.gop.seconds < 2").met
    for rule in ("video.gop.seconds ~ 2±0.1", "video.gop.seconds >= 0.5"):
        assert verdict(young, rule).seen == "0.96 s, unfinished"
        assert not verdict(young, rule).met


def test_where_there_is_nothing_to_be_about_all_but_presence_is_met() -> None:
    sound = published(without(Pattern(seconds=1.0), MessageType.VIDEO))
    for rule, met in (("<= 4 s", True), ("== 0", True), ("absent", True), ("present", False)):
        found = verdict(sound, f"healthy.keyframes {rule}")
        assert (found.met, found.seen, found.where) == (met, "no video", "")


def test_a_rule_may_name_its_stream() -> None:
    other = published(Pattern(seconds=1.0))
    streams = {"live/a": GOOD, "live/b": other}
    assert verdict(GOOD, "live/b: video.frames == 25", streams=streams).met
    unmet = verdict(GOOD, "live/b, live/c: apart.frames == 0", streams=streams)
    assert unmet.message == (
        "live/b, live/c: apart.frames: expected 0 frames, seen: nothing came of live/c; "
        "of others: live/a, live/b"
    )


def test_no_names_are_nothing() -> None:
    empty = published(timed([bodies.metadata({})]))
    assert verdict(empty, "metadata has width").seen == "nothing"


def test_oddities_are_told_with_the_first_of_them() -> None:
    odd = Conduct(oddities=(Oddity(code="late_connect", detail="after 5 s", offset=77, count=2),))
    found = verdict(attrs.evolve(GOOD, conduct=odd), "conduct.oddities == 0")
    assert found.message == (
        "conduct.oddities: expected 0, seen: 2, first late_connect at byte 77 of the input: "
        "after 5 s"
    )


def test_a_digest_is_compared_with_one_or_with_a_golden_file() -> None:
    assert GOOD.facts.digests is not None
    digest = GOOD.facts.digests.exact
    assert verdict(GOOD, f"digest.exact == {digest.upper()}").met
    assert not verdict(GOOD, f"digest.exact == {'0' * 64}").met
    golden = {"golden.flv": GOOD}
    assert verdict(GOOD, "digest.exact == golden.flv", golden=golden).met
    assert not verdict(GOOD, "digest.exact != golden.flv", golden=golden).met
    found = verdict(GOOD, "digest.exact == golden.flv")
    assert (found.met, found.seen) == (False, "golden.flv was not read")
    few = {"golden.flv": published(Pattern(seconds=0.1), "headers")}
    found = verdict(GOOD, "digest.exact == golden.flv", golden=few)
    assert (found.met, found.seen) == (False, "golden.flv has no such digest")


def test_a_digest_that_differs_points_at_the_first_frame_that_does() -> None:
    golden = {"golden.flv": GOOD}
    late = published(defective("regression@30:100"))
    found = verdict(late, "digest.exact == golden.flv", golden=golden)
    assert found.message.endswith("; first at video frame 30 (1060 ms)")
    assert (found.track, found.index, found.timestamp_ms) == ("video", 30, 1060)
    assert verdict(late, "digest.payload == golden.flv", golden=golden).met
    header = timed([bodies.header(), *(m.message for m in Pattern(seconds=3.0).timed())])
    found = verdict(published(header), "digest.exact == golden.flv", golden=golden)
    assert "all frames are the same, so it is headers or the order that differ" in found.message


def test_a_rule_may_be_about_the_source() -> None:
    source = published(Pattern(seconds=2.0, gop_s=1.0))
    found = verdict(GOOD, "source.video.gop.seconds >= 1.5", source=source)
    assert (found.met, found.index) == (False, 25)


def test_golden_files_are_asked_for_by_name() -> None:
    rules = parse_rules(
        ["digest.exact == a.flv", "video.digests.payload == b.flv", "digest.exact == a.flv",
         f"digest.payload == {'0' * 64}", "digest.payload present", "video.codec == c.flv"]
    )  # fmt: skip
    assert golden_files(rules) == ("a.flv", "b.flv")


def test_without_a_trace_there_is_no_frame_to_blame() -> None:
    bare = attrs.evolve(GOOD, trace=Trace())
    found = verdict(bare, "video.codec == hevc")
    assert (found.met, found.index) == (False, None)
    assert found.message == "video.codec: expected hevc, seen: h264"


@given(st.lists(st.integers(0, 200), max_size=5), st.booleans())
def test_judging_does_not_mind_when_somebody_asked_before(asked: list[int], parts: bool) -> None:
    """Nor whether whole messages were seen, or what they are made of."""
    probe = StreamProbe(published_at_s=ACCEPTED_S + PUBLISH_S)
    for place, each in enumerate(BAD.timed()):
        if place in asked:
            probe.facts()
            probe.trace()
        message, at_s = each.message, ACCEPTED_S + PUBLISH_S + 0.1 + each.at_ms / 1000
        if parts:
            probe.take(message.type_id, message.timestamp_ms, message.payload, at_s)
        else:
            probe.see(message, at_s)
    again = attrs.evolve(BAD_REPORT, facts=probe.facts(), trace=probe.trace())
    rules = parse_rules([rule for _, rule, _ in SEVEN.values()])
    assert judge(Evidence(report=again), rules) == judge(Evidence(report=BAD_REPORT), rules)
