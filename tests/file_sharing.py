"""Who runs which file: some processes first what waits, the others only what computes.

Files of the first kind hold real conversations: with clients, servers and tests of somebody, over
ports and in real time. They leave a processor idle most of the time, and several together do not.
Those of the second never wait for anything. To keep processors busy from beginning to end, and have
those who wait find one free when they go on, both kinds are run side by side, the second by
processes that step back.
"""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScheduling
from xdist.workermanage import WorkerController

__all__ = ["COMPUTES", "NICENESS", "FileSharing", "computes", "most_processes", "waits"]

COMPUTES: Final = "computes"
"""Whether a process is one of the second kind, in what it is told at its start."""
NICENESS: Final = 5
"""By how much those step back."""
_OF_EACH_PROCESSOR: Final = 2.5
"""Processes of either kind: three that wait and two that compute on two processors."""

_WAITING: Final = (
    "tests/app/cli/",
    "tests/clients/",
    "tests/interop/",
    "tests/server/",
    "tests/service/api/routes/test_sessions.py",
    "tests/service/programs/",
    "tests/test_",
    "tests/testing/",
    "tests/tools/expect/test_guard.py",
    "tests/tools/expect/test_run.py",
    "tests/tools/load/test_run.py",
)
"""What paths of files begin with that wait."""


def most_processes(processors: int) -> int:
    """How many keep so many processors busy."""
    return max(1, int(processors * _OF_EACH_PROCESSOR))


def computes(position: int) -> bool:
    """Whether a process computes: every second of them."""
    return position % 2 == 1


def waits(file: str) -> bool:
    """Whether a file is of the first kind."""
    return file.startswith(_WAITING)


class FileSharing(LoadScheduling):
    """Gives each process the first file of its kind, and whoever waits those that are left.

    Files have to be in the order in which they are to be run.
    """

    def _send_tests(self, node: WorkerController, num: int) -> None:
        if node.shutting_down:
            return
        for _ in range(num):
            position = self._next(node)
            if position is None:
                break
            self.pending.remove(position)
            self.node2pending[node].append(position)
            node.send_runtest_some([position])
        else:
            return
        if self.pending:
            node.shutdown()  # it runs what it has been given, and would wait for more

    def _next(self, node: WorkerController) -> int | None:
        """The file that a process is to have, if there is one for it."""
        assert self.collection is not None
        is_of_second_kind = _is_of_second_kind(node)
        wanted = (at for at in self.pending if waits(self.collection[at]) != is_of_second_kind)
        first = next(wanted, None)
        if first is not None or (is_of_second_kind and self._is_left_to_others()):
            return first
        return next(iter(self.pending), None)

    def _is_left_to_others(self) -> bool:
        """Whether what waits is not for all.

        It is if there are but a few files, or nobody of the first kind, who may have crashed.
        """
        assert self.collection is not None
        others = (not (_is_of_second_kind(node) or node.shutting_down) for node in self.nodes)
        return any(others) and len(self.collection) >= 2 * len(self.nodes)


def _is_of_second_kind(node: WorkerController) -> bool:
    return bool(node.workerinput.get(COMPUTES, False))
