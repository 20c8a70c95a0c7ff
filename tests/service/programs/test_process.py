"""Real programs, and what is left of them: nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import trio

from trio_srs.service.programs.process import ProgramFailedError, run_program

pytestmark = pytest.mark.interop


async def run(script: str, *arguments: str, kill_after_s: float = 5.0) -> None:
    words = ["/bin/sh", "-c", script, "sh", *arguments]
    await run_program(words, {"FACT": "a b", "PATH": os.defpath}, kill_after_s=kill_after_s)


async def file_with_text(path: Path) -> str:
    """What is in a file, as soon as there is anything."""
    file, text = trio.Path(path), ""
    with trio.fail_after(10):
        while not text.endswith("\n"):
            await trio.sleep(0.01)
            text = await file.read_text() if await file.exists() else ""
    return text.strip()


async def gone(pid: int) -> None:
    """Wait until a process has ended; whoever has become its parent may still have to see it."""
    with trio.fail_after(10):
        while not await trio.to_thread.run_sync(has_ended, pid):  # noqa: ASYNC110 - as above
            await trio.sleep(0.01)


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def test_a_program_gets_its_words_and_facts_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["/bin/sh", "-c", 'echo "$1:$FACT:$HOME" >"$0"; cat', str(out), "x; $(reboot)"]
    await run_program(words, {"FACT": "a b", "PATH": os.defpath}, kill_after_s=1.0)
    assert out.read_text() == "x; $(reboot):a b:\n"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo bad >&2; echo worse >&2; exit 3", "/bin/sh ended with 3: bad / worse"),
        ("printf 'x\\ry' >&2; exit 1", "/bin/sh ended with 1: x / y"),
        ("kill -SEGV $$", "/bin/sh was ended by SIGSEGV"),
        ("seq 20000 >&2; exit 1", "19999 / 20000"),
    ],
)
async def test_what_failed_says_how_and_its_last_words(script: str, why: str) -> None:
    with pytest.raises(ProgramFailedError) as failed:
        await run(script)
    assert str(failed.value).endswith(why)


@pytest.mark.parametrize("words", [["/nowhere/program"], ["/bin/sh", "a\0b"]])
async def test_what_cannot_be_run_says_so(words: list[str]) -> None:
    with pytest.raises(ProgramFailedError, match="cannot be run: "):
        await run_program(words, {}, kill_after_s=1.0)


@pytest.mark.parametrize("trap", ["", "trap '' TERM;"])
async def test_who_is_cancelled_takes_all_that_was_started_along(tmp_path: Path, trap: str) -> None:
    note = tmp_path / "pids"
    script = f'{trap} sleep 1000 & echo $$ $! >"$1"; while :; do sleep 0.01; done'
    async with trio.open_nursery() as nursery:

        async def forever() -> None:
            await run(script, str(note), kill_after_s=0.2)

        nursery.start_soon(forever)
        pids = [int(word) for word in (await file_with_text(note)).split()]
        nursery.cancel_scope.cancel()
    for pid in pids:
        await gone(pid)


async def test_who_ends_leaves_nobody_behind(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    await run('sleep 1000 & echo $! >"$1"', str(note))
    await gone(int(await file_with_text(note)))
