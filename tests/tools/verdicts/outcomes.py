"""Outcomes for tests of every form of output."""

from __future__ import annotations

from typing import Any

from trio_srs.media.expect import Evidence, judge, parse_rules
from trio_srs.media.pattern import Defect, Pattern
from trio_srs.media.report import Conduct, Oddity, Step, StepKind, StreamReport
from trio_srs.tools.expect.stream_observer import StreamObserver
from trio_srs.tools.verdicts.outcome import Outcome, ProgramEnd

__all__ = ["BEGAN_AT", "FAILED_PROGRAM", "NASTY", "absent", "judged", "seen"]

BEGAN_AT = 1_700_000_000.0
"""2023-11-14 22:13:20 UTC."""
NASTY = "live/<a&b>\x1b[1m\ufffe|\"'\n#%,:"
"""A name that no form may take for anything but a name."""
FAILED_PROGRAM = ProgramEnd(
    words=("ffmpeg", "-i", "a b"), returncode=1, seconds=2.5, last_lines=("first", NASTY)
)


def seen(
    *defects: str, stream: str = "live/a", video: str = "h264:320x240@25", audio: str = "aac"
) -> StreamReport:
    """Three seconds of a pattern, as a server would tell of them."""
    observer = StreamObserver(stream, began_at=BEGAN_AT, now_s=100.0, peer="127.0.0.1:5000")
    observer.note(StepKind.ACCEPTED, 100.0)
    observer.open(100.25)
    broken = tuple(map(Defect.parse, defects))
    for timed in Pattern.parse(video, audio, seconds=3, gop_s=1, defects=broken).timed():
        observer.see(timed.message, 100.25 + timed.at_ms / 1000)
    return observer.report(Conduct(handshake="plain"))


def judged(*rules: str, defects: tuple[str, ...] = (), **others: Any) -> Outcome:
    """What became of some rules."""
    report = others.pop("report", None) or seen(*defects)
    made = parse_rules(rules)
    return Outcome(
        **{
            "target": "live/a", "rules": made, "report": report, "seconds": 3.25,
            "verdicts": judge(Evidence(report=report), made), "began_at": BEGAN_AT, **others,
        }
    )  # fmt: skip


def absent(*rules: str, **others: Any) -> Outcome:
    """Nothing came."""
    return Outcome(
        **{
            "target": "live/a", "rules": parse_rules(rules), "absence": "nothing came within 10 s",
            "happened": ("live/b was published",), "began_at": BEGAN_AT, **others,
        }
    )  # fmt: skip


ODD = Conduct(
    handshake="plain", flow="FMLE", client="FMLE/3.0", encoder="x", chunk_sizes=(4096, 60000),
    oddities=(Oddity(code="bad_tail", detail="odd", offset=17, count=2), Oddity(code="worse")),
)  # fmt: skip
STEPS = (
    Step(at_s=0.0, what=StepKind.ACCEPTED),
    Step(at_s=3.0, what=StepKind.END, detail="stream_closed"),
)
