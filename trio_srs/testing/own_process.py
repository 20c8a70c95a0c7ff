"""A process of its own for a test: started, asked, ended. Floor 7."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Mapping
from typing import Any, Final

from trio_srs.testing.channel import Channel
from trio_srs.testing.fork_server import fork_server, tail

__all__ = ["OwnProcess"]

__tracebackhide__ = True  # pytest: see channel

_START_S: Final = 30.0
_END_S: Final = 5.0


class OwnProcess:
    """A process that takes orders.

    Attributes:
        pid: its number.
        greeting: what it said when it had started.
    """

    def __init__(self, role: str, words: Mapping[str, Any], who: str) -> None:
        """Start it, and wait until it is ready.

        Args:
            role: what it is for: see :data:`trio_srs.testing.child.fork_server.ROLES`.
            words: what it needs to know.
            who: what to call it in messages.

        Raises:
            ProcessRefusedError: what it was started for cannot be.
            ProcessEndedError, ProcessSilentError: it did not start.
        """
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - end() closes it
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._forked = fork_server().fork(role, words, theirs, self._log.fileno())
        except BaseException:
            ours.close()
            self._log.close()
            raise
        self.pid = self._forked.pid
        self._channel = Channel(ours, who, self._obituary, self._last_words)
        try:
            self.greeting: Any = self._channel.started(_START_S)
        except BaseException:
            self.end()
            raise

    def ask(self, verb: str, within_s: float, /, **words: object) -> Any:
        """Give the process an order: see :meth:`trio_srs.testing.channel.Channel.ask`."""
        return self._channel.ask(verb, within_s, **words)

    @property
    def is_over(self) -> bool:
        """Whether it was let go of, or killed, by us."""
        return self._log.closed

    @property
    def log(self) -> str:
        """Everything it has logged, also after its end."""
        if self._log.closed:
            return self._whole_log
        return _text(self._log.fileno())

    def end(self) -> int | None:
        """Let go of it, and wait until it has ended; returns its exit code. Idempotent."""
        if not self._log.closed:
            self._channel.close()
            self._code = self._forked.exit_code(_END_S)
            if self._code is None:
                self._code = self._forked.kill()
            self._whole_log = _text(self._log.fileno())
            self._log.close()
        return self._code

    def kill(self) -> None:
        """End it as ``kill -9`` does: nothing in it gets a last word."""
        self._forked.kill()
        self.end()

    def _obituary(self) -> str:
        code = self._forked.exit_code(_END_S)
        if code is None:
            return "does not listen any more"
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def _last_words(self) -> str:
        return tail(self._log)


def _text(log: int) -> str:
    return os.pread(log, os.fstat(log).st_size, 0).decode(errors="replace")
