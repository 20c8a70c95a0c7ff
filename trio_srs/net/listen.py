"""Listening sockets, and the accept loop that nothing ends but being closed. Floor 2."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import stat
from collections.abc import Callable
from typing import Any, Final, Never, TypeAlias

import attrs
import trio

from trio_srs.errors import RefusedError
from trio_srs.net.address import Address
from trio_srs.net.inherited import take
from trio_srs.net.tcp import SocketOptions, apply, show_address

__all__ = ["ACCEPT_BACKOFF_S", "ACCEPT_BATCH", "ListenError", "Listener", "open_listeners"]

ACCEPT_BATCH: Final = 8
"""Connections accepted before other tasks have their turn: some 2 ms of a slow core."""
ACCEPT_BACKOFF_S: Final = 0.1
"""Seconds to wait before accepting again when the process or the host ran out of something."""

# accept(2): what others will have to give back first,
_OVERLOADED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
# and what is only about the one connection that is gone again.
_PASSING: Final = frozenset(
    {
        errno.ECONNABORTED,
        errno.EINTR,
        errno.EPERM,
        errno.EPROTO,
        errno.ENETDOWN,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.ENOPROTOOPT,
        errno.EOPNOTSUPP,
    }
)
_NO_SUCH_FAMILY: Final = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})
_SAME_PORT_TRIES: Final = 19

Handle: TypeAlias = Callable[[socket.socket, str], None]
_Target: TypeAlias = "tuple[int, Any]"  # family and socket address

_log = logging.getLogger(__name__)


class ListenError(RefusedError):
    """An address cannot be listened on. The text names it and says why."""

    code = "listen_failed"


class Listener:
    """One listening socket. Close it, in the end."""

    __slots__ = ("_address", "_closed", "_family", "_inode", "_sock")

    def __init__(
        self, sock: socket.socket, address: Address, *, is_inherited: bool = False
    ) -> None:
        """Own ``sock``, bound and listening; ``address`` says where (port 0: see the socket).

        The file of a Unix-domain socket that was inherited is somebody else's, and stays.
        """
        sock.setblocking(False)
        self._sock = sock
        self._family = sock.family
        self._closed = False
        if address.path is None:
            self._address = attrs.evolve(address, port=sock.getsockname()[1])
            self._inode = None
        else:
            self._address = address
            self._inode = None if is_inherited else _inode(address.path)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._address}>"

    @property
    def address(self) -> Address:
        """Where it listens; the port is the real one, also if any free one was asked for."""
        return self._address

    @property
    def is_closed(self) -> bool:
        """Whether it listens no more."""
        return self._closed

    def tune(self, options: SocketOptions) -> None:
        """Give every connection from now on these options: the kernel hands them down.

        So they cost nothing for each connection. (Tried on Linux.)
        """
        apply(self._sock, options)

    async def serve(
        self,
        handle: Handle,
        *,
        on_trouble: Callable[[OSError, float], None],
    ) -> Never:
        """Accept connections until cancelled or closed.

        Args:
            handle: gets each connection, a non-blocking socket that it then owns, and the
                peer's address as people write it. It must not wait. If it raises, which is a
                bug, that is logged, the connection is closed, and the loop goes on.
            on_trouble: told when accepting failed for lack of descriptors or memory, and
                for how many seconds accepting then pauses.

        Raises:
            trio.ClosedResourceError: the listener was closed.
            OSError: the listening socket itself is broken.
        """
        while True:
            self._check_open()
            await trio.lowlevel.wait_readable(self._sock)
            try:
                self._accept_batch(handle)
            except OSError as error:
                if error.errno not in _OVERLOADED:
                    raise
                on_trouble(error, ACCEPT_BACKOFF_S)
                await trio.sleep(ACCEPT_BACKOFF_S)

    def _check_open(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError(f"the listener on {self._address} was closed")

    def _accept_batch(self, handle: Handle) -> None:
        for _ in range(ACCEPT_BATCH):
            if self._closed:  # by the handler
                return
            try:
                sock, peer = self._sock.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno not in _PASSING:
                    raise
            else:
                self._hand_over(sock, peer, handle)

    def _hand_over(self, sock: socket.socket, peer: Any, handle: Handle) -> None:
        try:
            sock.setblocking(False)
            handle(sock, show_address(self._family, peer))
        except Exception:
            sock.close()
            _log.exception("the handler of connections to %s failed", self._address)
        except BaseException:
            sock.close()
            raise

    def close(self) -> None:
        """Stop listening, and remove a Unix-domain socket's file. Idempotent."""
        if self._closed:
            return
        self._closed = True
        if trio.lowlevel.in_trio_run():
            trio.lowlevel.notify_closing(self._sock)
        self._sock.close()
        path = self._address.path
        # Else it is somebody else's by now.
        if path is not None and self._inode is not None and self._inode == _inode(path):
            with contextlib.suppress(OSError):
                os.unlink(path)


