"""Every fact can be had by the names of its attributes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import attrs
import pytest

from tests.media.expect.publishing import defective, published, timed
from trio_srs.media.expect.evidence import Absent, Evidence, Seen
from trio_srs.media.expect.fact_subjects import (
    alias,
    fact_subject,
    fact_subjects,
    leaves,
    no_track,
    row_of,
)
from trio_srs.media.expect.fact_table import FACTS
from trio_srs.media.expect.subject import Kind
from trio_srs.media.facts import StreamFacts
from trio_srs.testing import bodies
from trio_srs.testing.streams import Pattern
from trio_srs.wire.codec.avc import build_avc_config
from trio_srs.wire.rtmp.message import Message, MessageType

SUBJECTS = {subject.name: subject for subject in fact_subjects()}
PATTERN = Pattern(seconds=3.0)
FULL = published(PATTERN)


def values(value: object) -> set[object]:
    """All values below, whatever they are called."""
    cls = type(value)
    if attrs.has(cls):
        parts = (getattr(value, field.name) for field in attrs.fields(cls))
        return {each for part in parts for each in values(part)}
    return {value} if isinstance(value, int | float | str | Fraction) else set()


def read(name: str, report: Any = FULL) -> Seen:
    return SUBJECTS[name].read(Evidence(report=report))


def test_every_fact_of_a_stream_and_of_its_first_tracks_is_a_subject() -> None:
    seen = {read(name) for name in SUBJECTS}
    facts = FULL.facts
    assert facts.video is not None
    assert facts.audio is not None
    for part in (facts.clock, facts.bitrate, facts.skew, facts.arrival, facts.video, facts.audio):
        assert values(part) - {facts.video.level} <= seen


@pytest.mark.parametrize(
    ("name", "kind", "unit"),
    [
        ("messages", Kind.NUMBER, ""),
        ("bytes", Kind.NUMBER, "B"),
        ("clock.duration_ms", Kind.NUMBER, "ms"),
        ("arrival.first_frame_s", Kind.NUMBER, "s"),
        ("skew.drift_ms_per_minute", Kind.NUMBER, "ms/min"),
        ("digests.exact", Kind.DIGEST, ""),
        ("video.gop.seconds_max", Kind.NUMBER, "s"),
        ("video.gop.frames_min", Kind.NUMBER, "frames"),
        ("video.nominal_fps", Kind.NUMBER, "fps"),
        ("video.sar", Kind.PAIR, ""),
        ("video.interlaced", Kind.TRUTH, ""),
        ("video.level", Kind.ANY, ""),
        ("audio.sample_rate", Kind.NUMBER, "Hz"),
        ("audio.bitrate.peak_bps", Kind.NUMBER, "bit/s"),
    ],
)
def test_a_fact_has_its_kind_and_unit(name: str, kind: Kind, unit: str) -> None:
    assert (SUBJECTS[name].kind, SUBJECTS[name].unit) == (kind, unit)


def test_a_track_that_is_not_there_is_absent() -> None:
    sound = published(timed([bodies.audio_header(), bodies.audio(0), bodies.audio(20)]))
    assert read("video.codec", sound) == Absent(
        "no video came; the stream had audio (aac, 2 frames)"
    )
    assert no_track(StreamFacts(), "video") == Absent("no video came, nor anything else")


def test_what_headers_do_not_tell_is_not_known_there_although_counters_say_0() -> None:
    headers = published(PATTERN, "headers")
    known = {name for name in SUBJECTS if not isinstance(read(name, headers), Absent)}
    differing = {name for name in known if read(name, headers) != read(name)}
    assert differing == {"level"}
    assert {"video.codec", "video.frames", "video.width", "audio.sample_rate"} <= known
    assert read("clock.gaps.count", headers) == Absent("not known: only headers was looked at")
    assert read("video.gop.count", headers) == Absent("not known: only headers was looked at")


def test_a_fact_that_too_few_frames_have_says_so() -> None:
    one = published(timed([bodies.header(), bodies.key(0)]))
    assert read("video.intervals.fps", one) == Absent("not known of 1 video frames")
    assert read("skew.drift_ms_per_minute") != Absent("")
    assert read("audio.codec_string", published(timed([bodies.audio(0)] * 2))) == Absent(
        "not known: the stream did not say"
    )


def test_what_did_not_happen_has_no_first() -> None:
    assert read("video.clock.gaps.first.index") == Absent("there was none")
    assert read("video.trouble") == Absent("there was none")
    gap = published(defective("gap@25:2000"))
    assert read("video.clock.gaps.first.index", gap) == 25


def test_a_level_is_a_number_if_it_looks_like_one() -> None:
    assert read("video.level") == 3.0
    sps = bytes.fromhex("6742f00b da0507e4")  # level 11 with constraint_set3_flag: 1b
    record = build_avc_config((sps,), (bytes.fromhex("68ce3c80"),))
    header = Message(MessageType.VIDEO, 1, 0, b"\x17\0\0\0\0" + record)
    picture = Message(MessageType.VIDEO, 1, 0, b"\x17\1\0\0\0\0\0\0\2\x65\x88")
    assert read("video.level", published(timed([header, picture]))) == "1b"


@pytest.mark.parametrize(
    ("defect", "kind", "other"),
    [("no-audio", "audio", "video (h264, 75 frames)"), ("no-video", "video", "audio (aac, ")],
)
def test_a_track_that_was_announced_and_has_no_frames_is_not_there(
    defect: str, kind: str, other: str
) -> None:
    report = published(defective(defect))
    for name in ("codec", "frames", "headers.changes", "bitrate.mean_bps"):
        seen = read(f"{kind}.{name}", report)
        assert isinstance(seen, Absent)
        assert seen.why.startswith(f"no {kind} came, though it was announced; the stream had ")
        assert other in seen.why
    assert isinstance(read("video.level", published(timed([bodies.audio(0)]))), Absent)


def test_a_changed_header_is_found_where_it_changed() -> None:
    other = Message(MessageType.VIDEO, 1, 80, bodies.VIDEO_HEADER[:-1] + b"\x00")
    changed = published(timed([bodies.header(), bodies.key(0), bodies.inter(40), other]))
    walk = SUBJECTS["video.headers.changes"].walk
    assert walk is not None
    [reading] = walk(Evidence(report=changed))
    assert (reading.frame.index, reading.frame.timestamp_ms, reading.low) == (2, 80, 1)
    assert list(walk(Evidence(report=FULL))) == []
    assert list(walk(Evidence(report=published(timed([bodies.audio(0)]))))) == []
    sound = SUBJECTS["audio.headers.changes"].walk
    assert sound is not None
    assert list(sound(Evidence(report=FULL))) == []


def test_a_fact_may_have_another_name() -> None:
    made = alias("video.pace", "video.intervals.fps", "How fast.")
    assert (made.name, made.definition, made.unit) == ("video.pace", "How fast.", "fps")
    assert made.read(Evidence(report=FULL)) == 25


@pytest.mark.parametrize(("name", "first"), [("false_keyframes", 1), ("unmarked_keyframes", 3)])
def test_a_keyframe_that_is_none_and_one_not_called_so_are_blamed(name: str, first: int) -> None:
    key, inter = bodies.key(0).payload, bodies.inter(0).payload
    sent = [key, b"\x17" + inter[1:], inter, b"\x27" + key[1:], b"\x17" + inter[1:]]
    messages = [Message(MessageType.VIDEO, 1, 40 * at, body) for at, body in enumerate(sent)]
    report = published(timed([bodies.header(), *messages]))
    evidence = Evidence(report=report)
    subject = SUBJECTS[f"video.{name}.count"]
    assert subject.walk is not None
    [reading] = subject.walk(evidence)
    assert (reading.frame.index, reading.frame.timestamp_ms) == (first, 40 * first)
    assert reading.low == subject.read(evidence)
    audio = Evidence(report=published(timed([bodies.audio_header(), bodies.audio(0)])))
    assert list(subject.walk(audio)) == []


def test_frames_before_any_header_are_a_subject() -> None:
    assert read("video.headers.missing", published(timed([bodies.key(0), bodies.inter(40)]))) == 2


@attrs.frozen
class NewFacts:
    """What somebody adds to the facts."""

    frames: int
    phase: complex


def test_a_fact_of_an_unknown_type_is_not_passed_over() -> None:
    found = leaves(NewFacts)
    assert next(found) == (("frames",), Kind.NUMBER)
    with pytest.raises(TypeError, match=r"NewFacts.phase is complex: no kind of subject is"):
        next(found)


def test_a_fact_that_the_table_does_not_have_is_not_passed_over() -> None:
    assert row_of(("gop", "frames_max")).unit == "frames"
    with pytest.raises(
        TypeError, match=r"gop.bytes_max is a fact that the table of facts does not"
    ):
        row_of(("gop", "bytes_max"))


def test_the_table_has_no_fact_that_there_is_not() -> None:
    names = {name.removeprefix("video.").removeprefix("audio.") for name in SUBJECTS}
    assert names == set(FACTS)


def test_a_fact_is_found_by_its_name() -> None:
    assert fact_subject("clock.wraps") is SUBJECTS["clock.wraps"]
