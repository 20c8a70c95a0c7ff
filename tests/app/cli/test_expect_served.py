"""``expect -- COMMAND``: as it is used, with its exit codes."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests import preloaded
from tests.testing.processes import all_gone
from tests.tools.expect.commands import publish, publishing, python, relay
from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit

pytestmark = pytest.mark.interop

PROGRAM = [sys.executable, "-m", "trio_srs", "expect"]


def test_a_command_that_does_as_expected_is_well(capfd: pytest.CaptureFixture[str]) -> None:
    rules = ["--expect", "video.frames == 10", "--expect", "video.size == 320x240"]
    assert main(["expect", *rules, "--", *publish()]) == Exit.OK
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith("live/stream: h264 320x240 (10 frames), 0.4 s")
    assert lines[-1].split()[:3] == ["ok", Path(sys.executable).name, "succeeds"]


def test_a_rule_that_is_not_met_comes_before_a_command_that_failed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    words = ["--expect", "video.frames == 11", "--seconds", "60", "--", *publish("--no-such")]
    assert main(["expect", *words]) == Exit.NO_STREAM
    captured = capfd.readouterr()
    assert "exited with 2" in captured.out
    assert "unrecognized arguments: --no-such" in captured.err  # it is passed on
    failing = [sys.executable, "-c", _PUBLISH_AND_FAIL]
    assert main(["expect", "--quiet", "--", *failing]) == Exit.COMMAND_FAILED
    assert "the command exited with 7" in capfd.readouterr().out
    rule = ["--expect", "video.frames == 11"]
    assert main(["expect", "--quiet", *rule, "--", *failing]) == Exit.FAILED


_PUBLISH_AND_FAIL = f"""
import os, subprocess, sys
subprocess.run({[*publishing()][:-1]!r} + [os.environ["TRIO_SRS_URL"]], check=True)
sys.exit(7)
"""


def test_a_command_that_cannot_be_run_is_a_mistake(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["expect", "--", "no-such-encoder"]) == Exit.USAGE
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ("trio-srs: cannot run 'no-such-encoder': No such file or directory\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected URL, FILE, -- and a command, or --listen"),
        (["a.flv", "--", "x"], "expected either a.flv or a command behind --, not both"),
        (["a.flv", "--kick-after", "2s"], "--kick-after is only for -- COMMAND and --listen"),
        (["--stream", "live", "--", "x"], "--stream: 'live' has no application: expected APP/NAME"),
        (["--stream", "http://h/live/a", "--", "x"], "expected rtmp:// or rtmps://"),
        (["--stream", "source/stream", "--", "x"], "is the name of the source"),
        (["--stream", "rtmp://h/source/stream", "--", "x"], "is the name of the source"),
        (["--capture", "no/such", "--", "x"], "--capture: there is no directory no/such"),
        (["--listen", "nowhere", "--", "x"], "--listen: expected an address"),
        (["--listen", "unix:/tmp/x", "--", "x"], "--listen: expected a TCP address"),
        (["--source-seconds", "2", "--", "x"], "--source-seconds is only for --source"),
        (["--source", "h264", "--listen", ":0"], "--source is only for a command"),
        (["--source", "h264", "--", "x"], "--source PATTERN has no end"),
        (["--source", "in.mp4", "--", "x"], "'in.mp4' is no file, and no pattern"),
    ],
)
def test_words_that_make_no_sense_are_told(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["expect", *words]) == Exit.USAGE
    assert message in capsys.readouterr().err


def test_what_the_command_says_stays_out_of_standard_output(
    capfd: pytest.CaptureFixture[str],
) -> None:
    talkative = [sys.executable, "-c", f"print('chatter', flush=True)\n{_PUBLISH_AND_FAIL}"]
    assert main(["expect", "--json", "-", "--", *talkative]) == Exit.COMMAND_FAILED
    captured = capfd.readouterr()
    assert json.loads(captured.out)["command"]["returncode"] == 7
    assert "chatter" in captured.err
    assert main(["expect", "--quiet", "--", *talkative]) == Exit.COMMAND_FAILED
    assert capfd.readouterr().err == ""


_SENDING: Final = python(
    """
    async def main():
        async with open_publisher(URL) as publisher:
            pattern = Pattern(codec="h264", width=320, height=240, seconds=0.5)
            await PatternPublish(pattern).run(publisher)
            print("sending", os.getpid(), file=sys.stderr, flush=True)
            await trio.sleep_forever()
    trio.run(main)
""",
    is_fresh=True,
)
"""Publishes, says when it has sent something, and does not end."""
_PARENT: Final = (sys.executable, "-c", f"import subprocess; subprocess.call({_SENDING!r})")


@contextmanager
def sending(*options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """``expect`` while a process that its command has started is publishing; with its number."""
    words = [*PROGRAM, *options, "--", *_PARENT]
    with preloaded.popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        while not (line := process.stderr.readline()).startswith("sending"):
            pass
        yield process, int(line.split()[1])


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.TERMINATED)]
)
def test_an_interrupted_run_judges_what_has_come_and_is_no_success(
    number: int, code: Exit, tmp_path: Path
) -> None:
    junit = tmp_path / "junit.xml"
    with sending("--json", "-", "--junit", str(junit)) as (process, grandchild):
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
        assert all_gone([grandchild])
    found = json.loads(out)
    assert (process.returncode, found["exit_code"]) == (code, code)
    assert (found["interrupted"], found["met"]) == (True, True)
    assert found["command"]["stopped"] == "the run was interrupted"
    assert found["remarks"] == ["interrupted: what had come by then was judged"]
    assert junit.read_text("utf-8").startswith("<?xml")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT])
def test_no_end_of_ours_leaves_the_command_running(number: int) -> None:
    with sending() as (process, grandchild):
        process.send_signal(number)
        assert process.wait(timeout=30) == -number
        assert all_gone([grandchild])


def test_who_comes_to_our_address_is_judged() -> None:
    words = [*PROGRAM, "--listen", "127.0.0.1:0", "--expect", "video.frames == 10"]
    with preloaded.popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("trio-srs: waiting for a publisher on rtmp://127.0.0.1:")
        url = line.split()[-1].replace("live/stream", "any/name")
        assert preloaded.run(publishing(url=url), timeout=20).returncode == 0
        out, _ = process.communicate(timeout=20)
    assert process.returncode == Exit.OK
    assert out.startswith("any/name: h264 320x240 (10 frames)")


def test_an_address_that_is_taken_is_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert main(["expect", "--listen", address, "--", *publish()]) == Exit.FAILED
    captured = capfd.readouterr()
    assert captured.out == ""
    assert f"cannot listen on {address}" in captured.err


def test_a_relay_is_given_a_source(capfd: pytest.CaptureFixture[str]) -> None:
    words = ["--source", "h264:320x240+aac:48000x1", "--source-seconds", "1", "--stream", "a/b"]
    rules = ["--expect", "source.video.frames == 25", "--expect", "video.frames == 25"]
    assert main(["expect", *words, *rules, "--", *relay()]) == Exit.OK
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith("a/b: h264 320x240 (25 frames), aac 48000 Hz x1 (")
    assert lines[1].startswith("its source source/stream: h264 320x240 (25 frames)")
