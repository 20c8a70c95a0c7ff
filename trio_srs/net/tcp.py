"""TCP and Unix-domain sockets as transports, and their options. Floor 2."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import attrs
import trio

from trio_srs.session.file_slice import FileSlice, Piece

if TYPE_CHECKING:
    from trio_srs.net.transport import Transport

__all__ = ["SocketOptions", "SocketTransport", "apply", "show_address"]

_LINGER_ZERO: Final = struct.pack("ii", 1, 0)
_MAPPED_PREFIX: Final = "::ffff:"
_KEEPALIVE_PROBES: Final = 3
_PIECES_MOST: Final = 512
"""In one call; POSIX lets systems bound it (``IOV_MAX``), and all take as many."""
_FILE_MOST: Final = 2**20
"""Bytes of a file that are sent in one call: a fast peer must not keep others waiting. It is some
200 microseconds for the kernel."""
_READ_MOST: Final = 2**18
"""The same where they have to be read first."""
_HAS_SENDFILE: Final = sys.platform == "linux"
"""From a file to a socket in the kernel. Others have calls of that name with other promises."""
_MORE: Final = getattr(socket, "MSG_MORE", 0)
"""What is sent is to wait for what follows: a head for its body."""
_INTERNET: Final = (socket.AF_INET, socket.AF_INET6)


@attrs.frozen
class SocketOptions:
    """What to ask of the kernel for one connection; None leaves the kernel's own choice."""

    nodelay: bool = True
    """Send small writes at once (``TCP_NODELAY``)."""
    keepalive_idle: float | None = None
    """Seconds of silence before the kernel probes the peer; three unanswered probes, spread
    over as long again, break the connection."""
    send_buffer: int | None = None
    """Bytes of the send buffer (``SO_SNDBUF``); setting it ends the kernel's own tuning."""
    receive_buffer: int | None = None
    """Bytes of the receive buffer (``SO_RCVBUF``); it holds for what a listener accepts later."""
    max_segment: int | None = None
    """The longest segment (``TCP_MAXSEG``), which the peer is told and sizes its buffers by."""
    notsent_lowat: int | None = None
    """Unsent bytes in the kernel at which a socket stops being writable."""


def apply(sock: socket.socket, options: SocketOptions) -> None:
    """Set ``options`` on ``sock``.

    What the platform or the kind of socket does not know is left out, and so is what the
    kernel refuses: a connection is worth more than a tuned one.
    """
    is_internet = sock.family in _INTERNET
    for level, number, value in _wanted(options):
        if is_internet or level != socket.IPPROTO_TCP:
            with contextlib.suppress(OSError):
                sock.setsockopt(level, number, value)


