"""What a server has seen, in words."""

from __future__ import annotations

import json
from pathlib import Path

import attrs

from tests.testing.test_readback import made
from trio_srs.errors import EndReason
from trio_srs.hub.sessions import RequestFacts, SessionFacts
from trio_srs.media.facts import StreamFacts, TrackFacts
from trio_srs.media.report import StreamReport
from trio_srs.testing.failure_report import in_words, write_down
from trio_srs.testing.readback import read_report, read_sessions

REPORT = made()
SESSION = SessionFacts(
    id="c7",
    protocol="rtmp",
    peer="127.0.0.1:5",
    began_at=0.0,
    seconds=2.5,
    client="FMLE/3.0",
    bytes_in=1000,
    bytes_out=20,
    end=EndReason.PEER_FIN,
    end_detail="the peer closed the connection",
    requests=(
        RequestFacts(what="publish", stream="live/a", at_s=0.1, outcome="stream_busy", detail="no"),
        RequestFacts(
            what="play", stream="live/b", at_s=0.2, outcome="accepted", bytes=9, skipped=2
        ),
    ),
)


def test_nobody_is_told_of_in_words_too() -> None:
    assert in_words([], []) == "nobody has connected"


def test_a_publish_is_told_with_its_time_line_and_tracks() -> None:
    assert in_words([REPORT], []).splitlines() == [
        "live/a, published by 127.0.0.1:5 (session c1): ended: stream_closed: FCUnpublish",
        "      0.250 s  publish         fmle",
        "  video: h264 Constrained Baseline 1.3 320x180 29.97 frames/s, 45 frames",
        "  audio: aac LC 44100 Hz x2, 65 frames",
        "  odd: x at byte 5, 1 times: ",
        "  kept in /tmp/a.flv",
    ]


def test_a_publish_that_goes_on_says_so() -> None:
    report = StreamReport(
        stream="live/a",
        session="c1",
        peer="p",
        began_at=0.0,
        facts=StreamFacts(tracks=(TrackFacts(kind="video", trouble="no header"),)),
    )
    assert in_words([report], []).splitlines() == [
        "live/a, published by p (session c1): still going on",
        "  video: unknown, 0 frames; trouble: no header",
    ]


def test_a_session_is_told_with_what_it_asked_and_got() -> None:
    assert in_words([], [SESSION]).splitlines() == [
        "session c7: rtmp from 127.0.0.1:5, FMLE/3.0, 2.500 s, 1000 bytes in, 20 out, "
        "ended: peer_fin: the peer closed the connection",
        "      0.100 s  publish         live/a: stream_busy, no",
        "      0.200 s  play            live/b: accepted, 9 bytes, 2 skipped",
    ]


def test_a_session_that_goes_on_has_no_end() -> None:
    session = attrs.evolve(SESSION, end=None, client="", requests=())
    line = "session c7: rtmp from 127.0.0.1:5, unnamed, 2.500 s, 1000 bytes in, 20 out"
    assert in_words([], [session]) == line


def test_everything_is_written_down(tmp_path: Path) -> None:
    write_down(tmp_path / "new", [REPORT, REPORT], [SESSION], [{"number": 1}])
    texts = {path.name: json.loads(path.read_text()) for path in (tmp_path / "new").iterdir()}
    assert read_report(texts.pop("report-live-a-1.json")) == REPORT
    assert read_report(texts.pop("report-live-a-2.json")) == REPORT
    assert read_sessions(texts.pop("sessions.json")) == (SESSION,)
    assert texts == {"events.json": [{"number": 1}]}
