"""The tasks of one stream: what is made of it beside its sessions, each by itself. Floor 2."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trio_srs.hub.supervisor import RESTART, Body, RestartPolicy, SupervisedTask, Supervisor

__all__ = ["StreamTasks"]


class StreamTasks:
    """Recorders, forwarders, relays and the writers of derived forms.

    They live as long as the stream does, at most. One that was given up is remembered as long.
    """

    __slots__ = ("_stream", "_supervisor", "_tasks")

    def __init__(self, supervisor: Supervisor, stream: str) -> None:
        self._supervisor, self._stream = supervisor, stream
        self._tasks: tuple[SupervisedTask, ...] = ()

    def __iter__(self) -> Iterator[SupervisedTask]:
        """Those that run, and those that were given up, in the order in which they began."""
        return iter(self._tasks)

    def start(
        self,
        name: str,
        body: Body,
        *,
        restart: RestartPolicy = RESTART,
        on_end: Callable[[], None] | None = None,
    ) -> SupervisedTask:
        """Start one; see :meth:`.Supervisor.start`."""

        def end() -> None:
            if not task.has_failed:
                self.forget(task)
            if on_end is not None:
                on_end()

        task = self._supervisor.start(name, body, stream=self._stream, restart=restart, on_end=end)
        self._tasks += (task,)
        return task

    def forget(self, task: SupervisedTask) -> None:
        """It is of no interest any more. Idempotent."""
        self._tasks = tuple(each for each in self._tasks if each is not task)

    def cancel(self) -> None:
        """End all of them."""
        for task in self._tasks:
            task.cancel()
