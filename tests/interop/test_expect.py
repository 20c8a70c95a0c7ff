"""``expect`` with the real ffmpeg: what it does well, and what it does not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.interop.programs import FFMPEG, ffmpeg
from trio_srs.errors import EndReason
from trio_srs.media.expect import parse_rules
from trio_srs.tools.expect.golden import golden_reports
from trio_srs.tools.expect.run import ExpectRun
from trio_srs.tools.expect.run_plan import RunPlan
from trio_srs.tools.expect.run_result import outcome_of
from trio_srs.tools.expect.source import make_source
from trio_srs.tools.verdicts.outcome import Outcome

pytestmark = pytest.mark.interop

SHELL = ("sh", "-c")


def encoder(
    *options: str, seconds: float = 2, rate: int = 48000, gop: int = 25, live: bool = False
) -> list[str]:
    """Pictures and a tone, H.264 and AAC, of so many seconds."""
    picture = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"]
    sound = ["-f", "lavfi", "-i", f"sine=sample_rate={rate}"]
    codecs = f"-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g {gop} -c:a aac -t {seconds}"
    pace = ["-re"] if live else []
    words = [*pace, *picture, *pace, *sound, *codecs.split(), *options, "-f", "flv", "{url}"]
    return ffmpeg(FFMPEG, *words)


async def ran(words: list[str], *rules: str, **plan: Any) -> Outcome:
    made = RunPlan(words=tuple(words), environ=os.environ, rules=parse_rules(rules), **plan)
    run = ExpectRun(made)
    with trio.fail_after(40):
        await run.run()
    return outcome_of(made, run.result)


async def test_a_good_encoder_is_found_good() -> None:
    outcome = await ran(
        encoder(),
        "video.codec == h264", "video.size == 320x180", "video.fps ~ 25±0.5", "video.frames == 50",
        "video.gop.seconds <= 1.1", "audio.sample_rate == 48000", "audio.channels == 1",
        "timestamps.monotonic", "skew.ms in -100..100", "metadata.encoder matches Lavf*",
        "duration.seconds ~ 2±0.1", "end.reason in stream_closed, peer_fin",
    )  # fmt: skip
    assert outcome.met, outcome.verdicts
    assert outcome.program is not None
    assert not outcome.program.failed


@pytest.mark.parametrize(
    ("words", "rule", "seen"),
    [
        (encoder(gop=250), "video.gop.frames <= 25", "50 frames, unfinished"),
        (encoder(rate=44100), "audio.sample_rate == 48000", "44100 Hz"),
        (encoder("-vn"), "video.codec == h264", "no video came"),
        (encoder("-an"), "audio.codec present", "no audio came"),
        (encoder("-b:v", "100k", "-maxrate", "100k", "-bufsize", "50k"), "bitrate.mean >= 2 Mbit/s",
         "kbit/s"),
    ],
    ids=["GOP", "audio rate", "no video", "no audio", "bit rate"],
)  # fmt: skip
async def test_what_is_wrong_is_named(words: list[str], rule: str, seen: str) -> None:
    outcome = await ran(words, rule)
    [verdict] = outcome.verdicts
    assert not verdict.met
    assert seen in verdict.seen


async def test_an_encoder_that_is_killed_has_failed() -> None:
    script = f"{_quoted(encoder(seconds=60, live=True))} & sleep 1.5; kill -9 $!; wait $!"
    outcome = await ran([*SHELL, script], "end.reason in peer_fin, peer_rst")
    assert outcome.met, outcome.verdicts
    assert outcome.program is not None
    assert (outcome.program.failed, outcome.program.returncode) == (True, 137)


async def test_a_wrapper_that_comes_back_reconnects() -> None:
    script = f"{_quoted(encoder(seconds=60, live=True))}; {_quoted(encoder(seconds=1))}"
    outcome = await ran(
        [*SHELL, script], "reconnect.count == 1", "reconnect.seconds <= 5", kick_after_s=0.5
    )
    assert outcome.met, outcome.verdicts
    assert [report.end for report in outcome.earlier] == [EndReason.KICKED]


async def test_both_sides_of_a_relay_are_judged() -> None:
    words = ffmpeg(FFMPEG, "-i", "{source_url}", "-c", "copy", "-f", "flv", "{url}")
    outcome = await ran(
        words, "source.video.frames == 50", "video.frames == 50", "delay.matched == 50",
        "delay.missing == 0", "delay.max < 10 s",
        source=make_source("h264:320x240@25+aac:48000", 2.0),
    )  # fmt: skip
    assert outcome.met, outcome.verdicts


async def test_a_transcoder_is_judged_by_what_comes_out() -> None:
    scale = "-vf scale=160:120 -c:v libx264 -preset ultrafast -tune zerolatency -c:a copy -f flv"
    words = ffmpeg(FFMPEG, "-i", "{source_url}", *scale.split(), "{url}")
    outcome = await ran(
        words, "source.video.size == 320x240", "video.size == 160x120", "video.frames == 50",
        source=make_source("h264:320x240@25+aac:48000", 2.0),
    )  # fmt: skip
    assert outcome.met, outcome.verdicts


async def test_the_capture_of_one_run_is_the_golden_file_of_the_next(tmp_path: Path) -> None:
    exact = encoder("-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")
    assert (await ran(exact, capture=tmp_path)).came
    rules = ("digest.payload == live-stream-1.flv",)
    read = golden_reports(parse_rules(rules), tmp_path)
    assert (await ran(exact, *rules, golden=read)).met
    assert not (await ran(encoder(rate=44100), *rules, golden=read)).met


def _quoted(words: list[str]) -> str:
    return " ".join(f"'{word}'" for word in words)
