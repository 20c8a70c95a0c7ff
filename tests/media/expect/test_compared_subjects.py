"""Subjects about a publish and another one."""

from __future__ import annotations

import attrs
import pytest

from tests.media.expect.publishing import PUBLISH_S, published
from trio_srs.errors import EndReason
from trio_srs.media.expect.compared_subjects import compared_subjects
from trio_srs.media.expect.evidence import Absent, Evidence, Extent, Seen
from trio_srs.media.probe import StreamProbe
from trio_srs.media.reconnect_facts import Reconnect, ReconnectAttempt, ReconnectTimestamps
from trio_srs.media.report import StreamReport
from trio_srs.testing.streams import Pattern, Timed

SUBJECTS = {subject.name: subject for subject in compared_subjects()}
PATTERN = Pattern(seconds=1.0, audio="none")
SOURCE = published(PATTERN)
NAMES = ("attempts", "pauses", "backoff", "lost", "timestamps", "count")


def read(name: str, report: StreamReport = SOURCE, **others: object) -> Seen:
    return SUBJECTS[name].read(Evidence(report=report, **others))  # type: ignore[arg-type]  # as it is called


def walked(name: str, **others: object) -> list[tuple[int, float]]:
    walk = SUBJECTS[name].walk
    assert walk is not None
    readings = walk(Evidence(**others))  # type: ignore[arg-type]  # as they are called
    return [(reading.frame.index, float(reading.low)) for reading in readings]


def delayed(lost: tuple[int, ...] = ()) -> StreamReport:
    messages = [Timed(each.at_ms + 50, each.message) for each in PATTERN.timed()]
    kept = [each for place, each in enumerate(messages) if place not in lost]
    return published(kept)


def test_a_stream_that_came_back_took_so_long() -> None:
    # Each lasts until 0.1 s after its last frame, 0.96 s after the first, 0.1 s after the publish.
    second, third = (attrs.evolve(SOURCE, began_at=1e9 + later) for later in (4.0, 10.0))
    assert read("reconnect.count", third, earlier=(SOURCE, second)) == 2
    seconds = read("reconnect.seconds", third, earlier=(SOURCE, second))
    assert isinstance(seconds, Extent)
    assert seconds.least == pytest.approx(4 - 1.16)
    assert seconds.most == pytest.approx(6 - 1.16)


def test_a_stream_that_did_not_come_back_has_no_such_time() -> None:
    assert read("reconnect.count") == 0
    assert read("reconnect.seconds") == Absent("it did not come back: there was one publish")
    for lost in (attrs.evolve(SOURCE, timeline=()), published(PATTERN, end=None)):
        assert isinstance(read("reconnect.seconds", earlier=(lost,)), Absent)
    assert PUBLISH_S > 0


TRIES = Reconnect(
    end=EndReason.FAULT,
    attempts=tuple(ReconnectAttempt(after_s=at, outcome="") for at in (2.0, 5.0, 9.5)),
    back_after_s=9.5,
    lost_ms=40,
    timestamps=ReconnectTimestamps.GO_ON,
)


def test_each_return_has_attempts_pauses_and_what_was_lost() -> None:
    at_once = attrs.evolve(TRIES, attempts=TRIES.attempts[:1], lost_ms=0)
    gone = Reconnect(end=EndReason.FAULT)
    seen = {name: read(f"reconnect.{name}", reconnects=(TRIES, at_once, gone)) for name in NAMES}
    assert seen == {
        "attempts": Extent(1, 3),
        "pauses": Extent(2.0, 4.5),
        "backoff": Extent(1.5, 1.5),
        "lost": Extent(0, 40),
        "timestamps": "go_on",
        "count": 2,
    }
    anew = attrs.evolve(TRIES, timestamps=ReconnectTimestamps.BEGIN_ANEW, lost_ms=None)
    assert read("reconnect.timestamps", reconnects=(TRIES, anew)) == "mixed"


def test_what_is_not_known_of_a_return() -> None:
    second = attrs.evolve(SOURCE, began_at=1e9 + 4)
    seen = {name: read(f"reconnect.{name}", second, earlier=(SOURCE,)) for name in NAMES}
    assert seen["timestamps"] == "begin_anew"
    assert seen["lost"] == Absent("it did not come back with timestamps that go on")
    assert {seen[name] for name in ("attempts", "pauses", "backoff")} == {
        Absent("not known who connected in between")
    }
    assert read("reconnect.timestamps") == Absent("it did not come back with media")
    assert read("reconnect.pauses", reconnects=()) == Absent("it did not come back so often")


def test_a_delay_is_that_from_the_source() -> None:
    output = delayed()
    for which in ("min", "mean", "max"):
        assert read(f"delay.{which}", output, source=SOURCE) == pytest.approx(50)
    assert read("delay.matched", output, source=SOURCE) == 25
    assert read("delay.missing", output, source=SOURCE) == 0
    index, delay = walked("delay.max", report=output, source=SOURCE)[3]
    assert (index, round(delay)) == (3, 50)
    assert walked("delay.missing", report=output, source=SOURCE) == []


def test_frames_that_were_lost_are_named() -> None:
    output = delayed(lost=(7, 9))  # of these the first two are headers
    assert read("delay.missing", output, source=SOURCE) == 2
    assert walked("delay.missing", report=output, source=SOURCE) == [(5, 2)]


def test_without_a_source_there_is_no_delay() -> None:
    for name in ("delay.mean", "delay.missing", "delay.matched"):
        assert read(name) == Absent("there is no source to compare with")
    assert walked("delay.mean", report=SOURCE) == []
    assert walked("delay.missing", report=SOURCE) == []


def test_what_was_coded_anew_is_not_known_again() -> None:
    other = published(Pattern(codec="av1", seconds=1.0, audio="none"))
    assert read("delay.matched", other, source=SOURCE) == 0
    assert read("delay.mean", other, source=SOURCE) == Absent(
        "no frame of the source came out as it was, nor with its counter; "
        "decoded, its number may be in the picture"
    )
    assert walked("delay.mean", report=other, source=SOURCE) == []


def test_without_arrivals_no_delay_is_known() -> None:
    probe = StreamProbe()
    for message in PATTERN:
        probe.see(message)
    file = attrs.evolve(SOURCE, facts=probe.facts(), trace=probe.trace())
    assert read("delay.mean", source=file) == Absent("not known when frames arrived")
    assert walked("delay.mean", report=SOURCE, source=file) == []
