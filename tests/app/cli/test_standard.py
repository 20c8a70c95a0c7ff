"""Output that leads nowhere good: never a traceback, and an exit code that means what it says."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.app.cli.forked import Ran, Words, run_all
from tests.app.cli.test_commands import PROGRAM, running, said
from tests.matrix import some_of
from tests.tools.files import clip, flv
from trio_srs.app.cli import standard
from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.standard import OutputError, put, put_bytes, put_error
from trio_srs.testing import bodies

NAMED: Final = bodies.metadata({"encoder": "\U0001f3a5 Käm \udcff"})
FORMS: Final = ("junit", "tap", "json", "html")
SINKS: Final = ("ascii", "unread", "closed", "full")

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A good file whose encoder has a name beyond most encodings."""
    path = tmp_path_factory.mktemp("standard") / "named.flv"
    path.write_bytes(flv([NAMED, *list(clip(2))[1:]]))
    return str(path)


@pytest.fixture(scope="module")
def live(file: str) -> Iterator[str]:
    """The URL of a stream that goes on and on."""
    with running("--set", 'rtmp.listen=["127.0.0.1:0"]') as process:
        url = f"{said(process)['rtmp'][0]}/live/standard"
        with running("publish", file, url, "--loop", "--quiet"):
            yield url


def commands(file: str) -> dict[str, tuple[list[str], Exit]]:
    """What says something without a server, and what it ends with when it can say it."""
    judged, unmet = ["expect", file], ["expect", file, "--expect", "video.fps == 7"]
    return {
        "help": (["--help"], Exit.OK),
        "version": (["--version"], Exit.OK),
        "help of a command": (["expect", "--help"], Exit.OK),
        "usage": (["expect", "--no-such"], Exit.USAGE),
        "no command": (["pubish"], Exit.USAGE),
        "check": (["--check"], Exit.OK),
        "configuration": (["--print-config"], Exit.OK),
        "bad configuration": (["--check", "--set", "rtmp.lisen=1"], Exit.USAGE),
        "subjects": (["expect", "--subjects"], Exit.OK),
        "table": ([*judged, "--expect", "video.fps ~ 25±0.5"], Exit.OK),
        "report": ([*judged, "--report"], Exit.OK),
        "unmet": ([*unmet, "--report"], Exit.FAILED),
        "github": ([*judged, "--github"], Exit.OK),
        **{f"--{form} -": ([*judged, f"--{form}", "-"], Exit.OK) for form in FORMS},
        **{f"unmet --{form} -": ([*unmet, f"--{form}", "-"], Exit.FAILED) for form in FORMS},
    }


def commands_to(file: str, live: str, other: str) -> dict[str, tuple[list[str], Exit]]:
    """The same of those that talk to a server."""
    publish = ["publish", file, "--speed", "max"]
    return {
        "expect URL": (["expect", live, "--seconds", "0.2"], Exit.OK),
        "probe": (["probe", live, "--seconds", "0.1"], Exit.OK),
        "probe --json": (["probe", live, "--seconds", "0.1", "--json"], Exit.OK),
        "play": (["play", live, "--frames", "2"], Exit.OK),
        "play --json": (["play", live, "--frames", "2", "--json"], Exit.OK),
        "play -o -": (["play", live, "--frames", "2", "-o", "-"], Exit.OK),
        "publish": ([*publish, f"{other}-a"], Exit.OK),
        "publish --json": ([*publish, f"{other}-b", "--json"], Exit.OK),
    }


def what_is_wrong(words: Words, expected: Exit, ran: Ran) -> str:
    """Empty if nothing is."""
    loses = words.out == "full" and expected in (Exit.OK, Exit.FAILED)
    right = {
        "a traceback": "Traceback" not in ran.err and "Exception ignored" not in ran.err,
        "the exit code": ran.code == (expected or (Exit.NOT_WRITTEN if loses else Exit.OK)),
        "the complaint": ("No space left on device" in ran.err) == (loses and words.err == "file"),
        "a word on the pipe": "Broken pipe" not in ran.err,
    }
    return ", ".join(what for what, is_so in right.items() if not is_so)


def all_that_is_wrong(cases: Iterable[tuple[Words, Exit]]) -> list[tuple[str, Words, Ran]]:
    cases = list(cases)
    return [
        (wrong, words, ran)
        for (words, expected), ran in zip(cases, run_all([w for w, _ in cases]), strict=True)
        if (wrong := what_is_wrong(words, expected, ran))
    ]


@pytest.mark.parametrize("sink", some_of(SINKS, "full"))
def test_no_output_of_any_command_is_a_traceback_or_another_exit_code(sink: str, file: str) -> None:
    assert not all_that_is_wrong(
        (Words(words, out=sink), expected) for words, expected in commands(file).values()
    )


