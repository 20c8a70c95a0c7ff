"""One fault, one verdict: faults planted in a clean stream, alone and in pairs.

The table says for each fault which rules it breaks, and at which frame. All other rules hold, and a
second fault elsewhere changes neither. The frame is the one at fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs
import pytest

from tests.matrix import some_of
from tests.media.expect.publishing import published
from trio_srs.media.expect import Evidence, judge, parse_rules
from trio_srs.media.pattern import Pattern, Timed
from trio_srs.media.report import StreamReport
from trio_srs.wire.flv.video import FrameType
from trio_srs.wire.rtmp.message import Message, MessageType

START_MS: Final = 100_000
SECONDS: Final = 4
CLEAN: Final = tuple(
    Pattern(
        codec="h264",
        width=320,
        height=240,
        gop_s=1,
        sample_rate=32000,
        seconds=SECONDS,
        start_ms=START_MS,
        kbps=200,
    ).timed()
)
EARLY, LATE = 400, 2400
"""Where faults are planted, in milliseconds from the beginning: no keyframes."""
VIDEO, AUDIO = MessageType.VIDEO, MessageType.AUDIO

RULES: Final = {
    rule.split()[0]: rule
    for rule in (
        "timestamps.regressions == 0",
        "timestamps.jumps == 0",
        "timestamps.duplicates == 0",
        "gaps.count == 0",
        "gaps.longest <= 100 ms",
        "video.fps ~ 25±0.05",
        "audio.intervals.fps ~ 31.25±0.1",
        "video.intervals.longest_ms <= 60 ms",
        "audio.intervals.longest_ms <= 60 ms",
        "video.gop.seconds ~ 1±0.02",
        "video.gop.frames == 25",
        "skew.ms in -60..60",
        "skew.drift in -100..100",
        "duration.seconds ~ 4±0.1",
        "arrival.lag_least_ms >= -60",
        "arrival.lag_most_ms <= 60",
        "stall.seconds <= 0.2",
        "audio.sample_drift_ms in -3..3",
        "video.frames == 100",
        "audio.frames == 125",
        "video.headers.changes == 0",
        "video.bitrate.peak <= 260 kbit/s",
        "video.pictures.composition_max_ms == 0",
        "video.pictures.composition_min_ms == 0",
        "video.longest_still_ms <= 100",
        "audio.longest_still_ms <= 100",
    )
}  # fmt: skip


@attrs.define
class Sent:
    """A message of the stream, and when it is due."""

    due_ms: float
    type_id: int
    time_ms: int
    body: bytes

    @property
    def is_frame(self) -> bool:
        return self.type_id in (VIDEO, AUDIO) and self.body[1:2] != b"\0"


Plant = Callable[[list[Sent], int], None]


def after(sent: list[Sent], at_ms: float, *kinds: int) -> list[Sent]:
    """The frames that are due from then on, of these types."""
    chosen = kinds or (VIDEO, AUDIO)
    frames = (each for each in sent if each.is_frame and each.due_ms >= at_ms)
    return [each for each in frames if each.type_id in chosen]


def shift(by_ms: int, *kinds: int) -> Plant:
    """From then on all timestamps are others."""

    def plant(sent: list[Sent], at_ms: int) -> None:
        for each in after(sent, at_ms, *kinds):
            each.time_ms += by_ms

    return plant


def shift_for(by_ms: int, frames: int, kind: int) -> Plant:
    """Those of so many frames."""

    def plant(sent: list[Sent], at_ms: int) -> None:
        for each in after(sent, at_ms, kind)[:frames]:
            each.time_ms += by_ms

    return plant


def restart(sent: list[Sent], at_ms: int) -> None:
    """At 0."""
    shift(-after(sent, at_ms)[0].time_ms)(sent, at_ms)


def missing(frames: int, *kinds: int) -> Plant:
    def plant(sent: list[Sent], at_ms: int) -> None:
        for kind in kinds:
            for each in after(sent, at_ms, kind)[:frames]:
                sent.remove(each)

    return plant


def late(by_ms: int) -> Plant:
    """From then on all is sent later; the timestamps wait too."""

    def plant(sent: list[Sent], at_ms: int) -> None:
        for each in after(sent, at_ms):
            each.time_ms += by_ms
            each.due_ms += by_ms

    return plant


def again(sent: list[Sent], at_ms: int) -> None:
    """A picture has the timestamp of the one before."""
    after(sent, at_ms, VIDEO)[0].time_ms -= 40


def stalled(sent: list[Sent], at_ms: int) -> None:
    """Nothing for a second; then what is late, at once."""
    for each in sent:
        if at_ms <= each.due_ms < at_ms + 1000:
            each.due_ms = at_ms + 1000


def inter(sent: list[Sent], at_ms: int) -> None:
    """The next keyframe is sent as a picture like others."""
    key = next(each for each in after(sent, at_ms, VIDEO) if each.body[0] >> 4 == FrameType.KEY)
    at = after(sent, 0, VIDEO).index(key)
    key.body = after(sent, 0, VIDEO)[at - 1].body


def composed(by_ms: int) -> Plant:
    def plant(sent: list[Sent], at_ms: int) -> None:
        each = after(sent, at_ms, VIDEO)[0]
        each.body = each.body[:2] + by_ms.to_bytes(3, "big", signed=True) + each.body[5:]

    return plant


def frozen(sent: list[Sent], at_ms: int) -> None:
    """The same sound for a while."""
    first, *others = after(sent, at_ms, AUDIO)[:10]
    for each in others:
        each.body = first.body


def resized(sent: list[Sent], at_ms: int) -> None:
    header = next(each for each in sent if each.type_id == VIDEO and not each.is_frame)
    other = bytearray(header.body)
    other[8] ^= 1  # the level
    at = next(at for at, each in enumerate(sent) if each.is_frame and each.due_ms >= at_ms)
    sent.insert(at, Sent(sent[at].due_ms, VIDEO, sent[at].time_ms, bytes(other)))


def round_it_goes(sent: list[Sent], at_ms: int) -> None:
    for each in sent:
        each.time_ms = (each.time_ms - START_MS - at_ms) % 2**32


JUMP: Final = {"timestamps.jumps": "v", "gaps.count": "v", "gaps.longest": "v"}
BACK: Final = {"timestamps.regressions": "v"}
FAULTS: Final[Mapping[str, tuple[Plant, Mapping[str, str]]]] = {
    "the clock goes round": (round_it_goes, {}),
    "both jump forward": (shift(20_000), JUMP),
    "both jump back": (shift(-60_000), BACK | {"timestamps.jumps": "v"}),
    "both restart at 0": (restart, BACK | {"timestamps.jumps": "v"}),
    "video jumps forward": (shift(20_000, VIDEO), JUMP | {"skew.ms": "v"}),
    "audio jumps back": (
        shift(-20_000, AUDIO),
        {"timestamps.regressions": "a", "timestamps.jumps": "a", "skew.ms": "v+1"},
    ),
    "both step back": (shift(-400), BACK),
    "both leave a gap": (
        shift(3000),
        {
            "gaps.count": "v", "gaps.longest": "v",
            "duration.seconds": "*",
        },
    ),
    "both wait": (
        late(3000),
        {
            "gaps.count": "v", "gaps.longest": "v", "stall.seconds": "v",
            "duration.seconds": "*",
        },
    ),
    "a picture astray, back": (shift_for(-400, 1, VIDEO), BACK),
    "a picture astray, ahead": (shift_for(400, 1, VIDEO), BACK),
    "a picture astray, far ahead": (shift_for(2500, 1, VIDEO), BACK),
    "a picture astray, very far ahead": (
        shift_for(30_000, 1, VIDEO), BACK | {"timestamps.jumps": "v"},
    ),
    "a picture astray, very far back": (
        shift_for(-30_000, 1, VIDEO), BACK | {"timestamps.jumps": "v"},
    ),
    "three pictures astray, back": (shift_for(-400, 3, VIDEO), BACK),
    "a sound astray": (shift_for(-300, 1, AUDIO), {"timestamps.regressions": "a"}),
    "a sound astray, ahead": (shift_for(300, 1, AUDIO), {"timestamps.regressions": "a"}),
    "a picture at the time of the one before": (again, {"timestamps.duplicates": "v"}),
    "three pictures missing": (
        missing(3, VIDEO),
        {
            "video.frames": "last", "video.fps": "v", "video.intervals.longest_ms": "v",
            "gaps.longest": "v", "video.gop.frames": "v+12",
        },
    ),
    "sound missing": (
        missing(40, AUDIO), {"gaps.count": "a", "gaps.longest": "a", "audio.frames": "last"}
    ),
    "a stall": (stalled, {"stall.seconds": "v", "arrival.lag_most_ms": "v"}),
    "a keyframe missing": (inter, {"video.gop.seconds": "v+16", "video.gop.frames": "v+15"}),
    "shown too late": (composed(500), {"video.pictures.composition_max_ms": "v"}),
    "shown before it is decoded": (composed(-40), {"video.pictures.composition_min_ms": "v"}),
    "the same sound": (frozen, {"audio.longest_still_ms": "*"}),
    "another header": (resized, {"video.headers.changes": "v"}),
}  # fmt: skip
"""What each breaks, and where: at the frame of video or audio from which on it is planted, so many
behind it, at the last, or anywhere."""


def planted(*plants: tuple[Plant, int]) -> StreamReport:
    sent = []
    for each in CLEAN:
        message = each.message
        sent.append(Sent(each.at_ms, message.type_id, message.timestamp_ms, message.payload))
    for plant, at_ms in plants:
        plant(sent, at_ms)
    return published(
        Timed(each.due_ms, Message(each.type_id, 0, each.time_ms % 2**32, each.body))
        for each in sent
    )


Places = dict[str, tuple[str | None, int | None]]


def broken(report: StreamReport) -> Places:
    """The rules that are broken, and where."""
    verdicts = judge(Evidence(report=report), parse_rules(RULES.values()))
    return {v.rule.subject.name: (v.track, v.index) for v in verdicts if not v.met}


def places(report: StreamReport, expected: Mapping[str, str], at_ms: int, seen: Places) -> Places:
    """The same for what a fault breaks that is planted there."""
    first = {"v": ("video", -(-at_ms // 40)), "a": ("audio", -(-at_ms * 32 // 1024))}
    found: Places = {}
    for subject, place in expected.items():
        if place == "*":
            found[subject] = seen[subject]
        elif place == "last":
            kind = "audio" if subject.startswith("audio") else "video"
            found[subject] = kind, len(list(report.trace.of(kind))) - 1
        else:
            (kind, index), behind = first[place[0]], int(place[1:] or 0)
            found[subject] = kind, index + behind
    return found


def test_the_clean_stream_breaks_no_rule() -> None:
    assert broken(planted()) == {}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_its_own_rules_and_is_found_at_its_own_frame(name: str) -> None:
    plant, expected = FAULTS[name]
    report = planted((plant, EARLY))
    seen = broken(report)
    assert seen == places(report, expected, EARLY, seen)


@pytest.mark.slow
@pytest.mark.parametrize("name", some_of(FAULTS, "the clock goes round"))
def test_two_faults_break_the_rules_of_both_at_the_first_frame_of_each(name: str) -> None:
    """The later one is planted first, so that it finds the frames where they are."""
    plant, expected = FAULTS[name]
    names = list(FAULTS)
    for other in names[names.index(name) :]:
        other_plant, others = FAULTS[other]
        report = planted((other_plant, LATE), (plant, EARLY))
        seen = broken(report)
        assert set(seen) == set(expected) | set(others), other
        found = places(report, expected, EARLY, seen)
        assert {subject: seen[subject] for subject in found} == found, other