def _inode(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


async def open_listeners(address: Address, *, backlog: int) -> list[Listener]:
    """Listen on every socket address that ``address`` stands for.

    An empty host is all of this host's addresses, IPv4 and IPv6, through one socket where
    the system can. A name may stand for several; with port 0 they all get the same port.
    A Unix-domain socket's file that nobody listens on is replaced. Where this process was started
    with sockets for the address, those are used.

    Args:
        backlog: connections that the kernel completes before they are accepted.

    Raises:
        ListenError: it cannot; then none is left open.
    """
    try:
        inherited = take(address)
        sockets = inherited or await _open_sockets(address)
        try:
            for sock in sockets:
                sock.listen(backlog)
            return [Listener(sock, address, is_inherited=bool(inherited)) for sock in sockets]
        except BaseException:
            _close_all(sockets)
            raise
    except UnicodeError as error:
        raise ListenError(f"cannot listen on {address}: not a host name") from error
    except OSError as error:
        why = error.strerror or str(error)
        raise ListenError(f"cannot listen on {address}: {why}") from error


def _close_all(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


async def _open_sockets(address: Address) -> list[socket.socket]:
    if address.path is not None:
        return [_bind_unix(address.path)]
    if address.host == "":
        return [_bind_everywhere(address.port)]
    found = await trio.socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    targets: list[_Target] = list(dict.fromkeys((kind, where) for kind, _, _, _, where in found))
    for _ in range(_SAME_PORT_TRIES if address.port == 0 else 0):
        try:
            return _bind_all(targets)
        except OSError as error:
            # A free port of one address may be taken on the next: draw another.
            if error.errno != errno.EADDRINUSE:
                raise
    return _bind_all(targets)


def _bind_all(targets: list[_Target]) -> list[socket.socket]:
    """Bind all, with the first one's port. Of several, those of a family that this host lacks
    are left out: containers without IPv6 still have ``::1 localhost`` in their hosts file."""
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for family, (host, port, *rest) in targets:
            chosen = sockets[0].getsockname()[1] if sockets else port
            try:
                sockets.append(_bind(family, (host, chosen, *rest)))
            except OSError as error:
                if error.errno not in _NO_SUCH_FAMILY:
                    raise
                missing = error
        if missing is not None and not sockets:
            raise missing
    except BaseException:
        _close_all(sockets)
        raise
    return sockets


def _bind_everywhere(port: int) -> socket.socket:
    try:
        return _bind(socket.AF_INET6, ("::", port), v6_only=False)
    except OSError as error:
        if error.errno not in _NO_SUCH_FAMILY:
            raise
        return _bind(socket.AF_INET, ("0.0.0.0", port))


def _bind(family: int, sockaddr: Any, *, v6_only: bool = True) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(v6_only))
        sock.bind(sockaddr)
    except BaseException:
        sock.close()
        raise
    return sock


def _bind_unix(path: str) -> socket.socket:
    _remove_stale(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(path)
    except BaseException:
        sock.close()
        raise
    return sock


def _remove_stale(path: str) -> None:
    """Remove the socket file that a server left behind which could not clean up."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError(errno.EEXIST, "the file exists and is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        with contextlib.suppress(BlockingIOError):  # somebody listens, and is busy
            refused = probe.connect_ex(path) == errno.ECONNREFUSED
            if refused:
                os.unlink(path)
                return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
