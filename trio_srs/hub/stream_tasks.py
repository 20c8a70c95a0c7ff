"""The tasks of one stream: what is made of it beside its sessions, each by itself. Floor 2."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from trio_srs.hub.supervisor import (
    RESTART,
    Body,
    RestartPolicy,
    SupervisedTask,
    Supervisor,
    TaskKind,
)

__all__ = ["StreamTasks"]


class StreamTasks:
    """Recorders, forwarders, relays and the writers of derived forms.

    They live as long as the stream does, at most; outputs as long as their publish, and so long
    as they may take to finish. One that was given up is remembered as long.
    """

    __slots__ = ("_stream", "_supervisor", "_tasks")

    def __init__(self, supervisor: Supervisor, stream: str) -> None:
        self._supervisor, self._stream = supervisor, stream
        self._tasks: tuple[tuple[SupervisedTask, float], ...] = ()
        """With the seconds that each may take to finish."""

    def __iter__(self) -> Iterator[SupervisedTask]:
        """Those that run, and those that were given up, in the order in which they began."""
        return iter([task for task, _ in self._tasks])

    def start(
        self,
        name: str,
        body: Body,
        *,
        kind: TaskKind,
        restart: RestartPolicy = RESTART,
        finish_within_s: float = math.inf,
        on_end: Callable[[], None] | None = None,
    ) -> SupervisedTask:
        """Start one; see :meth:`.Supervisor.start`.

        Args:
            finish_within_s: how long it may take after :meth:`finish`.

        Raises:
            NotRunningError: there is nobody to run it.
        """

        def end() -> None:
            if not task.has_failed or task.is_finishing:
                self.forget(task)
            if on_end is not None:
                on_end()

        task = self._supervisor.start(
            name, body, kind=kind, stream=self._stream, restart=restart, on_end=end
        )
        self._tasks += ((task, finish_within_s),)
        return task

    def finish(self) -> None:
        """The publish is over: its outputs come to their end, and are forgotten then."""
        for task, within_s in self._tasks:
            if task.kind is TaskKind.OUTPUT:
                if task.has_failed:
                    self.forget(task)
                else:
                    task.finish(within_s)

    def forget(self, task: SupervisedTask) -> None:
        """It is of no interest any more. Idempotent."""
        self._tasks = tuple(each for each in self._tasks if each[0] is not task)

    def cancel(self) -> None:
        """End all of them."""
        for task, _ in self._tasks:
            task.cancel()
