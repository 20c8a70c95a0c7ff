"""What is seen of a stream from outside becomes a report."""

from __future__ import annotations

import math
from itertools import islice

import pytest

from trio_srs.errors import EndReason
from trio_srs.media.pattern import Pattern
from trio_srs.media.report import Conduct, StepKind
from trio_srs.testing.bodies import audio, header, inter, key, metadata
from trio_srs.tools.expect.stream_observer import Enough, StreamObserver
from trio_srs.tools.tally import Tally
from trio_srs.wire.rtmp.message import Message


def test_a_report_has_the_facts_the_frames_and_who_made_them() -> None:
    observer = StreamObserver("live/a", began_at=1000.0, now_s=5.0, peer="host:1935")
    observer.note(StepKind.CONNECT, 5.1, "hello")
    observer.open(5.25)
    for timed in Pattern.parse("h264:320x240", seconds=2).timed():
        observer.see(timed.message, 5.5 + timed.at_ms / 1000)
    report = observer.report(Conduct(handshake="plain"), EndReason.PEER_FIN, "closed")
    assert (report.stream, report.peer, report.began_at) == ("live/a", "host:1935", 1000.0)
    assert report.facts.arrival.first_frame_s == pytest.approx(0.25)
    assert len(report.trace) == sum(track.frames for track in report.facts.tracks)
    assert (report.conduct.handshake, report.conduct.encoder) == ("plain", "trio-srs pattern")
    assert (report.end, report.end_detail) == (EndReason.PEER_FIN, "closed")
    assert [(step.what, round(step.at_s, 6)) for step in report.timeline] == [
        (StepKind.CONNECT, 0.1),
        (StepKind.PUBLISH, 0.25),
        (StepKind.FIRST_MEDIA, 0.5),
        (StepKind.FIRST_KEYFRAME, 0.5),
    ]


def other_header() -> Message:
    """The header of pictures of another size."""
    [_, made] = islice(Pattern.parse("h264:320x240", "none"), 2)
    return made


def test_stalls_and_other_headers_are_steps() -> None:
    observer = StreamObserver("live/a", began_at=0.0, now_s=0.0)
    observer.open(0.0)
    for at_s, message in (
        (0.0, header()),
        (0.1, inter(0)),
        (0.2, key(40)),
        (2.5, audio(50)),
        (2.6, other_header()),
        (2.7, key(80)),
    ):
        observer.see(message, at_s)
    timeline = observer.report(Conduct()).timeline
    assert [(step.what.value, round(step.at_s, 3), step.detail) for step in timeline] == [
        ("publish", 0.0, "the server let us play"),
        ("first_media", 0.1, ""),
        ("first_keyframe", 0.2, ""),
        ("stall", 0.2, "nothing for 2.3 s"),
        ("header_change", 2.7, "video"),
    ]


def test_nothing_arrives_of_a_file() -> None:
    observer = StreamObserver("a.flv", began_at=0.0, now_s=None)
    for message in (metadata(), header(), key(0)):
        observer.see(message)
    report = observer.report(Conduct())
    assert report.timeline == ()
    assert report.facts.arrival.first_frame_s is None
    assert report.conduct.encoder is None


@pytest.mark.parametrize(
    ("enough", "reached"),
    [
        (Enough(), ""),
        (Enough(seconds=0.08), "seconds"),
        (Enough(seconds=0.09), ""),
        (Enough(frames=3), "frames"),
        (Enough(frames=4), ""),
        (Enough(seconds=math.inf, frames=1), "frames"),
    ],
)
def test_there_is_enough_of_what_was_asked_for(enough: Enough, reached: str) -> None:
    tally = Tally()
    for message in (header(), key(0), audio(10), inter(40), audio(50), inter(80)):
        tally.add(message)
    assert enough.is_reached_by(tally) == reached


def test_without_video_audio_frames_count() -> None:
    tally = Tally()
    for message in (audio(0), audio(20)):
        tally.add(message)
    assert Enough(frames=2).is_reached_by(tally) == "frames"


def test_a_track_that_ends_early_is_a_step() -> None:
    observer = StreamObserver("live/a", began_at=0.0, now_s=1.0)
    observer.open(2.0)
    for at_ms in range(0, 4000, 40):
        observer.see(inter(at_ms), 2 + at_ms / 1000)
        if at_ms <= 400:
            observer.see(audio(at_ms), 2 + at_ms / 1000)
    [step] = [s for s in observer.report(Conduct()).timeline if s.what is StepKind.TRACK_END]
    assert (round(step.at_s, 3), step.detail) == (1.4, "audio, 3.56 s before the others")
