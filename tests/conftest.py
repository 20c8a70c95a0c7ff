"""What holds for every test: a deadline for the asynchronous ones, and hypothesis profiles."""

from __future__ import annotations

import atexit
import functools
import gc
import inspect
import os
import shutil
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
import trio
from hypothesis import HealthCheck, settings
from trio.testing import MockClock

from tests import assertions, by_file, forked_workers
from tests.file_sharing import most_processes

DEADLINE: Final = 20.0
"""Seconds of an asynchronous test without a ``timeout`` mark of its own."""

SHARE_OF_TIMEOUT: Final = 0.8
"""With such a mark: this much of it, so that Trio ends the test before pytest-timeout kills it."""

EXAMPLE_DEADLINE: Final = 2.0
"""Seconds of one example of a law."""

VIRTUAL_DEADLINE: Final = 30 * 24 * 3600.0
"""Under a mock clock. Autojump leaps here at once when everybody waits for ever."""

GARBAGE: Final = 50_000
"""New objects until the collector looks. With its own 700, tests take a fifth longer."""

gc.set_threshold(GARBAGE, 20, 20)
assertions.use()

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As background jobs of a shell have it, and hand it on to what they start: tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)

if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    # As images of containers have it: each process that a test starts would compile all anew.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = tempfile.mkdtemp(prefix="pycache")
    atexit.register(shutil.rmtree, sys.pycache_prefix, ignore_errors=True)

# Each run of the first draws others, and the second thousands: what one misses, another finds.
# How long it takes to draw one says on a busy machine how busy that is.
_ANY: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", _ANY, max_examples=10)
settings.register_profile("long", _ANY, max_examples=5_000)
_ALIKE: Final = settings(_ANY, derandomize=True, database=None, print_blob=True)
settings.register_profile("ci", _ALIKE, max_examples=10)
settings.register_profile("more", _ALIKE, max_examples=50)
settings.load_profile("ci" if os.environ.get("CI") else "quick")


def deadline_of(item: pytest.Item) -> float:
    """Seconds of real time that an asynchronous test may take."""
    mark = item.get_closest_marker("timeout")
    if mark is None:
        return DEADLINE
    timeout = mark.args[0] if mark.args else mark.kwargs["timeout"]
    return float(timeout) * SHARE_OF_TIMEOUT


Test = Callable[..., Awaitable[None]]


def limited(test: Test, seconds: float) -> Test:
    """The same test; past its deadline it fails with ``TooSlowError``, its tasks cleaned up.

    Called again after that, as hypothesis does when it looks for a smaller example, it fails
    at once: a law that hangs costs one deadline, not one for every example.
    """
    left = seconds

    @functools.wraps(test)
    async def run(*args: Any, **kwargs: Any) -> None:
        nonlocal left
        virtual = isinstance(trio.lowlevel.current_clock(), MockClock)
        try:
            with trio.fail_after(VIRTUAL_DEADLINE if virtual else left):
                await test(*args, **kwargs)
        except trio.TooSlowError:
            left = 0
            raise

    return run


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Of ``-n auto``: as many as keep all processors busy."""
    return most_processes(os.cpu_count() or 1)


def pytest_configure(config: pytest.Config) -> None:
    """Share out whole runs file by file, and fork the processes that they are shared out to.

    What tests import of their neighbours tells values of assertions too.
    """
    pytest.register_assert_rewrite("tests")
    if by_file.register(config):
        forked_workers.register(config)


def pytest_collection_finish() -> None:
    """Leave the thousands of tests out of what the collector looks through from now on."""
    gc.collect()
    gc.freeze()


DEAREST: Final = 25


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Where the time went, in CI: what the README says it takes is kept by who sees it grow.

    A run that is shared out keeps all processors busy: it takes as long as it computes, and what
    waits for something takes nothing.
    """
    if not os.environ.get("CI"):
        return
    seconds: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid.partition("::")[0]] += report.duration
    computed = config.stash.get(by_file.PROCESSOR_SECONDS, {})
    dearest = sorted(seconds, key=lambda file: (computed.get(file, 0.0), seconds[file]))
    terminalreporter.section(
        f"seconds of processors ({sum(computed.values()):.0f} in all) "
        f"and of processes ({sum(seconds.values()):.0f})"
    )
    for file in dearest[: -DEAREST - 1 : -1]:
        told = f"{computed[file]:7.1f}" if file in computed else " " * 7
        terminalreporter.write_line(f"{told} {seconds[file]:7.1f}  {file}")


APART: Final = (
    *("browser", "contrib", "decoded", "described", "documented", "faults"),
    *("installed", "long", "matrix", "packagers"),
)
"""Groups of tests that have a session of their own."""
SLOW_MARKS: Final = ("interop", "property", "slow")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as ``apart`` what has a session of its own, and as ``quick`` what else needs neither
    time nor ports nor many examples.

    Refuse parameters that come in another order in each process: pytest-xdist then runs none.
    """
    for item in items:
        for mark in item.iter_markers("parametrize"):
            values = mark.args[1] if mark.args[1:] else mark.kwargs.get("argvalues")
            if isinstance(values, set | frozenset):
                raise pytest.UsageError(f"{item.nodeid}: its parameters are a set: sort it")
        if any(item.get_closest_marker(mark) for mark in APART):
            item.add_marker("apart")
        elif not any(item.get_closest_marker(mark) for mark in SLOW_MARKS):
            item.add_marker("quick")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give every asynchronous test a deadline.

    A fixture cannot: a cancel scope around the ``yield`` of an asynchronous fixture hangs.
    pytest-timeout stays as the second line, for loops that never await.
    """
    if not isinstance(item, pytest.Function):
        return
    if inspect.iscoroutinefunction(item.obj):
        item.obj = limited(item.obj, deadline_of(item))
    # Of a hypothesis test, the function inside. Parametrized items share it: wrap it once.
    law = getattr(item.obj, "hypothesis", None)
    inner = getattr(law, "inner_test", None)
    if law and inspect.iscoroutinefunction(inner) and not hasattr(inner, "__wrapped__"):
        law.inner_test = limited(inner, EXAMPLE_DEADLINE)
