"""A signal ends what runs, and not what comes after it."""

from __future__ import annotations

import os
import signal

import pytest
import trio

from trio_srs.app.cli.interrupt import until_signal
from trio_srs.net.dial import DialError


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_what_runs_and_not_what_comes_after(number: signal.Signals) -> None:
    async def run() -> None:
        os.kill(os.getpid(), number)
        await trio.sleep_forever()

    assert await until_signal(run) is number
    await trio.lowlevel.checkpoint()


async def test_without_a_signal_it_ends_by_itself() -> None:
    async def run() -> None:
        await trio.lowlevel.checkpoint()

    async def fail() -> None:
        raise DialError("bad")

    assert await until_signal(run) is None
    with pytest.raises(DialError):
        await until_signal(fail)
