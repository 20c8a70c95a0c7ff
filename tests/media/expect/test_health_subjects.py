"""A healthy stream meets every rule, whatever is odd about it and lawful; a fault breaks one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs
import pytest

from tests.media.expect.healthy_streams import (
    AUDIO,
    U32,
    VIDEO,
    changed,
    composed,
    moved,
    plain,
    sound,
    together,
    video,
    without,
)
from tests.media.expect.publishing import published
from trio_srs.errors import EndReason
from trio_srs.media.expect import Evidence, Verdict, judge
from trio_srs.media.expect.evidence import Absent, Inapplicable
from trio_srs.media.expect.health_subjects import HEALTH, health_subjects
from trio_srs.media.expect.rule_lines import parse_rules
from trio_srs.media.packaging_facts import PackagingFacts, RuleBreach
from trio_srs.media.pattern import Pattern, Timed
from trio_srs.media.report import Conduct, StreamReport
from trio_srs.media.trace import Trace
from trio_srs.testing import bodies
from trio_srs.wire.rtmp.message import Message

RULES: Final = parse_rules(["healthy"])


def unmet(report: StreamReport) -> dict[str, Verdict]:
    """The verdicts that are not met, by the names of their rules."""
    verdicts = judge(Evidence(report=report), RULES)
    return {v.rule.subject.name.removeprefix("healthy."): v for v in verdicts if not v.met}


def file_of(stream: list[Timed]) -> StreamReport:
    """The report of a file: nothing arrives, and nothing ends."""
    report = published(stream, end=None)
    arrival = attrs.evolve(report.facts.arrival, lag_ms=None)
    return attrs.evolve(report, facts=attrs.evolve(report.facts, arrival=arrival))


def seldom(step_ms: int, count: int) -> list[Timed]:
    """A picture now and then, and sound all the time."""
    length = step_ms * count
    return together(video(range(0, length, step_ms), gop=1), sound(range(0, length, 20)))


def announcing(stream: list[Timed], **keys: bool | float) -> list[Timed]:
    """A stream behind metadata."""
    return [Timed(0.0, bodies.metadata({**keys})), *stream]


BROKEN: Final = PackagingFacts(
    form="HLS",
    breaches=(
        RuleBreach(
            rule="rule_one", clause="1", severity="warning", where="a", seen="b", expected="c"
        ),
        RuleBreach(
            rule="rule_two", clause="9 9", severity="error", where="list", seen="this",
            expected="that",
        ),
    ),
)  # fmt: skip
UNEVEN: Final = (16, 17, 33, 50, 100, 200, 16, 66, 400, 33)
LAWFUL: Final[Mapping[str, Callable[[], StreamReport]]] = {
    "plain": lambda: published(plain()),
    "a pattern": lambda: published(Pattern(seconds=3.0)),
    "HEVC": lambda: published(Pattern.parse("hevc", "opus", seconds=3.0)),
    "AV1": lambda: published(Pattern.parse("av1", "aac", seconds=3.0)),
    "no sound, and none announced": lambda: published(Pattern.parse("h264", "none", seconds=2.0)),
    "video only": lambda: published(together(video(range(0, 4000, 40)))),
    "audio only": lambda: published(together(sound(range(0, 4000, 23)))),
    "B pictures": lambda: published(composed(plain())),
    "sound that begins late": lambda: published(without(range(75), AUDIO)),
    "pictures that begin late": lambda: published(
        together(video(range(1500, 4000, 40)), sound(range(0, 4000, 20)))
    ),
    "one picture a second": lambda: published(seldom(1000, 5)),
    "one picture in five seconds": lambda: published(seldom(5000, 4)),
    "pictures at any pace": lambda: published(
        together(
            video([sum(UNEVEN[:n]) + 931 * at for at in range(5) for n in range(10)]),
            sound(range(0, 4600, 20)),
        )
    ),
    "a clock that goes round": lambda: published(plain(origin=U32 - 2000)),
    "a clock that begins at an hour": lambda: published(plain(origin=3_600_000)),
    "sound that primes": lambda: published(moved(-20, range(1, 2), AUDIO)),
    "sound before 0": lambda: published(
        together(video(range(0, 2000, 40)), sound(range(-40, 2000, 20)), origin=-40)
    ),
    "x264's own keyframes, of a film": lambda: published(plain(21, fps=24, gop=250, sound_ms=200)),
    "faster than it plays": lambda: published(
        [Timed(timed.at_ms / 50, timed.message) for timed in plain(8)]
    ),
    "published again": lambda: published(plain(origin=5000)),
    "tracks that are announced and come": lambda: published(
        announcing(plain(), hasVideo=True, hasAudio=True, videocodecid=7.0, audiocodecid=10.0)
    ),
    "sound that is announced as none": lambda: published(
        announcing(together(video(range(0, 2000, 40))), audiocodecid=0.0, hasAudio=False)
    ),
    "it goes on": lambda: published(plain(), end=None, tail_s=60),
    "an answer over HTTP that is over": lambda: published(plain(), end=EndReason.PEER_FIN),
    "HLS without a fault": lambda: attrs.evolve(
        published(plain()), packaging=attrs.evolve(BROKEN, breaches=BROKEN.breaches[:1])
    ),
    "a file": lambda: file_of(plain()),
    "one picture": lambda: published(together(video([0]))),
}


@pytest.mark.parametrize("name", LAWFUL)
def test_what_is_odd_and_lawful_is_healthy(name: str) -> None:
    assert unmet(LAWFUL[name]()) == {}


def stalling(at_ms: int, for_ms: int) -> list[Timed]:
    """Nothing is sent for a while; then what is late, at once."""
    until = at_ms + for_ms
    return [
        Timed(float(until) if at_ms <= timed.at_ms < until else timed.at_ms, timed.message)
        for timed in plain(8)
    ]


def swapped(message: Message, index: int) -> Message:
    """A picture that needs others, and is called a keyframe."""
    fake = b"\x17" + bodies.inter(message.timestamp_ms).payload[1:]
    return attrs.evolve(message, payload=fake) if index == 30 else message


def broken(message: Message, index: int) -> Message:
    return attrs.evolve(message, payload=message.payload[:3]) if index == 30 else message


RTMP: Final = Conduct(handshake="simple")
FAULTS: Final[Mapping[str, tuple[Callable[[], StreamReport], str, str]]] = {
    "a header, and no sound": (
        lambda: published([*together(sound([])), *together(video(range(0, 2000, 40)))]),
        "tracks", "expected 0, seen: 1, announced: audio by its header",
    ),
    "sound in the metadata alone": (
        lambda: published(announcing(together(video(range(0, 400, 40))), hasAudio=True)),
        "tracks", "announced: audio by hasAudio of the metadata",
    ),
    "sound that begins too late": (
        lambda: published(without(range(125), AUDIO)), "start", "audio frame 0 (2500 ms)",
    ),
    "sound that ends early": (
        lambda: published(without(range(100, 200), AUDIO)), "finish", "audio frame 99 (1980 ms)",
    ),
    "pictures that end early": (
        lambda: published(without(range(60, 100), VIDEO)), "finish", "video frame 59 (2360 ms)",
    ),
    "pictures that are missing": (
        lambda: published(without(range(30, 60), VIDEO)), "gaps", "video frame 30 (2400 ms)",
    ),
    "sound that is missing": (
        lambda: published(without(range(30, 90), AUDIO)), "gaps", "audio frame 30 (1800 ms)",
    ),
    "a clock that is set": (
        lambda: published(moved(20_000, range(30, 100), VIDEO)), "gaps", "frame 30 (21200 ms)",
    ),
    "a step back": (
        lambda: published(moved(-500, range(30, 31), VIDEO)), "timestamps", "frame 30 (700 ms)",
    ),
    "a timestamp that comes twice": (
        lambda: published(moved(-40, range(30, 31), VIDEO)), "duplicates", "frame 30 (1160 ms)",
    ),
    "a stall": (lambda: published(stalling(2000, 4000)), "stall", "video frame 50 (2000 ms)"),
    "a late beginning": (lambda: published(plain(), delay_s=5), "stall", "frame 0 (0 ms)"),
    "silence before the end": (
        lambda: published(plain(), tail_s=5), "stall", "frame 199 (3980 ms)",
    ),
    "no header": (
        lambda: published([t for t in plain() if t.message.payload != bodies.AUDIO_HEADER]),
        "headers", "expected 0, seen: 200; first at audio frame 0 (0 ms)",
    ),
    "a frame that cannot be read": (
        lambda: published(changed(broken, VIDEO)), "readable", "first at video frame 30",
    ),
    "few keyframes": (
        lambda: published(plain(14, gop=500, sound_ms=200)), "keyframes",
        "video frame 301 (12040 ms)",
    ),
    "a beginning without a keyframe": (
        lambda: published(without(range(3), VIDEO)), "first_keyframe", "seen: 22; first at video",
    ),
    "a keyframe that is none": (
        lambda: published(changed(swapped, VIDEO)), "false_keyframes", "video frame 30 (1200 ms)",
    ),
    "a connection that is reset": (
        lambda: published(
            plain(), end=EndReason.PEER_RST, end_detail="reset by peer", conduct=RTMP
        ),
        "end", "seen: false, peer_rst: reset by peer; the last was audio frame 199",
    ),
    "an encoder that is gone without a word": (
        lambda: published(plain(), end=EndReason.PEER_FIN, conduct=RTMP), "end", "peer_fin",
    ),
    "a packaging rule that is broken": (
        lambda: attrs.evolve(published(plain()), packaging=BROKEN),
        "packaging", "seen: rule_two, rule_two at list: this, expected that [9 9]",
    ),
    "nothing": (
        lambda: published(together(video([]))), "tracks", "no audio and no video came",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_one_rule_at_its_frame(name: str) -> None:
    make, rule, words = FAULTS[name]
    broken = unmet(make())
    assert list(broken) == [rule]
    assert words in broken[rule].message


def test_every_rule_can_be_broken() -> None:
    assert {rule for _, rule, _ in FAULTS.values()} == set(HEALTH)


def test_without_a_whole_trace_the_facts_of_tracks_are_judged() -> None:
    for make, rule, _ in list(FAULTS.values())[2:12:2]:
        report = attrs.evolve(make(), trace=Trace(complete=False))
        assert set(unmet(report)) <= {rule}
    cut = attrs.evolve(published(without(range(30, 90), AUDIO)), trace=Trace(complete=False))
    assert unmet(cut)["gaps"].where == "not among the first 0 frames"
    assert (
        unmet(attrs.evolve(published(stalling(2000, 4000)), trace=Trace()))["stall"].seen
        == "4.02 s"
    )
    assert unmet(attrs.evolve(published(plain(14, gop=500, sound_ms=200)), trace=Trace()))[
        "keyframes"
    ]
    assert unmet(attrs.evolve(published(plain()), trace=Trace())) == {}


def test_what_was_not_looked_at_is_not_called_healthy() -> None:
    broken = unmet(published(plain(), "headers"))
    assert all("only headers" in verdict.seen for verdict in broken.values())
    assert {"gaps", "timestamps", "stall", "keyframes"} <= set(broken)


def test_what_a_rule_cannot_be_about_is_said() -> None:
    seen = {
        subject.name.removeprefix("healthy."): subject.read(
            Evidence(report=published(together(sound(range(0, 2000, 20))), end=None))
        )
        for subject in health_subjects()
    }
    said = {name: it.why for name, it in seen.items() if isinstance(it, Inapplicable)}
    assert said == {
        "start": "one track", "finish": "one track", "keyframes": "no video",
        "first_keyframe": "no video", "false_keyframes": "no video", "end": "not ended",
        "packaging": "neither HLS nor DASH",
    }  # fmt: skip
    assert not any(isinstance(it, Absent) for it in seen.values())


def test_tracks_of_enhanced_rtmp_are_named() -> None:
    report = published(together(video(range(0, 400, 40))))
    [track] = report.facts.tracks
    empty = attrs.evolve(track, track_id=2, frames=0)
    facts = attrs.evolve(report.facts, tracks=(track, empty))
    assert (
        "video track 2 by its header" in unmet(attrs.evolve(report, facts=facts))["tracks"].message
    )


def test_a_header_that_changed_says_not_which_frames_had_none() -> None:
    report = published([t for t in plain() if t.message.payload != bodies.AUDIO_HEADER])
    tracks = [
        attrs.evolve(track, headers=attrs.evolve(track.headers, changes=1))
        for track in report.facts.tracks
    ]
    facts = attrs.evolve(report.facts, tracks=tuple(tracks))
    assert "first at" not in unmet(attrs.evolve(report, facts=facts))["headers"].message
