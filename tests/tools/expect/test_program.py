"""A command runs in a group of its own, is heard, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import trio

from tests.testing.processes import all_gone
from trio_srs.tools.expect.program import (
    LAST_LINES,
    ProgramStartError,
    filled_in,
    running,
)

ENVIRON: Mapping[str, str] = {"PATH": os.defpath, "TRIO_SRS_URL": "rtmp://x/live/a"}


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def test_only_what_we_know_is_filled_in() -> None:
    words = ["a", "-i{url}", '{"x": {host}}', "{}", "{other}"]
    assert filled_in(words, {"url": "rtmp://h/a/b", "host": "h"}) == [
        "a", "-irtmp://h/a/b", '{"x": h}', "{}", "{other}",
    ]  # fmt: skip


async def test_a_command_is_told_where_to_publish_and_heard_to_its_end() -> None:
    shown: list[bytes | bytearray] = []
    script = "import os, sys; sys.exit(f'{os.environ[\"TRIO_SRS_URL\"]} {sys.stdin.read()!r}')"
    with trio.fail_after(10):
        async with running(python(script), ENVIRON, show=shown.append) as program:
            await program.ended.wait()
    assert b"".join(shown) == b"rtmp://x/live/a ''\n"
    end = program.end()
    assert (end.returncode, end.failed) == (1, True)
    assert end.last_lines == ("rtmp://x/live/a ''",)
    assert 0 < end.seconds < 10


async def test_its_standard_output_goes_where_it_is_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with out.open("wb") as file, trio.fail_after(10):
        async with running(python("print(5)"), ENVIRON, stdout=file.fileno()) as program:
            await program.ended.wait()
    assert (out.read_text(), program.end().failed) == ("5\n", False)


async def test_only_the_last_lines_are_kept() -> None:
    script = (
        "import sys; w = sys.stderr.write;"
        "[w(f'{n}\\n') for n in range(100)]; w('frame=1\\rframe=2\\r\\n\\n');"
        "w('x' * 9999); w('end')"
    )
    with trio.fail_after(10):
        async with running(python(script), ENVIRON) as program:
            await program.ended.wait()
    lines = program.end().last_lines
    assert len(lines) == LAST_LINES
    assert lines[-4:-1] == ("99", "frame=1", "frame=2")
    assert lines[-1].endswith("xend")
    assert len(lines[-1]) == 500


async def test_a_command_is_asked_to_end_before_it_is_killed() -> None:
    script = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit('asked'))\n"
        "print('ready', file=sys.stderr, flush=True)\n"
        "time.sleep(60)\n"
    )
    heard = trio.Event()
    token = trio.lowlevel.current_trio_token()
    with trio.fail_after(10):
        async with running(
            python(script), ENVIRON, show=lambda _: token.run_sync_soon(heard.set)
        ) as program:
            await heard.wait()
            await program.stop()
            await program.stop()
    end = program.end(stopped="there was enough")
    assert (end.returncode, end.last_lines, end.failed) == (1, ("ready", "asked"), False)


async def test_a_command_that_does_not_listen_is_killed() -> None:
    script = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', file=sys.stderr, flush=True)\n"
        "time.sleep(60)\n"
    )
    heard = trio.Event()
    token = trio.lowlevel.current_trio_token()
    with trio.fail_after(10):
        async with running(
            python(script), ENVIRON, show=lambda _: token.run_sync_soon(heard.set)
        ) as program:
            await heard.wait()
            await program.stop(0.1)
    end = program.end(hung="did not end")
    assert (end.returncode, end.failed, end.how) == (-signal.SIGKILL, True, "did not end")


@pytest.mark.parametrize("deaf", [False, True])
async def test_what_a_command_leaves_behind_is_ended_too(tmp_path: Path, deaf: bool) -> None:
    """Its child holds its standard error open, and may not listen to SIGTERM."""
    child = "import signal, time;"
    child += "signal.signal(signal.SIGTERM, signal.SIG_IGN);" if deaf else ""
    child += f"open({str(tmp_path / 'up')!r}, 'w').close(); time.sleep(60)"
    script = (
        "import os, subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        f"while not os.path.exists({str(tmp_path / 'up')!r}): time.sleep(0.01)\n"
        "print(p.pid, file=sys.stderr)"
    )
    with trio.fail_after(10):
        async with running(python(script), ENVIRON) as program:
            await program.ended.wait()
    [pid] = program.end().last_lines
    with trio.fail_after(5):
        assert await trio.to_thread.run_sync(all_gone, [int(pid)])
    assert program.end().returncode == 0


async def test_leaving_the_block_ends_the_command() -> None:
    with trio.fail_after(10):
        async with running(python("import time; time.sleep(60)"), ENVIRON) as program:
            pass
    assert program.returncode == -signal.SIGTERM
    with trio.fail_after(10), trio.CancelScope() as scope:
        async with running(python("import time; time.sleep(60)"), ENVIRON) as program:
            scope.cancel()
            await trio.sleep_forever()
    assert program.returncode == -signal.SIGTERM


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("no-such-program", "No such file or directory"),
        ("/etc/passwd", "Permission denied"),
        ("a\0b", "embedded null byte"),
    ],
)
async def test_a_command_that_cannot_be_run_is_told(word: str, why: str) -> None:
    with pytest.raises(ProgramStartError, match=why):
        async with running([word], ENVIRON):
            raise AssertionError("it was run")
