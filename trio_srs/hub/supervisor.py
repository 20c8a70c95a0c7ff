"""The supervisor: what becomes of a task that fails, by one rule for all of them. Floor 2.

What fails ends alone. A bug is written to the log with one traceback and counted; the peer's
fault, or a refusal, is one line. Then the task begins again, later each time, until it has failed
too often in a row; and whoever asks is told how it stands.
"""

from __future__ import annotations

import enum
import logging
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import attrs
import trio

from trio_srs.errors import InternalError, PeerError, RefusedError

__all__ = [
    "ALWAYS",
    "ONCE",
    "RESTART",
    "Body",
    "NotRunningError",
    "ReportedError",
    "RestartPolicy",
    "SupervisedTask",
    "Supervisor",
    "TaskKind",
    "TaskState",
]

_log = logging.getLogger(__name__)

Body = Callable[[], Awaitable[None]]
"""What a task does. When it returns, the task is over; when it raises, it has failed."""


class ReportedError(InternalError):
    """A bug that was reported where it happened: whoever it ends does not report it again."""

    code = "reported"


class NotRunningError(InternalError):
    """A task was to be started, and its supervisor does not run: the server has not begun, or
    ends."""

    code = "supervisor_not_running"


class TaskKind(enum.StrEnum):
    """What a task is for."""

    SERVER = "server"
    """The server itself: a service, the broadcaster."""
    SOURCE = "source"
    """It brings a stream: a relay."""
    OUTPUT = "output"
    """It runs beside one publish: a recorder, a forwarder."""
    DERIVED = "derived"
    """It writes a form that is derived from a stream."""
    PROGRAM = "program"
    """It runs a program for a publish or a play."""
    TIMER = "timer"
    """It waits for something to be over."""


class TaskState(enum.StrEnum):
    """How a task stands."""

    RUNNING = "running"
    """It runs."""
    BACKING_OFF = "backing_off"
    """It has failed, and begins again after a pause."""
    FAILED = "failed"
    """It has failed too often in a row, and does not begin again."""


@attrs.frozen(kw_only=True)
class RestartPolicy:
    """When a task that has failed begins again."""

    first_s: float = 0.5
    """The first pause, in seconds; each further one is twice as long."""
    most_s: float = 30.0
    """The longest pause."""
    tries: float = 5
    """How often in a row it may fail; ``math.inf`` for always."""
    healthy_s: float = 60.0
    """Who ran for this long did not fail in a row."""

    def pause_s(self, failures: int) -> float | None:
        """How long to wait after so many failures in a row; None to give up."""
        if failures >= self.tries:
            return None
        return min(math.ldexp(self.first_s, min(failures, 64) - 1), self.most_s)


RESTART: Final = RestartPolicy()
"""For what may come right by itself."""
ALWAYS: Final = RestartPolicy(tries=math.inf)
"""For what is never to be given up."""
ONCE: Final = RestartPolicy(tries=1)
"""For what cannot go on in the middle."""


@attrs.define(eq=False)
class SupervisedTask:
    """One task, and how it stands. Made by :meth:`Supervisor.start`."""

    name: str
    kind: TaskKind = TaskKind.SERVER
    stream: str = ""
    """The stream that it belongs to, if any."""
    restart: RestartPolicy = RESTART
    state: TaskState = TaskState.RUNNING
    restarts: int = 0
    """How often it has begun again."""
    last_error: str = ""
    """Why it failed the last time; empty if it never has."""
    ended: trio.Event = attrs.field(factory=trio.Event)
    """Set when it is over: finished, given up or cancelled."""
    _scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    _finishing: bool = False

    @property
    def title(self) -> str:
        """What it is called in the log."""
        return f"{self.name} of {self.stream}" if self.stream else self.name

    @property
    def has_failed(self) -> bool:
        """Whether it was given up."""
        return self.state is TaskState.FAILED

    @property
    def is_ending(self) -> bool:
        """Whether it is over, or is to be before it goes on."""
        return self.ended.is_set() or self._scope.cancel_called

    @property
    def is_finishing(self) -> bool:
        """Whether it was told to come to its end."""
        return self._finishing

    def cancel(self) -> None:
        """End it now. Idempotent."""
        self._scope.cancel()

    def expire(self, within_s: float | None) -> None:
        """End it after so many seconds, or not after all: None."""
        at = math.inf if within_s is None else trio.current_time() + within_s
        self._scope.deadline = at

    def finish(self, within_s: float) -> None:
        """Let it come to its end by itself: it does not begin again, and is cancelled after so
        many seconds."""
        self._finishing = True
        if self.state is TaskState.BACKING_OFF:
            self._scope.cancel()
        self._scope.deadline = min(self._scope.deadline, trio.current_time() + within_s)

    async def run(self, body: Body, supervisor: Supervisor) -> None:
        """Run it until it is over; raises nothing but the cancellation of the caller."""
        failures = 0
        try:
            with self._scope:
                while True:
                    began = trio.current_time()
                    if await self._succeeds(body, supervisor):
                        return
                    if trio.current_time() - began >= self.restart.healthy_s:
                        failures = 0
                    failures += 1
                    pause_s = None if self._finishing else self.restart.pause_s(failures)
                    if pause_s is None:
                        break
                    self.state = TaskState.BACKING_OFF
                    await trio.sleep(pause_s)
                    self.restarts += 1
                    self.state = TaskState.RUNNING
                self.state = TaskState.FAILED
                if failures > 1:
                    _log.error(
                        "%s is given up: it failed %d times in a row",
                        self.title,
                        failures,
                        extra={"fields": self._fields()},
                    )
        finally:
            self.ended.set()

    async def _succeeds(self, body: Body, supervisor: Supervisor) -> bool:
        """Do it once; whether it came to its end. What it raised is told."""
        succeeded = False
        try:
            await body()
            succeeded = True
        except* Exception as errors:  # a cancellation beside them goes on
            self.last_error = supervisor.tell(self.title, errors, **self._fields())
        return succeeded

    def _fields(self) -> dict[str, str]:
        return {"task": self.name, **({"stream": self.stream} if self.stream else {})}