@functools.lru_cache(maxsize=64)  # once per configuration, not once per connection
def _wanted(options: SocketOptions) -> tuple[tuple[int, int, int], ...]:
    """Level, number and value of each option that the platform has."""
    wanted: list[tuple[int, str, int]] = [(socket.IPPROTO_TCP, "TCP_NODELAY", int(options.nodelay))]
    if options.keepalive_idle is not None:
        idle_s = max(1, round(options.keepalive_idle))
        wanted += [
            (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
            (socket.IPPROTO_TCP, "TCP_KEEPIDLE", idle_s),
            (socket.IPPROTO_TCP, "TCP_KEEPINTVL", max(1, idle_s // _KEEPALIVE_PROBES)),
            (socket.IPPROTO_TCP, "TCP_KEEPCNT", _KEEPALIVE_PROBES),
        ]
    if options.send_buffer is not None:
        wanted.append((socket.SOL_SOCKET, "SO_SNDBUF", options.send_buffer))
    if options.receive_buffer is not None:
        wanted.append((socket.SOL_SOCKET, "SO_RCVBUF", options.receive_buffer))
    if options.max_segment is not None:
        wanted.append((socket.IPPROTO_TCP, "TCP_MAXSEG", options.max_segment))
    if options.notsent_lowat is not None:
        wanted.append((socket.IPPROTO_TCP, "TCP_NOTSENT_LOWAT", options.notsent_lowat))
    numbers = ((level, getattr(socket, name, None), value) for level, name, value in wanted)
    return tuple((level, number, value) for level, number, value in numbers if number is not None)


def show_address(family: int, address: Any) -> str:
    """Write a socket address as people do.

    >>> show_address(socket.AF_INET6, ("fe80::1", 1935, 0, 0))
    '[fe80::1]:1935'

    A v4-mapped IPv6 address is shown as the IPv4 address it is; a link-local one keeps its
    scope; every Unix-domain socket is ``"unix"``.
    """
    if family == socket.AF_INET6:
        host, port, _, scope = address
        if host.startswith(_MAPPED_PREFIX) and "." in host:
            return f"{host.removeprefix(_MAPPED_PREFIX)}:{port}"
        return f"[{host}{_scope(scope)}]:{port}"
    if family == socket.AF_INET:
        return f"{address[0]}:{address[1]}"
    return "unix"


def _scope(scope: int) -> str:
    if scope == 0:
        return ""
    try:
        return f"%{socket.if_indextoname(scope)}"
    except OSError:  # the interface went away
        return f"%{scope}"


def _end(sock: socket.socket, ask: Callable[[], Any]) -> str:
    try:
        return show_address(sock.family, ask())
    except OSError:  # reset before anybody looked: the kernel has forgotten the peer
        return "unknown"


def _are_in_memory(pieces: Sequence[Piece]) -> TypeGuard[Sequence[bytes | memoryview]]:
    return not pieces or type(pieces[-1]) is not FileSlice


class SocketTransport:
    """A :class:`~trio_srs.net.transport.Transport` over one connected socket, which it owns.

    ``offer`` and ``receive_into`` are the socket's own ``send`` and ``recv_into``: neither
    writing to a peer nor reading from it costs a Python frame.
    """

    __slots__ = ("_closed", "_sock", "_was_awaited", "offer", "on_backlog", "peer", "receive_into")

    offer: Callable[[bytes | memoryview], int]
    receive_into: Callable[[memoryview], int]

    def __init__(self, sock: socket.socket, peer: str = "") -> None:
        """Own ``sock``, a connected stream socket; it is made non-blocking.

        Args:
            peer: the other end's address, if that is known; else the kernel is asked.
        """
        if sock.gettimeout() != 0.0:
            sock.setblocking(False)
        self._sock = sock
        self._closed = False
        self._was_awaited = False
        self.peer = peer or _end(sock, sock.getpeername)
        self.on_backlog: Callable[[], None] | None = None
        self.offer = sock.send
        self.receive_into = sock.recv_into

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.local} -> {self.peer}>"

    @property
    def local(self) -> str:
        """See :attr:`.Transport.local`; asked of the kernel, as next to nobody wants to know."""
        return _end(self._sock, self._sock.getsockname)

    @property
    def fileno(self) -> int | None:
        return None if self._closed else self._sock.fileno()

    @property
    def backlog(self) -> int:
        """Always 0: the kernel holds what was taken."""
        return 0

    @property
    def socket(self) -> socket.socket:
        """The socket itself, for :func:`apply` and for looking at; never to read or write."""
        return self._sock

    def offer_all(self, pieces: Sequence[Piece], /) -> int:
        """See :meth:`.Transport.offer_all`: one system call for all that is in memory, and one for
        what is in a file behind it."""
        if _are_in_memory(pieces):
            return self._sock.sendmsg(pieces[:_PIECES_MOST])
        front, file = pieces[:-1], pieces[-1]
        assert isinstance(file, FileSlice)  # the one that is
        assert _are_in_memory(front)  # it is the last
        if not front:
            return self.offer_file(file)
        if len(front) == 1:  # a head
            taken, size = self._sock.send(front[0], _MORE), len(front[0])
        else:
            taken, size = self._sock.sendmsg(front[:_PIECES_MOST], (), _MORE), sum(map(len, front))
        if taken == size:
            with contextlib.suppress(BlockingIOError):
                taken += self.offer_file(file)
        return taken

    def offer_file(self, piece: FileSlice, /) -> int:
        if not _HAS_SENDFILE:
            return self._sock.send(bytes(piece[:_READ_MOST]))
        count = min(len(piece), _FILE_MOST)
        return os.sendfile(self._sock.fileno(), piece.file.fileno, piece.start, count)

    async def readable(self) -> None:
        self._check_open()
        self._was_awaited = True
        await trio.lowlevel.wait_readable(self._sock)

    async def writable(self) -> None:
        self._check_open()
        self._was_awaited = True
        await trio.lowlevel.wait_writable(self._sock)

    def _check_open(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this end of the connection was closed")

    def shutdown_write(self) -> None:
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            if self._was_awaited:  # or Trio has never heard of it
                trio.lowlevel.notify_closing(self._sock)
            self._sock.close()

    def reset(self) -> None:
        """See :meth:`.Transport.reset`. A Unix-domain socket has no reset and just closes."""
        if not self._closed:
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            self.close()


if TYPE_CHECKING:

    def _is_a_transport(transport: SocketTransport) -> Transport:
        return transport
