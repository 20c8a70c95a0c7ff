"""A command publishes to a server of ours, well or badly, and what came of it is found."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.tools.expect.commands import publish, python, relay, returning
from trio_srs.errors import EndReason, PeerError
from trio_srs.media.expect import parse_rules
from trio_srs.media.pattern import Pattern
from trio_srs.net.address import Address
from trio_srs.net.listen import ListenError
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.tools.expect.media_file import report_of_file
from trio_srs.tools.expect.program import ProgramStartError
from trio_srs.tools.expect.run import ExpectRun
from trio_srs.tools.expect.run_plan import RunPlan
from trio_srs.tools.expect.run_result import outcome_of
from trio_srs.tools.expect.source import make_source
from trio_srs.tools.expect.stream_observer import Enough
from trio_srs.tools.publish import PatternPublish
from trio_srs.tools.verdicts.outcome import Outcome

pytestmark = pytest.mark.interop

PATIENCE_S = 30.0


async def ran(*words: str, rules: tuple[str, ...] = (), **plan: Any) -> Outcome:
    """Run a command to its end, and judge."""
    made = RunPlan(words=words, environ=os.environ, rules=parse_rules(rules), **plan)
    run = ExpectRun(made)
    with trio.fail_after(PATIENCE_S):
        await run.run()
    return outcome_of(made, run.result)


async def test_ten_frames_are_seen_whole() -> None:
    outcome = await ran(*publish(frames=10), rules=("video.frames == 10", "end.reason present"))
    assert outcome.met, outcome
    assert outcome.program is not None
    assert (outcome.program.returncode, outcome.program.failed) == (0, False)
    assert outcome.report is not None
    sent = Pattern.parse("h264:320x240", "none", seconds=0.38)
    assert len(outcome.report.trace) == 10
    assert outcome.report.facts.messages == len(list(sent))
    assert outcome.report.end in (EndReason.STREAM_CLOSED, EndReason.PEER_FIN)
    assert outcome.remarks == ()


async def test_a_command_that_exits_at_once_is_quoted() -> None:
    began = time.monotonic()
    outcome = await ran(sys.executable, "-c", "import sys; sys.exit('no such encoder')")
    assert time.monotonic() - began < 5
    assert not outcome.came
    assert outcome.program is not None
    assert outcome.absence.startswith("the command exited with 1 after ")
    assert outcome.program.last_lines == ("no such encoder",)
    [hint] = outcome.happened
    assert hint.startswith("no word of the command is or has {url}")


async def test_a_command_that_never_publishes_is_stopped() -> None:
    outcome = await ran(sys.executable, "-c", "import time; time.sleep(60)", timeout_s=0.5)
    assert outcome.absence == "the command sent no audio or video within 0.5 s"
    assert outcome.program is not None
    assert (outcome.program.failed, outcome.program.returncode) == (True, -15)
    assert outcome.program.how == "sent no audio or video within 0.5 s"


async def test_what_was_published_elsewhere_is_named() -> None:
    outcome = await ran(*publish(url="rtmp://{host}:{port}/{app}/other"))
    assert not outcome.came
    assert outcome.absence.startswith("the command exited with 0 after ")
    [told] = outcome.happened
    assert told.startswith("live/other was published by 127.0.0.1:")


async def test_another_stream_can_be_waited_for() -> None:
    words = publish(url="rtmp://{host}:{port}/app/{name}")
    outcome = await ran(*words, stream="app/x/y")
    assert (outcome.came, outcome.target) == (False, "app/x/y")
    outcome = await ran(*publish(), stream="app/x/y")
    assert (outcome.came, outcome.target) == (True, "app/x/y")


async def test_a_command_that_does_not_end_is_given_up() -> None:
    outcome = await ran(
        *python("""
            async def main():
                async with open_publisher(URL) as publisher:
                    await PatternPublish(Pattern(seconds=0.4), 10.0).run(publisher)
                await trio.sleep_forever()
            trio.run(main)
        """),
        timeout_s=3.0,
    )
    assert outcome.met
    assert outcome.program is not None
    assert outcome.program.failed
    assert outcome.program.how == "did not end within 3 s of the end of what it published"


async def test_several_streams_of_one_command_are_judged_by_their_names() -> None:
    outcome = await ran(
        *python("""
            async def main():
                async with open_publisher(URL) as one, open_publisher(URL + "2") as two:
                    await PatternPublish(Pattern(seconds=1.0), 10.0).run(one)
                    await PatternPublish(Pattern(seconds=0.6), 10.0).run(two)
            trio.run(main)
        """),
        rules=(
            "video.frames == 25", "live/stream2: video.frames == 15",
            "live/stream, live/stream2: apart.keyframes == 0", "live/x: healthy",
        ),
    )  # fmt: skip
    met = [verdict.met for verdict in outcome.verdicts]
    assert met[:3] == [True, True, True], outcome.verdicts
    assert not any(met[3:])
    assert outcome.verdicts[3].seen.startswith("nothing came of live/x; of others: live/stream")


HEADERS_ALONE = """
    async def main():
        async with open_publisher(URL) as publisher:
            for message in Pattern(seconds=0.0):
                await publisher.send(message)
            await trio.sleep({seconds})
    trio.run(main)
