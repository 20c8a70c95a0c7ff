"""A storm: connect, shake hands, close, as often and as fast as it goes. Floor 6."""

from __future__ import annotations

import errno
import socket
import time
from collections import Counter
from collections.abc import Sequence

from trio_srs.tools.load.client import C0_C1, S0_S1_S2_SIZE, LoadClient, connecting_socket
from trio_srs.tools.load.loop import READ, WRITE, Loop
from trio_srs.tools.load.plan import LoadPlan
from trio_srs.tools.load.workload import PATIENCE_S, Raw, Workload

__all__ = ["Storm"]


class Storm(Workload):
    """As many connections open at once as the plan says, until all have been."""

    def __init__(self, loop: Loop, plan: LoadPlan) -> None:
        super().__init__(loop, plan)
        self._left = len(plan.numbers)
        self._open = 0
        self._progress_at = time.monotonic()
        self._reasons: Counter[str] = Counter()
        self.times_s: list[float] = []

    @property
    def clients(self) -> Sequence[LoadClient]:
        return ()

    def start(self) -> None:
        self._progress_at = time.monotonic()
        for _ in range(min(self.plan.inflight, self._left)):
            self.start_one(0)

    def start_one(self, number: int) -> None:
        """One connection; when it is over the next one begins."""
        if self._left:
            self._left -= 1
            self._open += 1
            _Shake(self).begin()

    @property
    def is_settled(self) -> bool:
        """Whether all are done, or nothing has happened for long."""
        stuck = time.monotonic() - self._progress_at > PATIENCE_S
        return stuck or (not self._left and not self._open)

    def over(self, began_at: float, failure: str) -> None:
        """A connection has ended, well if ``failure`` is empty."""
        self._progress_at = time.monotonic()
        if failure:
            self._reasons[failure] += 1
        else:
            self.times_s.append(self._progress_at - began_at)
        self._open -= 1
        # From the loop, not from here: a thousand refusals in a row are no recursion.
        self.loop.later(lambda: self.start_one(0))

    def raw(self) -> Raw:
        done = len(self.times_s)
        return super().raw() | {
            "connected": done,
            "failed": len(self.plan.numbers) - done,
            "active": done,
            "reasons": self._reasons,
            "handshakes": done,
            "handshake_ms": [round(each * 1000, 3) for each in self.times_s],
        }


class _Shake:
    """A connection that shakes hands and is closed."""

    def __init__(self, storm: Storm) -> None:
        self._storm = storm
        self._got = bytearray()
        self._began_at = 0.0
        self._sock: socket.socket | None = None

    def begin(self) -> None:
        self._began_at = time.monotonic()
        try:
            self._sock = connecting_socket(self._storm.plan.address)
        except OSError as error:
            self._end(errno.errorcode.get(error.errno or 0, str(error)))
        else:
            self._storm.loop.add(self._sock.fileno(), WRITE, self._connected)

    def _connected(self, _events: int) -> None:
        assert self._sock is not None
        try:
            self._sock.send(C0_C1)  # an empty buffer takes it whole, or the connection failed
        except OSError as error:
            self._end(errno.errorcode.get(error.errno or 0, str(error)))
            return
        loop, fd = self._storm.loop, self._sock.fileno()
        loop.remove(fd)
        loop.add(fd, READ, self._readable)

    def _readable(self, _events: int) -> None:
        assert self._sock is not None
        try:
            data = self._sock.recv(8192)
            self._got += data
            if len(self._got) >= S0_S1_S2_SIZE:
                self._sock.send(self._got[1:1537])
                self._end("")
            elif not data:
                self._end("closed by the server")
        except BlockingIOError:
            return
        except OSError as error:
            self._end(errno.errorcode.get(error.errno or 0, str(error)))

    def _end(self, failure: str) -> None:
        if self._sock is not None:
            self._storm.loop.remove(self._sock.fileno())
            self._sock.close()
        self._storm.over(self._began_at, failure)
