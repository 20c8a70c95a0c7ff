"""Connect to a peer, over TCP, TLS or a Unix-domain socket. Floor 2."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, Final, TypeAlias

import trio

from trio_srs.errors import PeerError
from trio_srs.net.address import Address
from trio_srs.net.tcp import SocketOptions, SocketTransport, apply, show_address
from trio_srs.net.tls import TlsHandshakeError, TlsTransport
from trio_srs.net.transport import Transport

__all__ = ["STAGGER_S", "DialError", "dial", "dial_unix"]

STAGGER_S: Final = 0.25
"""Seconds that one address gets before the next is tried beside it (RFC 8305, 5)."""

_DEFAULTS: Final = SocketOptions()
_Target: TypeAlias = "tuple[int, Any]"  # family and socket address


class DialError(PeerError):
    """No connection came about. The text says to which address, and why."""

    code = "dial_failed"


async def dial(
    host: str,
    port: int,
    *,
    timeout: float,  # noqa: ASYNC109  # the deadline is part of the promise, and of the error
    tls: ssl.SSLContext | None = None,
    options: SocketOptions = _DEFAULTS,
) -> Transport:
    """Connect to ``host``, a name or an address, and with ``tls`` do the handshake too.

    A name's addresses are tried in turn, IPv6 and IPv4 alternating, the next one as soon as
    one fails or has taken :data:`STAGGER_S`; the first to answer is taken.

    Args:
        timeout: seconds for all of it: name lookup, connecting, handshake.

    Raises:
        DialError: there is no such name, nobody answers there or in time, or the TLS
            handshake failed.
    """
    target = str(Address(host, port))
    try:
        with trio.fail_after(timeout):
            transport = SocketTransport(await _connect(host, port, target))
            apply(transport.socket, options)
            if tls is None:
                return transport
            return await _encrypt(transport, tls, host)
    except trio.TooSlowError as error:
        raise DialError(f"cannot connect to {target}: no answer within {timeout:g} s") from error
    except (TlsHandshakeError, OSError) as error:
        raise DialError(f"cannot connect to {target}: {_why(error)}") from error


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


async def _encrypt(transport: Transport, context: ssl.SSLContext, host: str) -> Transport:
    try:
        encrypted = TlsTransport(transport, context, server_side=False, server_hostname=host)
        await encrypted.handshake()
    except BaseException:
        transport.close()
        raise
    return encrypted


async def _connect(host: str, port: int, target: str) -> socket.socket:
    try:
        found = await trio.socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise DialError(f"cannot connect to {target}: not a host name") from error
    race = _Race(target)
    sock = await race.run(_interleave((family, sockaddr) for family, _, _, _, sockaddr in found))
    if sock is None:
        raise DialError(f"cannot connect to {target}: {'; '.join(race.failures)}")
    return sock


def _interleave(targets: Iterable[_Target]) -> list[_Target]:
    """Let the families take turns, beginning with that of the system's first choice, so that
    one broken family costs one turn (RFC 8305, 4)."""
    by_family: dict[int, list[_Target]] = {}
    for target in dict.fromkeys(targets):
        by_family.setdefault(target[0], []).append(target)
    turns = zip_longest(*by_family.values())
    return [target for turn in turns for target in turn if target is not None]


class _Race:
    """Attempts to connect, side by side; one wins."""

    def __init__(self, wanted: str) -> None:
        self.failures: list[str] = []
        self._wanted = wanted
        self._winner: socket.socket | None = None

    async def run(self, targets: Sequence[_Target]) -> socket.socket | None:
        try:
            async with trio.open_nursery() as nursery:
                for target in targets:
                    over = trio.Event()
                    nursery.start_soon(self._attempt, target, over, nursery.cancel_scope)
                    with trio.move_on_after(STAGGER_S):
                        await over.wait()
        except BaseException:
            if self._winner is not None:  # it arrived as the caller was cancelled
                self._winner.close()
            raise
        # A deadline that passed as the winner arrived is not raised here: the winner's own
        # cancellation has absorbed it.
        return self._winner

    async def _attempt(self, target: _Target, over: trio.Event, race: trio.CancelScope) -> None:
        family, sockaddr = target
        try:
            sock = await _connect_one(family, sockaddr)
        except OSError as error:
            tried = show_address(family, sockaddr)
            self.failures.append(_why(error) + ("" if tried == self._wanted else f" ({tried})"))
            over.set()
            return
        if self._winner is None:
            self._winner = sock
            race.cancel()
        else:
            sock.close()


async def _connect_one(family: int, sockaddr: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            sock.connect(sockaddr)
        await trio.lowlevel.wait_writable(sock)
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise OSError(number, os.strerror(number))
    except BaseException:
        sock.close()
        raise
    return sock


async def dial_unix(path: str) -> Transport:
    """Connect to the Unix-domain socket at ``path``. Never waits for the other side.

    Raises:
        DialError: there is none, nobody listens on it, or the listener's queue is full.
    """
    await trio.lowlevel.checkpoint()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.connect(path)
    except OSError as error:
        sock.close()
        why = "its queue is full" if error.errno == errno.EAGAIN else _why(error)
        raise DialError(f"cannot connect to unix:{path}: {why}") from error
    return SocketTransport(sock)
