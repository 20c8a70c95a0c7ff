"""What was made plain and went through JSON is read back as it was."""

from __future__ import annotations

import json
from fractions import Fraction

import attrs
import pytest

from trio_srs.errors import EndReason
from trio_srs.media.facts import StreamFacts, TrackFacts
from trio_srs.media.pattern import Pattern
from trio_srs.media.plain import plain
from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import Conduct, Oddity, Step, StepKind, StreamReport
from trio_srs.testing.readback import read_back, read_report


def made(video: str = "h264:320x180@30000/1001", audio: str = "aac") -> StreamReport:
    """A report with something in every place."""
    probe = StreamProbe()
    for timed in Pattern.parse(video, audio, seconds=1.5).timed():
        probe.see(timed.message, round(timed.at_ms / 1000, 6))
    return StreamReport(
        stream="live/a",
        session="c1",
        peer="127.0.0.1:5",
        began_at=1.5,
        facts=probe.facts(),
        timeline=(Step(at_s=0.25, what=StepKind.PUBLISH, detail="fmle"),),
        conduct=Conduct(handshake="simple", oddities=(Oddity(code="x", offset=5),)),
        trace=probe.trace(),
        end=EndReason.STREAM_CLOSED,
        end_detail="FCUnpublish",
        captured="/tmp/a.flv",
    )


@pytest.mark.parametrize("video", ["h264:320x180@30000/1001", "hevc", "av1"])
def test_a_report_is_read_back(video: str) -> None:
    report = made(video, "opus" if video == "av1" else "aac")
    assert read_report(json.loads(json.dumps(plain(report)))) == report


def test_a_report_of_nothing_is_read_back() -> None:
    report = StreamReport(stream="a/b", session="c1", peer="p", began_at=0, facts=StreamFacts())
    assert read_report(json.loads(json.dumps(plain(report)))) == report


def test_facts_are_read_back() -> None:
    facts = made().facts
    back = read_back(json.loads(json.dumps(plain(facts))), StreamFacts)
    assert back == facts
    assert back.video is not None
    assert back.video.video is not None
    assert back.video.video.nominal_fps == Fraction(30000, 1001)


def test_what_is_not_known_to_an_older_peer_is_as_if_not_said() -> None:
    assert read_back({"kind": "video", "frames": 3}, TrackFacts) == TrackFacts(
        kind="video", frames=3
    )


def test_annotations_stay_texts_for_others_who_read_them() -> None:
    read_report(plain(made()))
    assert all(isinstance(field.type, str) for field in attrs.fields(StreamFacts))
