"""A worker process: a plan as its argument, orders on its input, answers on its output. Floor 6.

All is JSON, a line each. Orders are ``{"do": "begin", "round_s": 0.02}``,
``{"do": "end"}`` and ``{"do": "quit"}``. Answers are ``{"event": ...}``: ``settled`` once, before
the first order is expected; ``begun``; ``window`` with the figures.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
from contextlib import suppress
from typing import IO, Any, Final

from trio_srs.errors import TrioSrsError
from trio_srs.tools.load.loop import READ, Loop
from trio_srs.tools.load.plan import LoadPlan
from trio_srs.tools.load.workload import Workload
from trio_srs.tools.load.workloads import workload

__all__ = ["LoadWorker", "main", "raise_file_limit"]

_CHECK_S: Final = 0.02


def raise_file_limit() -> None:
    """Let this process have as many descriptors as it may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class LoadWorker:
    """Carries out one plan.

    Args:
        orders: the descriptor that orders are read from; its end is an order to quit.
        answers: where answers are written to.

    Raises:
        LoadRefusedError: the plan's source cannot be used.
        OSError: the plan's source cannot be read.
    """

    def __init__(self, plan: LoadPlan, orders: int, answers: IO[str]) -> None:
        self._plan = plan
        self._loop = Loop()
        self._load: Workload = workload(self._loop, plan)
        self._orders, self._answers = orders, answers
        self._heard = b""
        self._began_at = 0.0

    def run(self) -> None:
        """Until told to quit, or left alone."""
        self._loop.add(self._orders, READ, self._hear)
        if self._plan.load.ends_by_itself:
            self._tell("settled")
        else:
            self._load.start()
            self._await_settled("settled")
        self._loop.run()
        self._load.close()
        self._loop.close()

    def _await_settled(self, event: str) -> None:
        if not self._load.is_settled:
            self._loop.at(time.monotonic() + _CHECK_S, lambda: self._await_settled(event))
        elif event == "settled":
            self._tell(event)
        else:
            self._end()

    def _hear(self, _events: int) -> None:
        some = os.read(self._orders, 65536)
        if not some:  # whoever gave orders is gone
            self._loop.stop()
        *lines, self._heard = (self._heard + some).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))

    def _obey(self, order: dict[str, Any]) -> None:
        match order["do"]:
            case "begin":
                self._loop.round_s = order["round_s"]
                self._begin()
            case "end":
                self._end()
            case _:
                self._loop.stop()

    def _begin(self) -> None:
        self._began_at = time.monotonic()
        self._load.begin()
        self._tell("begun")
        if self._plan.load.ends_by_itself:
            self._load.start()
            self._await_settled("window")

    def _end(self) -> None:
        load = self._load
        load.end()
        now = time.monotonic()
        seconds = now - self._began_at
        self._loop.at(
            now + load.late_s, lambda: self._tell("window", seconds=seconds, **load.raw())
        )

    def _tell(self, event: str, **more: Any) -> None:
        _tell(self._answers, event, **more)


def _tell(answers: IO[str], event: str, **more: Any) -> None:
    """Write one answer; nobody may be left to read it."""
    with suppress(BrokenPipeError):
        answers.write(json.dumps({"event": event, **more}) + "\n")
        answers.flush()


def main() -> int:
    """Run one worker.

    Returns:
        the exit code: 0, or 1 when the plan could not be carried out.
    """
    raise_file_limit()
    try:
        worker = LoadWorker(LoadPlan.parse(sys.argv[1]), sys.stdin.fileno(), sys.stdout)
    except (TrioSrsError, OSError) as error:
        _tell(sys.stdout, "failed", reason=str(error))
        return 1
    # Nothing here makes cycles while it runs, and a collection would be seen as lag.
    gc.freeze()
    gc.disable()
    worker.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