class Supervisor:
    """Runs tasks, each by itself, and counts the bugs of whatever it is told of.

    Attributes:
        internal_errors: bugs that were reported since it was made.
    """

    def __init__(self) -> None:
        self.internal_errors = 0
        self._tasks: dict[SupervisedTask, None] = {}
        self._nursery: trio.Nursery | None = None

    def __iter__(self) -> Iterator[SupervisedTask]:
        """The tasks of the server itself: those that run, and those that were given up."""
        return iter(list(self._tasks))

    @property
    def is_running(self) -> bool:
        """Whether tasks can be started."""
        return self._nursery is not None and not self._nursery.cancel_scope.cancel_called

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run what is started, until cancelled."""
        try:
            async with trio.open_nursery() as self._nursery:
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._nursery = None

    def report(self, what: str, bug: BaseException, /, **fields: object) -> None:
        """A bug of ours ended something, and nothing else.

        Args:
            what: what it ended, for the log: ``session c1``.
            fields: for the log as well.
        """
        self.internal_errors += 1
        _log.error("a bug ended %s", what, exc_info=bug, extra={"fields": fields})

    def tell(self, what: str, errors: ExceptionGroup[Exception], /, **fields: object) -> str:
        """Say of whatever failed why it did, as it deserves: a bug is reported, once; the peer's
        fault, or a refusal, is a line.

        Returns:
            the same in words.
        """
        single = list(_single(errors))
        bugs = [each for each in single if not isinstance(each, PeerError | RefusedError)]
        if not bugs:
            error = single[0]
            assert isinstance(error, PeerError | RefusedError)  # all of them are
            why = f"{error.code}: {error}"
            _log.warning("%s: %s", what, why, extra={"fields": fields})
            return why
        if not isinstance(bugs[0], ReportedError):
            self.report(what, single[0] if len(single) == 1 else errors, **fields)
        return repr(bugs[0])

    @contextmanager
    def containing(self, what: str, /, **fields: object) -> Iterator[None]:
        """Let nothing out of the block but a cancellation; what it raises is told, and that is
        all: for a connection of a service."""
        try:
            yield
        except* Exception as errors:
            self.tell(what, errors, **fields)

    def start(
        self,
        name: str,
        body: Body,
        *,
        kind: TaskKind = TaskKind.SERVER,
        stream: str = "",
        restart: RestartPolicy = RESTART,
        on_end: Callable[[], None] | None = None,
    ) -> SupervisedTask:
        """Start a task; it begins in the next pass of the scheduler.

        Args:
            name: what it does, in a word or two: the same for the same, in log and API.
            kind: what it is for. Those of the server are listed here.
            stream: the stream that it belongs to, if any.
            on_end: called, synchronously, when it is over, however that came about.

        Raises:
            NotRunningError: there is nobody to run it.
        """
        task = SupervisedTask(name, kind, stream, restart)
        if not self.is_running:
            raise NotRunningError(f"{task.title} cannot be started: its supervisor does not run")
        assert self._nursery is not None  # it is running
        self._nursery.start_soon(self._run, task, body, on_end, name=task.title)
        return task

    async def _run(
        self, task: SupervisedTask, body: Body, on_end: Callable[[], None] | None
    ) -> None:
        try:
            await self.watch(task, body)
        finally:
            if on_end is not None:
                on_end()

    async def watch(self, task: SupervisedTask, body: Body) -> None:
        """The same in the task of the caller, until it is over."""
        if task.kind is TaskKind.SERVER:
            self._tasks[task] = None
        try:
            await task.run(body, self)
        finally:
            if not task.has_failed:
                self._tasks.pop(task, None)


def _single(group: ExceptionGroup[Exception]) -> Iterator[Exception]:
    """The single errors in a group of groups."""
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _single(error)
        else:
            yield error
