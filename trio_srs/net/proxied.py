"""Connections that a proxy passes on: what it says of its client is read first. Floor 2."""

from __future__ import annotations

import logging
import socket
from typing import Final

import trio

from trio_srs.errors import ProtocolError
from trio_srs.wire.proxy_header import MAX_HEADER, read_proxy_header

__all__ = ["read_client"]

_log = logging.getLogger(__name__)

_UNDECIDED_S: Final = 0.01
"""How long to wait where so few bytes have come that they may be a client's own."""


async def read_client(
    sock: socket.socket, peer: str, *, has_srs: bool, within_s: float
) -> str | None:
    """Read a proxy's header, and nothing behind it.

    Args:
        sock: non-blocking, and of nobody yet. It stays so.
        peer: the proxy.
        has_srs: whether it may be the frame of SRS's proxy.

    Returns:
        the client's address; the proxy's own if it says nothing, or speaks for itself. None: it
        said what makes no sense, or too little in time, or went away; the log has the reason.
    """
    why = f"no header within {within_s:g} s"
    try:
        with trio.move_on_after(within_s):
            return await _read(sock, peer, has_srs)
    except ProtocolError as error:
        why = str(error)
    except OSError as error:
        why = error.strerror or str(error)
    _log.warning("closed a connection from the proxy %s: %s", peer, why)
    return None


async def _read(sock: socket.socket, peer: str, has_srs: bool) -> str:
    said = b""
    while True:
        await trio.lowlevel.wait_readable(sock)
        seen = sock.recv(MAX_HEADER - len(said), socket.MSG_PEEK)
        if not seen:
            raise ConnectionResetError("it went away")
        header = read_proxy_header(said + seen, has_srs=has_srs)
        if header.is_whole:
            _take(sock, header.size - len(said))
            return header.peer or peer
        if header.is_certain:
            said += _take(sock, len(seen))
        else:  # it may be the client's own, and stays where it is
            await trio.sleep(_UNDECIDED_S)


def _take(sock: socket.socket, count: int) -> bytes:
    """Take what was seen: it is there."""
    return sock.recv(count) if count else b""
