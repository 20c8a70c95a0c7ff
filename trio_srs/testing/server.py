"""A server as a test sees it: where it is, what to wait for, what there was. Floor 7."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from trio_srs.errors import PeerError

__all__ = ["NotInTimeError", "ServerHandle"]

__tracebackhide__ = True  # pytest: see channel

_ANSWER_S: Final = 10.0
"""How long the server's process may take for what needs no waiting."""


class NotInTimeError(PeerError, AssertionError):
    """What a test waited for did not come. The text says what did happen."""

    code = "not_in_time"


class ServerHandle(ABC):
    """A server that is up.

    Attributes:
        addresses: the URLs it listens on, by protocol.
    """

    addresses: Mapping[str, list[str]]

    @abstractmethod
    def _ask(self, verb: str, within_s: float, /, **words: object) -> Any:
        """Have the server do something: see :mod:`trio_srs.testing.child.serving`."""

    def url(self, stream: str = "", protocol: str = "rtmp") -> str:
        """The URL of a stream here, such as ``rtmp://127.0.0.1:40123/live/cam1``.

        Raises:
            LookupError: it does not listen for that protocol.
        """
        bases = self.addresses.get(protocol)
        if not bases:
            raise LookupError(f"this server does not listen for {protocol}")
        return f"{bases[0]}/{stream}"

    def kick(self, stream: str, detail: str = "kicked by the test") -> bool:
        """End whoever publishes a stream; whether there was anybody."""
        return bool(self._ask("kick", _ANSWER_S, stream=stream, detail=detail))
