"""What a test pretends of this host's names, and asks of its network."""

from __future__ import annotations

import socket
from typing import Any, Final

import attrs
import pytest
import trio

__all__ = ["needs_ipv6", "never_answers", "stands_for"]


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6: Final = pytest.mark.skipif(not _has_ipv6(), reason="this host has no IPv6")


@attrs.frozen
class _Resolver(trio.abc.HostnameResolver):
    """Knows the addresses of every name, or takes for ever to find them."""

    addresses: tuple[str, ...]

    async def getaddrinfo(self, host: Any, port: Any, *_args: Any, **_kwargs: Any) -> Any:
        await trio.lowlevel.checkpoint()
        if not self.addresses:
            await trio.sleep_forever()
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in self.addresses
        ]

    async def getnameinfo(self, sockaddr: Any, flags: int) -> Any:
        raise AssertionError("nobody asks for names")


def stands_for(*addresses: str) -> None:
    """Every name looked up in this run stands for these addresses."""
    trio.socket.set_custom_hostname_resolver(_Resolver(addresses))


def never_answers() -> None:
    """No name looked up in this run is ever found, nor said to be unknown."""
    stands_for()