"""


async def test_headers_alone_are_no_stream() -> None:
    outcome = await ran(*python(HEADERS_ALONE.format(seconds=0)))
    assert not outcome.came
    assert outcome.absence == "it was announced by headers, and no frame came"


async def test_headers_alone_are_waited_for_no_longer_than_nothing() -> None:
    outcome = await ran(*python(HEADERS_ALONE.format(seconds=60)), timeout_s=4.0)
    assert not outcome.came
    assert outcome.absence == "the command sent headers, and no frame within 4 s"


async def test_an_encoder_that_stalls_is_dropped_and_judged() -> None:
    outcome = await ran(
        *publish("--defect", "stall@5:60", "--speed", "1"),
        rules=("end.reason == publish_idle_timeout", "video.frames == 5"),
        timeout_s=5.0,  # the time that a busy machine has between two frames
    )
    assert outcome.met, outcome
    assert outcome.program is not None
    assert outcome.program.failed


@pytest.mark.parametrize("enough", [Enough(frames=20), Enough(seconds=0.8)])
async def test_an_endless_command_is_stopped_when_there_is_enough(enough: Enough) -> None:
    outcome = await ran(*publish("--speed", "1", frames=100_000), enough=enough)
    assert outcome.report is not None
    assert outcome.report.facts.video is not None
    assert 20 <= outcome.report.facts.video.frames <= 40
    assert outcome.report.end is None
    assert outcome.program is not None
    assert not outcome.program.failed
    assert outcome.program.stopped.startswith("there were enough ")


async def test_all_of_it_may_take_only_so_long() -> None:
    outcome = await ran(*publish("--speed", "1", frames=100_000), max_time_s=6.0)
    assert outcome.came
    assert outcome.program is not None
    assert (outcome.program.failed, outcome.program.how) == (True, "did not end within 6 s in all")


async def test_a_reconnect_is_measured() -> None:
    outcome = await ran(
        *returning(0.3), kick_after_s=0.4,
        rules=(
            "reconnect.count == 1", "reconnect.seconds in 0.3..3", "duration.seconds < 0.6",
            "reconnect.attempts == 1", "reconnect.pauses in 0.2..3",
            "reconnect.timestamps == begin_anew",
        ),
    )  # fmt: skip
    assert outcome.met, outcome
    [first] = outcome.earlier
    assert first.end is EndReason.KICKED
    assert first.facts.clock.duration_ms == pytest.approx(400, abs=200)
    assert outcome.remarks == (
        "the first publish was ended by us, as --kick-after says",
        "the last of 2 publishes was judged",
    )


async def test_who_does_not_come_back_has_not_reconnected() -> None:
    outcome = await ran(
        *publish("--speed", "1", frames=100_000), kick_after_s=0.2,
        rules=("reconnect.seconds <= 3",),
    )  # fmt: skip
    assert (outcome.came, outcome.met) == (True, False)
    assert outcome.program is not None
    assert (outcome.program.failed, outcome.program.stopped) == (True, "")
    assert outcome.report is not None
    assert outcome.report.end is EndReason.KICKED


async def test_enough_counts_from_the_return() -> None:
    outcome = await ran(*returning(0.1), kick_after_s=0.4, enough=Enough(frames=5))
    assert len(outcome.earlier) == 1
    assert outcome.report is not None
    assert outcome.report.end is None


async def test_both_sides_of_a_relay_are_judged() -> None:
    outcome = await ran(
        *relay(), source=make_source("h264:320x240", 1.0),
        rules=("source.video.frames == 25", "video.frames == 25", "audio.codec == aac"),
    )  # fmt: skip
    assert outcome.met, outcome
    assert outcome.source is not None
    assert outcome.report is not None
    assert outcome.source.stream == "source/stream"
    assert outcome.source.facts.digests == outcome.report.facts.digests
    assert outcome.remarks == ()


async def test_a_source_that_nobody_pulls_is_remarked() -> None:
    outcome = await ran(*publish(), source=make_source("h264:320x240", 1.0))
    assert outcome.met
    assert outcome.remarks == ("nobody came to pull the source",)


async def test_an_interrupted_run_has_what_came() -> None:
    plan = RunPlan(words=publish("--speed", "1", frames=100_000), environ=os.environ)
    run = ExpectRun(plan)
    with trio.fail_after(PATIENCE_S), trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run.run)
            await run._observer.until(
                lambda: any(each.has_media for each in run._observer.publishes)
            )
            await trio.sleep(0.3)
            scope.cancel()
    outcome = outcome_of(plan, run.result, interrupted=True)
    assert outcome.met
    assert outcome.program is not None
    assert (outcome.program.failed, outcome.program.stopped) == (False, "the run was interrupted")
    assert outcome.remarks == ("interrupted: what had come by then was judged",)


async def test_a_command_that_cannot_be_run_is_told() -> None:
    with pytest.raises(ProgramStartError, match="cannot run 'no-such-encoder': No such file"):
        await ran("no-such-encoder", "{url}")


async def test_what_was_published_is_kept_as_it_came(tmp_path: Path) -> None:
    outcome = await ran(*publish(), capture=tmp_path)
    assert outcome.report is not None
    assert outcome.report.captured == str(tmp_path / "live-stream-1.flv")
    kept = report_of_file(tmp_path / "live-stream-1.flv").facts.digests
    assert kept is not None
    assert kept == outcome.report.facts.digests


async def test_there_is_time_while_the_command_runs() -> None:
    called: list[int] = []
    await ran(*publish(), meanwhile=lambda: called.append(threading.get_ident()))
    assert len(called) == 1
    assert called != [threading.get_ident()]


async def test_whoever_comes_is_judged() -> None:
    urls: list[str] = []
    ready = trio.Event()

    def on_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    plan = RunPlan(stream=None, on_ready=on_ready, rules=parse_rules(["video.frames == 10"]))
    run = ExpectRun(plan)
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run.run)
            await ready.wait()
            async with open_publisher(urls[0].replace("live/stream", "any/name")) as publisher:
                for message in Pattern.parse("h264:320x240", "none", seconds=0.38):
                    await publisher.send(message)
    outcome = outcome_of(plan, run.result)
    assert (outcome.met, outcome.target, outcome.program) == (True, "any/name", None)


async def test_who_was_thrown_out_is_waited_for_only_so_long() -> None:
    ready = trio.Event()
    urls: list[str] = []

    def on_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    plan = RunPlan(stream=None, on_ready=on_ready, kick_after_s=0.2, timeout_s=0.5)
    run = ExpectRun(plan)
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run.run)
            await ready.wait()
            with pytest.raises(PeerError):
                async with open_publisher(urls[0]) as publisher:
                    await PatternPublish(Pattern.parse("h264:320x240", "none")).run(publisher)
    outcome = outcome_of(plan, run.result)
    assert outcome.report is not None
    assert outcome.report.end is EndReason.KICKED
    assert outcome.remarks == (
        "the publisher did not publish again within 0.5 s: what had come by then was judged",
        "the first publish was ended by us, as --kick-after says",
    )


async def test_nobody_is_waited_for_only_so_long() -> None:
    plan = RunPlan(stream=None, timeout_s=0.2)
    run = ExpectRun(plan)
    with trio.fail_after(PATIENCE_S):
        await run.run()
    outcome = outcome_of(plan, run.result)
    assert outcome.absence == "whoever was to come sent no audio or video within 0.2 s"


async def test_an_address_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ListenError):
        await ran(*publish(), listen=Address("127.0.0.1", taken.getsockname()[1]))
