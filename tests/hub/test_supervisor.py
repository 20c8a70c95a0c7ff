"""The supervisor: what fails ends alone, is told once, and begins again later each time."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from trio_srs.errors import PeerError, RefusedError
from trio_srs.hub.supervisor import (
    ONCE,
    NotRunningError,
    ReportedError,
    RestartPolicy,
    SupervisedTask,
    Supervisor,
    TaskKind,
    TaskState,
)

POLICY = RestartPolicy(first_s=1.0, most_s=4.0, tries=4, healthy_s=10.0)


@asynccontextmanager
async def supervising() -> AsyncIterator[Supervisor]:
    """A supervisor that runs."""
    supervisor = Supervisor()
    async with trio.open_nursery() as nursery:
        await nursery.start(supervisor.run)
        yield supervisor
        nursery.cancel_scope.cancel()


class Flaky:
    """Fails so many times, and then goes on until it is cancelled; notes when it began."""

    def __init__(self, times: float, error: Exception) -> None:
        self.times, self.error = times, error
        self.began: list[float] = []

    async def run(self) -> None:
        self.began.append(trio.current_time())
        if len(self.began) <= self.times:
            raise self.error
        await trio.sleep_forever()


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str, bool]]:
    """Level and text of what was logged, and whether there is a traceback."""
    return [(it.levelno, it.getMessage(), bool(it.exc_info)) for it in caplog.records]


async def test_a_task_that_returns_is_over(autojump_clock: MockClock) -> None:
    ends: list[str] = []

    async def body() -> None:
        await trio.sleep(1)

    async with supervising() as supervisor:
        task = supervisor.start("nap", body, on_end=lambda: ends.append("nap"))
        await wait_all_tasks_blocked()
        assert list(supervisor) == [task]
        assert (task.state, task.title) == (TaskState.RUNNING, "nap")
        await task.ended.wait()
        await wait_all_tasks_blocked()
        assert list(supervisor) == []
        assert ends == ["nap"]


async def test_what_fails_begins_again_later_each_time_until_it_is_given_up(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    flaky = Flaky(math.inf, KeyError("the bug"))
    async with supervising() as supervisor:
        began = trio.current_time()
        task = supervisor.start(
            "form ts", flaky.run, kind=TaskKind.DERIVED, stream="live/a", restart=POLICY
        )
        await trio.sleep(0.5)
        assert task.state is TaskState.BACKING_OFF
        await task.ended.wait()
        assert [at - began for at in flaky.began] == [0, 1, 3, 7]
        assert (task.state, task.restarts) == (TaskState.FAILED, 3)
        assert task.last_error == "KeyError('the bug')"
        assert supervisor.internal_errors == 4
        assert list(supervisor) == []  # it is the stream's, and not the server's
    said = lines(caplog)
    assert said[:-1] == [(logging.ERROR, "a bug ended form ts of live/a", True)] * 4
    assert said[-1] == (
        logging.ERROR, "form ts of live/a is given up: it failed 4 times in a row", False
    )  # fmt: skip
    assert vars(caplog.records[0])["fields"] == {"task": "form ts", "stream": "live/a"}


async def test_a_task_of_the_server_that_was_given_up_is_still_listed(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with supervising() as supervisor:
        task = supervisor.start("reports", Flaky(1, KeyError()).run, restart=ONCE)
        await task.ended.wait()
        assert list(supervisor) == [task]
        assert task.state is TaskState.FAILED
    assert [text for _, text, _ in lines(caplog)] == ["a bug ended reports"]


async def test_who_ran_long_enough_has_not_failed_in_a_row(autojump_clock: MockClock) -> None:
    began: list[float] = []

    async def body() -> None:
        began.append(trio.current_time())
        await trio.sleep(10 if len(began) == 3 else 0)
        raise KeyError

    async with supervising() as supervisor:
        task = supervisor.start("relay", body, restart=POLICY)
        await task.ended.wait()
    assert [at - began[0] for at in began] == [0, 1, 3, 14, 16, 20]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PeerError("the origin is gone"), "peer_error: the origin is gone"),
        (RefusedError("live/a is taken"), "refused: live/a is taken"),
    ],
)
async def test_what_a_peer_did_or_was_refused_is_no_bug(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, error: Exception, told: str
) -> None:
    flaky = Flaky(1, error)
    async with supervising() as supervisor:
        task = supervisor.start("relay", flaky.run, stream="live/a", restart=POLICY)
        await trio.sleep(5)
        assert (task.state, task.restarts, task.last_error) == (TaskState.RUNNING, 1, told)
        assert supervisor.internal_errors == 0
    assert lines(caplog) == [(logging.WARNING, f"relay of live/a: {told}", False)]


async def test_a_bug_beside_a_peers_fault_is_a_bug(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    inner = ExceptionGroup("", [PeerError("gone"), KeyError("the bug")])
    flaky = Flaky(1, ExceptionGroup("", [inner, PeerError("gone as well")]))
    async with supervising() as supervisor:
        task = supervisor.start("relay", flaky.run, restart=ONCE)
        await task.ended.wait()
        assert task.last_error == "KeyError('the bug')"
        assert supervisor.internal_errors == 1
    assert lines(caplog) == [(logging.ERROR, "a bug ended relay", True)]


async def test_what_was_reported_is_not_reported_again(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with supervising() as supervisor:
        task = supervisor.start("relay", Flaky(1, ReportedError("known")).run, restart=ONCE)
        await task.ended.wait()
        assert (task.state, supervisor.internal_errors) == (TaskState.FAILED, 0)
        assert "known" in task.last_error
    assert lines(caplog) == []


async def test_a_task_can_be_cancelled_and_others_go_on(autojump_clock: MockClock) -> None:
    async with supervising() as supervisor:
        one, other = (supervisor.start(name, trio.sleep_forever) for name in ("one", "other"))
        await wait_all_tasks_blocked()
        one.cancel()
        await one.ended.wait()
        await wait_all_tasks_blocked()
        assert list(supervisor) == [other]


async def test_a_bug_on_the_way_out_is_told_and_the_cancellation_goes_on(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise KeyError("the bug")

    async def body() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail)
            nursery.start_soon(trio.sleep_forever)

    async with supervising() as supervisor:
        task = supervisor.start("form", body, restart=POLICY)
        await wait_all_tasks_blocked()
        task.cancel()
        await task.ended.wait()
        assert (task.restarts, supervisor.internal_errors) == (0, 1)
    assert lines(caplog) == [(logging.ERROR, "a bug ended form", True)]


async def test_who_is_to_finish_has_so_long_and_does_not_begin_again(
    autojump_clock: MockClock,
) -> None:
    async def fail_later() -> None:
        await trio.sleep(1)
        raise PeerError("late")

    async with supervising() as supervisor:
        began = trio.current_time()
        slow = supervisor.start("slow", trio.sleep_forever)
        waiting = supervisor.start("waiting", Flaky(9, PeerError()).run, restart=POLICY)
        late = supervisor.start("late", fail_later, restart=POLICY)
        await trio.sleep(0.5)
        for task in (slow, waiting, late):
            task.finish(3.0)
        await waiting.ended.wait()
        assert trio.current_time() - began == 0.5
        await late.ended.wait()
        assert (trio.current_time() - began, late.state) == (1, TaskState.FAILED)
        await slow.ended.wait()
        assert trio.current_time() - began == 3.5


async def test_nothing_is_started_where_nobody_runs_it(autojump_clock: MockClock) -> None:
    supervisor = Supervisor()
    with pytest.raises(NotRunningError, match="nap of cam cannot be started"):
        supervisor.start("nap", trio.sleep_forever, stream="cam")
    async with supervising() as supervisor:
        assert supervisor.is_running
    assert not supervisor.is_running


async def test_a_task_may_be_watched_where_one_is(autojump_clock: MockClock) -> None:
    supervisor, flaky = Supervisor(), Flaky(1, PeerError())
    with trio.move_on_after(10):
        await supervisor.watch(SupervisedTask("service", restart=POLICY), flaky.run)
    assert len(flaky.began) == 2
    assert list(supervisor) == []


@pytest.mark.parametrize(
    ("failures", "pause"), [(1, 0.5), (2, 1.0), (3, 2.0), (7, 30.0), (10_000, 30.0)]
)
def test_pauses_double_up_to_the_longest(failures: int, pause: float) -> None:
    assert RestartPolicy(tries=math.inf).pause_s(failures) == pause
    assert RestartPolicy(tries=failures).pause_s(failures) is None


async def test_a_block_that_is_contained_lets_nothing_out_but_a_cancellation(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = Supervisor()
    for error in (KeyError("the bug"), PeerError("gone"), ReportedError("known")):
        with supervisor.containing("a viewer", peer="10.0.0.1"):
            raise error
    assert lines(caplog) == [
        (logging.ERROR, "a bug ended a viewer", True),
        (logging.WARNING, "a viewer: peer_error: gone", False),
    ]
    assert supervisor.internal_errors == 1
    with trio.move_on_after(1) as scope, supervisor.containing("a viewer"):
        await trio.sleep_forever()
    assert scope.cancelled_caught
