"""What every command that connects does alike: options, errors, signals, progress."""

from __future__ import annotations

import argparse
import io
import os
import signal
import ssl
import sys

import pytest
import trio

from trio_srs.app.cli import tool
from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.tool import (
    add_connection_options,
    count,
    in_words,
    run_tool,
    seconds,
    settings_from,
    show_progress,
    until_signal,
)
from trio_srs.errors import PeerError, RefusedError
from trio_srs.net.dial import DialError
from trio_srs.testing.bodies import audio, key
from trio_srs.tools.client import ServerRefusedError
from trio_srs.tools.play import NoStreamError
from trio_srs.tools.publish import MediaFileError
from trio_srs.tools.tally import Tally
from trio_srs.wire.url import UrlError


@pytest.mark.parametrize(
    ("text", "value"), [("5", 5.0), ("0.5", 0.5), ("5s", 5.0), ("200ms", 0.2), ("2m", 120.0)]
)
def test_durations_need_no_unit(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", ".", "-1", "5 apples", "1e3", "nan"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        seconds(text)


def test_counts_are_whole_and_above_0() -> None:
    assert count("12") == 12
    for text in ("0", "-1", "1.5", "x", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="at least 1"):
            count(text)


def test_connection_options_become_settings() -> None:
    parser = argparse.ArgumentParser()
    add_connection_options(parser, "how long")
    settings = settings_from(parser.parse_args(["rtmps://h/a/b", "--timeout", "3", "--insecure"]))
    assert settings.timeout_s == 3
    assert settings.tls is not None
    assert settings.tls.verify_mode == ssl.CERT_NONE
    assert settings_from(parser.parse_args(["rtmp://h/a/b"])).tls is None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UrlError("bad"), Exit.USAGE),
        (NoStreamError("bad"), Exit.NO_STREAM),
        (ServerRefusedError("x", "NetStream.Play.StreamNotFound", "y"), Exit.NO_STREAM),
        (ServerRefusedError("x", "NetStream.Publish.BadName", "y"), Exit.FAILED),
        (DialError("bad"), Exit.FAILED),
        (MediaFileError("bad"), Exit.FAILED),
        (PeerError("bad"), Exit.FAILED),
        (RefusedError("bad"), Exit.FAILED),
    ],
)
def test_what_goes_wrong_is_a_line_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], error: Exception, code: Exit
) -> None:
    async def run() -> int:
        raise error

    assert run_tool(run) == code
    assert capsys.readouterr().err == f"trio-srs: {error}\n"


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), BaseExceptionGroup("", [BaseExceptionGroup("", [KeyboardInterrupt()])])],
)
def test_an_interrupt_before_anything_has_begun_is_a_failure(
    capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    async def run() -> int:
        raise error

    assert run_tool(run) == Exit.FAILED
    assert capsys.readouterr().err == "trio-srs: interrupted\n"


def test_a_bug_is_not_hidden() -> None:
    async def bug() -> int:
        raise ZeroDivisionError

    async def bugs() -> int:
        raise ExceptionGroup("", [ZeroDivisionError()])

    with pytest.raises(ZeroDivisionError):
        run_tool(bug)
    with pytest.raises(ExceptionGroup):
        run_tool(bugs)


def test_the_exit_code_of_a_command_is_its_own() -> None:
    async def run() -> int:
        return 4

    assert run_tool(run) == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_what_runs_and_not_what_comes_after(number: int) -> None:
    async def run() -> None:
        os.kill(os.getpid(), number)
        await trio.sleep_forever()

    assert await until_signal(run)
    await trio.lowlevel.checkpoint()


async def test_without_a_signal_it_ends_by_itself() -> None:
    async def run() -> None:
        await trio.lowlevel.checkpoint()

    async def fail() -> None:
        raise DialError("bad")

    assert not await until_signal(run)
    with pytest.raises(DialError):
        await until_signal(fail)


class Terminal(io.StringIO):
    """Somebody looks."""

    def isatty(self) -> bool:
        return True


def tally_of_two() -> Tally:
    tally = Tally()
    tally.add(key(0, 1490))
    tally.add(audio(2000, 10))
    return tally


async def test_progress_is_shown_on_a_terminal_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    asked: list[Tally] = []

    def a_word(tally: Tally) -> str:
        asked.append(tally)
        return "a word"

    monkeypatch.setattr(tool, "in_words", a_word)
    with show_progress("playing", quiet=False) as update:
        assert update is not None
        for _ in range(3):
            update(tally_of_two())
    assert len(asked) == 1
    assert "playing: a word" in terminal.getvalue()


def test_no_progress_where_nobody_looks_or_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with show_progress("playing", quiet=True) as update:
        assert update is None
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with show_progress("playing", quiet=False) as update:
        assert update is None


def test_a_tally_in_words() -> None:
    assert in_words(tally_of_two()) == "2.0 s, 1 video and 1 audio messages, 0.002 MB"
