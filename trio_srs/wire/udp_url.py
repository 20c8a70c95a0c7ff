"""URLs of MPEG transport streams in datagrams. Floor 0.

Source:
    None: it is what ffmpeg and VLC made usual. ``udp://@239.1.2.3:5000`` and ``udp://:5000`` are
    where to listen.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final, Self

import attrs

from trio_srs.wire.url import UrlError

__all__ = ["UdpUrl"]

_FORM: Final = re.compile(
    r"udp://@?(?:\[([0-9A-Fa-f:.]+)\]|([^\s/?#@:\[\]]*)):([0-9]{1,5})/?(?:\?.*)?", re.IGNORECASE
)


@attrs.frozen
class UdpUrl:
    """A ``udp://`` URL: where datagrams come to."""

    host: str
    """Lower case; empty: every address of this machine."""
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a URL apart. Parameters, as ffmpeg has them, are passed over.

        Raises:
            UrlError: another form, or a bad port.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise UrlError(f"{text!r} is no UDP URL: expected udp://[host]:port")
        port = int(found[3])
        if not 0 < port < 2**16:
            raise UrlError(f"{text!r} has port {port}, expected 1 to 65535")
        return cls((found[1] or found[2] or "").lower(), port)

    @property
    def is_multicast(self) -> bool:
        """Whether datagrams come to a group that has to be joined."""
        try:
            return ip_address(self.host).is_multicast
        except ValueError:  # a name, or nothing
            return False

    @property
    def authority(self) -> str:
        """As a URL has it, with an IPv6 address in brackets; without a host, ``:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
