"""Say in three ways what a stream has to be like, and see what is wrong with one. No server."""

from __future__ import annotations

from trio_srs.media.expect import (
    Evidence,
    ExpectationError,
    approx,
    at_most,
    expect,
    judge,
    parse_rules,
    rules_from_table,
)
from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import StreamReport
from trio_srs.testing.streams import Defect, Pattern


def report_of(pattern: Pattern) -> StreamReport:
    """What there is to know of a synthetic stream. From a server you get such reports ready."""
    probe = StreamProbe("full", published_at_s=0.0)
    for timed in pattern.timed():
        probe.see(timed.message, timed.at_ms / 1000)
    return StreamReport(
        stream="live/cam1", session="c1", peer="127.0.0.1:50000", began_at=0.0,
        facts=probe.facts(), trace=probe.trace(),
    )  # fmt: skip


report = report_of(Pattern.parse("h264:640x360@25", "aac:48000", seconds=3.0))
wrong = report_of(Pattern(seconds=5.0, gop_s=4.0, defects=(Defect.parse("regression@30:100"),)))

# In Python:
expect(report).video(codec="h264", size=(640, 360), fps=approx(25, 0.5), gop_seconds=at_most(2.1))

# As a table, such as TOML and JSON have it:
table = {"video": {"codec": "h264", "size": "640x360", "fps": "25±0.5", "gop.seconds": "<= 2.1"}}

# As text:
texts = [
    "video.codec == h264", "video.size == 640x360", "video.fps ~ 25±0.5",
    "video.gop.seconds <= 2.1",
]  # fmt: skip

# All make the same rules, and these make verdicts:
rules = parse_rules(texts)
assert rules == rules_from_table(table)
assert all(verdict.met for verdict in judge(Evidence(report=report), rules))

# In a with block everything is judged together:
try:
    with expect(wrong) as stream:
        stream.video(gop_seconds=at_most(2.1))
        stream.audio(sample_rate=48000)
        stream.timestamps(monotonic=True)
except ExpectationError as error:
    print(error)
