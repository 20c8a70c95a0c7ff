"""Networks of addresses, and who is in them. Floor 0."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

__all__ = [
    "UNIX",
    "Network",
    "are_trusted",
    "forwarded_for",
    "is_in",
    "is_loopback",
    "parse_network",
]

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_V6: Final = 6
UNIX: Final = "unix"
"""As which every peer of a Unix-domain socket is shown."""


def parse_network(text: str) -> Network:
    """Read a network, ``10.0.0.0/8``, or one address.

    Raises:
        ValueError: it is none.
    """
    return ipaddress.ip_network(text, strict=False)


def is_in(peer: str, networks: Iterable[Network]) -> bool:
    """Whether the address of a peer, ``10.0.0.1:5000`` or ``[::1]:5000``, is in one of them; one
    without an IP address is in none. An IPv4 address that is mapped into IPv6 is that address."""
    host = peer.rpartition(":")[0].strip("[]").partition("%")[0]
    address = _address_of(host)
    return address is not None and any(address in network for network in networks)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by what it is called."""
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 6.3
        return True
    address = _address_of(host)
    return address is not None and address.is_loopback


def are_trusted(peer: str, networks: Sequence[str]) -> bool:
    """Whether a peer is in one of some networks as the configuration has them; ``unix`` is all
    peers of Unix-domain sockets."""
    if not networks:  # nearly always
        return False
    if peer == UNIX:
        return UNIX in networks
    return is_in(peer, _parsed(tuple(networks)))


def forwarded_for(said: str, proxies: Sequence[str]) -> str:
    """The client that proxies name in ``X-Forwarded-For``, ``10.0.0.1:0``: from the end, the first
    that is none of them, as whatever stands before it may be anybody's words. Empty if there is
    none, or it is no address."""
    for each in reversed(said.split(",")):
        host = each.strip()
        if host.startswith("[") or host.count(":") == 1:  # with a port, as some proxies say it
            host = host.strip("[").partition("]" if "]" in host else ":")[0]
        address = _address_of(host)
        if address is None:
            return ""
        peer = f"[{address}]:0" if address.version == _V6 else f"{address}:0"
        if not are_trusted(peer, proxies):
            return peer
    return ""


def _address_of(host: str) -> _Address | None:
    """What is mapped into IPv6 is the IPv4 address that it is; None if it is no address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@functools.lru_cache(maxsize=32)
def _parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(parse_network(each) for each in networks if each != UNIX)
