"""What every command that connects does alike: options, errors, signals, progress."""

from __future__ import annotations

import argparse
import io
import ssl
import sys

import pytest

from trio_srs.app.cli import tool
from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.standard import OutputError
from trio_srs.app.cli.tool import (
    add_connection_options,
    in_words,
    run_tool,
    settings_from,
    show_progress,
)
from trio_srs.errors import PeerError, RefusedError
from trio_srs.net.dial import DialError
from trio_srs.net.rtmp_client import ServerRefusedError
from trio_srs.testing.bodies import audio, key
from trio_srs.tools.play import NoStreamError
from trio_srs.tools.publish import MediaFileError
from trio_srs.tools.tally import Tally
from trio_srs.wire.url import UrlError


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
        (OutputError("bad"), Exit.NOT_WRITTEN),
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
def test_an_interrupt_before_anything_has_begun_is_no_success(
    capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    async def run() -> int:
        raise error

    assert run_tool(run) == Exit.INTERRUPTED
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