@pytest.mark.parametrize("sink", some_of(("unread", "full"), "unread"))
def test_no_output_of_what_talks_to_a_server_is_either(sink: str, file: str, live: str) -> None:
    assert not all_that_is_wrong(
        (Words(words, out=sink), expected)
        for words, expected in commands_to(file, live, f"{live}-{sink}").values()
    )


def test_a_standard_error_that_leads_nowhere_changes_nothing(file: str) -> None:
    names = ("usage", "no command", "check", "bad configuration", "table", "unmet", "--json -")
    assert not all_that_is_wrong(
        (Words(words, out=out, err=sink), expected)
        for words, expected in (commands(file)[name] for name in names)
        for sink, out in (("unread", "file"), ("closed", "closed"), ("full", "full"))
    )


def test_what_an_encoding_lacks_is_an_escape_and_files_are_utf_8(file: str, tmp_path: Path) -> None:
    outputs = {form: tmp_path / form for form in FORMS}
    options = [word for form, path in outputs.items() for word in (f"--{form}", str(path))]
    [ran] = run_all([Words(["expect", file, "--report", *options], out="ascii")])
    assert ran.code == Exit.OK
    assert r"\U0001f3a5 K\xe4m \udcff" in ran.out
    for path in outputs.values():
        path.read_text("utf-8")
    assert json.loads(outputs["json"].read_text("utf-8"))["exit_code"] == 0
    assert "Käm" in outputs["html"].read_text("utf-8")


def test_a_file_that_cannot_be_written_is_an_exit_code_of_its_own(file: str) -> None:
    good = [["expect", file, f"--{form}", "/dev/full"] for form in FORMS]
    bad = [[*words, "--expect", "video.fps == 7"] for words in good]
    ran = run_all([Words(words) for words in (*good, *bad)])
    assert [each.code for each in ran] == [Exit.NOT_WRITTEN] * 4 + [Exit.FAILED] * 4
    for form, each in zip(FORMS * 2, ran, strict=True):
        assert f"--{form}: /dev/full: No space left on device" in each.err
        assert "comes" in each.out  # the table is said all the same


def test_a_recording_that_cannot_be_written_is_an_exit_code_of_its_own(live: str) -> None:
    [ran] = run_all([Words(["play", live, "-o", "/dev/full", "--seconds", "1"])])
    assert (ran.code, ran.err) == (
        Exit.NOT_WRITTEN,
        "trio-srs: /dev/full: No space left on device\n",
    )


def test_the_summary_of_a_step_that_cannot_be_written_is_told(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/dev/full")
    [ran] = run_all([Words(["expect", file, "--github"])])
    assert (ran.code, "--github: /dev/full: No space left" in ran.err) == (Exit.NOT_WRITTEN, True)


def test_a_reader_that_has_had_enough_of_a_play_ends_it_in_good_order(
    live: str, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with running("play", live, "-o", str(pipe), "--json") as process:
        with pipe.open("rb") as reader:
            assert reader.read(3) == b"FLV"
        played = said(process)
        assert (played["ended"], process.wait(timeout=30)) == ("output closed", Exit.OK)


def test_the_program_is_what_is_tested() -> None:
    assert PROGRAM[1:] == ["-m", "trio_srs"]


# ------------------------------------------------------------- in this process


class Sink(io.TextIOWrapper):
    """Text to bytes that cannot be written, for one reason or another."""

    def __init__(self, error: OSError) -> None:
        super().__init__(io.BytesIO(), encoding="ascii", errors="strict")
        self.error: OSError | None = error

    def flush(self) -> None:
        if self.error is not None:
            raise self.error


def test_a_full_disk_is_told_and_a_closed_pipe_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Sink(OSError(28, "No space left on device"))
    monkeypatch.setattr(sys, "stdout", sink)
    with pytest.raises(OutputError, match="standard output: No space left on device"):
        put("x")
    with pytest.raises(OutputError, match="standard output: No space left on device"):
        put_bytes(b"x")
    sink.error = BrokenPipeError(32, "Broken pipe")
    put("x")
    put_bytes(b"x")
    monkeypatch.setattr(sys, "stderr", sink)
    put_error("x")
    sink.error = None


def test_what_the_encoding_lacks_is_escaped_whoever_made_the_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(data, encoding="ascii"))
    put("Käm\n")
    put_bytes("ä\n".encode())
    assert data.getvalue() == b"K\\xe4m\n\xc3\xa4\n"


def test_streams_that_are_no_files_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.StringIO())
    out = sys.stdout
    standard.prepare()
    standard.settle()
    assert sys.stdout is out
