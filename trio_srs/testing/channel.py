"""The test's end of the socket by which a process of its own takes orders. Floor 7.

Any number of threads may ask at once; a thread of the channel's own hears the answers. The form
of orders and answers stands in :mod:`trio_srs.testing.child.orders`.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from itertools import count
from typing import Any, Final

from trio_srs.errors import PeerError

__all__ = ["Channel", "ProcessEndedError", "ProcessRefusedError", "ProcessSilentError"]

__tracebackhide__ = True  # pytest: what went wrong went wrong elsewhere

_STARTED: Final = 0
_CHUNK: Final = 262_144


class ProcessEndedError(PeerError):
    """A process that a test needs has ended. The text has its exit code and its last words."""

    code = "process_ended"


class ProcessSilentError(PeerError):
    """A process that a test needs does not answer. The text has its last words."""

    code = "process_silent"


class ProcessRefusedError(PeerError):
    """A process was asked for something it cannot do. The text says why.

    Attributes:
        why: the code of the error there.
    """

    code = "process_refused"

    def __init__(self, message: str, why: str) -> None:
        super().__init__(message)
        self.why = why


class Channel:
    """Asks, and waits for the answer.

    Args:
        sock: the near end of the pair; closed by :meth:`close`.
        who: what to call the process in messages, such as ``"the server's process"``.
        obituary: says how the process ended; called when the other end is closed.
        last_words: the end of its log.
    """

    def __init__(
        self,
        sock: socket.socket,
        who: str,
        obituary: Callable[[], str],
        last_words: Callable[[], str],
    ) -> None:
        self._sock = sock
        self._who, self._obituary, self._last_words = who, obituary, last_words
        self._numbers = count(_STARTED + 1)
        self._sending = threading.Lock()
        self._changing = threading.Lock()
        self._started: Future[Any] = Future()
        self._waiting: dict[int, Future[Any]] = {_STARTED: self._started}
        self._over: PeerError | None = None
        self._thread = threading.Thread(target=self._hear, name=f"hears {who}", daemon=True)
        self._thread.start()

    def started(self, timeout_s: float) -> Any:
        """What the process says when it has started.

        Raises:
            ProcessRefusedError: it cannot do what it was started for.
            ProcessEndedError, ProcessSilentError: it ended, or is not ready in time.
        """
        return self._wait(self._started, _STARTED, "ready", timeout_s)

    def ask(self, verb: str, within_s: float, /, **words: object) -> Any:
        """Have something done, and return what came of it.

        Raises:
            ProcessRefusedError: it cannot be done.
            ProcessEndedError, ProcessSilentError: there was no answer.
        """
        number = next(self._numbers)
        future: Future[Any] = Future()
        with self._changing:
            if self._over is not None:
                raise type(self._over)(*self._over.args)
            self._waiting[number] = future
        line = json.dumps({"id": number, "do": verb, "with": words}).encode() + b"\n"
        with suppress(OSError), self._sending:  # if it has ended, whoever hears will say how
            self._sock.sendall(line)
        return self._wait(future, number, f"answer to {verb!r}", within_s)

    def _wait(self, future: Future[Any], number: int, what: str, timeout_s: float) -> Any:
        try:
            error = future.exception(timeout_s)
        except FutureTimeoutError:
            raise ProcessSilentError(
                f"{self._who}: no {what} within {timeout_s:g} s{self._last_words()}"
            ) from None
        finally:
            with self._changing:
                self._waiting.pop(number, None)
        if error is not None:
            raise error
        return future.result()

    def close(self) -> None:
        """Hang up, which ends the process; whoever waits for an answer is told."""
        with suppress(OSError):  # it was over anyway
            self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._sock.close()

    # --------------------------------------------------------------- in a thread

    def _hear(self) -> None:
        heard = bytearray()
        while some := self._receive():
            heard += some
            *lines, heard = heard.split(b"\n")
            for line in lines:
                self._take(json.loads(line))
        self._end()

    def _receive(self) -> bytes:
        try:
            return self._sock.recv(_CHUNK)
        except OSError:
            return b""

    def _take(self, answer: dict[str, Any]) -> None:
        with self._changing:
            future = self._waiting.pop(answer["id"], None)
        if future is None:  # whoever asked has given up
            return
        if "is" in answer:
            future.set_result(answer["is"])
        else:
            said = answer["no"]
            future.set_exception(ProcessRefusedError(said["message"], said["code"]))

    def _end(self) -> None:
        over = ProcessEndedError(f"{self._who} {self._obituary()}{self._last_words()}")
        with self._changing:
            self._over = over
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(ProcessEndedError(*over.args))
