"""Where to listen or connect: ``host:port`` or ``unix:/path``, as a value.

Floor 2, and pure: nothing is resolved or opened here.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

__all__ = ["Address"]

_EXPECTED: Final = (
    'an address such as ":1935" (every address of this host), "127.0.0.1:0" (0 is any free port), '
    '"[::1]:1935", "localhost:1935" or "unix:/path/to/socket"'
)
_HOST_PORT: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([^\s:\[\]/]*)):([0-9]{1,5})")

_ANYWHERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


@attrs.frozen
class Address:
    """A TCP host and port, or the path of a unix socket.

    ``Address.parse(str(address)) == address`` for every address that was parsed.
    """

    host: str = ""
    """A name or a literal, IPv6 without brackets. Empty is every address, IPv4 and IPv6."""
    port: int = 0
    """0 is any free port; nothing else uses 0 so."""
    path: str | None = None
    """The unix socket's path; host and port then mean nothing."""

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address.

        Raises:
            ValueError: it is none of the forms. The message has an example of each.
        """
        if text.startswith("unix:"):
            path = text.removeprefix("unix:")
            if not path or "\0" in path:
                raise ValueError(f"expected {_EXPECTED}, not {text!r}: no path after unix:")
            return cls(path=path)
        found = _HOST_PORT.fullmatch(text)
        if found is None:
            raise ValueError(f"expected {_EXPECTED}, not {text!r}")
        port = int(found[3])
        if port > 65535:
            raise ValueError(f"expected a port from 0 to 65535 in {text!r}, not {port}")
        return cls(found[1] or found[2] or "", port)

    @property
    def reachable(self) -> Address:
        """An address to connect to for one to listen on: all addresses are reached at loopback."""
        return attrs.evolve(self, host=_ANYWHERE.get(self.host, self.host))

    def url(self, scheme: str) -> str:
        """The URL of what is served here; a unix socket has none, and stays ``unix:/path``."""
        return str(self) if self.path is not None else f"{scheme}://{self}"

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
