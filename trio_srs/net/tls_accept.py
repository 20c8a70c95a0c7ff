"""TLS with a peer that has come: the handshake, and whose fault it is when it fails. Floor 2."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Awaitable, Callable
from typing import Final

from trio_srs.errors import ProtocolError
from trio_srs.net.link import PeerGoneError
from trio_srs.net.tls import TlsHandshakeError, TlsTransport
from trio_srs.net.transport import Transport
from trio_srs.wire.foreign_protocol import who_connected

__all__ = ["accept_tls"]

_TLS: Final = b"\x16"


def accept_tls(
    transport: Transport, context: ssl.SSLContext, protocol: str, plain: tuple[bytes, ...]
) -> tuple[Transport, Callable[[], Awaitable[None]]]:
    """Encrypt an accepted connection.

    Args:
        protocol: what is spoken inside, as its URLs begin: ``rtmps``.
        plain: how clients begin that speak it without TLS.

    Returns:
        the transport, and the handshake that comes first. It takes as long as the peer does, and
        raises ProtocolError, with the name of a client of another kind if it is known by its
        first words, or PeerGoneError.
    """
    secure = TlsTransport(transport, context, server_side=True)
    return secure, functools.partial(_shake_hands, secure, protocol, plain)


async def _shake_hands(transport: TlsTransport, protocol: str, plain: tuple[bytes, ...]) -> None:
    try:
        await transport.handshake()
    except TlsHandshakeError as error:
        who = _stranger(error.heard, protocol, plain)
        raise ProtocolError(f"{who} ({error})" if who else str(error)) from error
    except OSError as error:
        raise PeerGoneError(error.strerror or str(error)) from error


def _stranger(first: bytes, protocol: str, plain: tuple[bytes, ...]) -> str:
    """Who speaks no TLS; empty for those who do, and for whom nobody knows."""
    if first.startswith(_TLS):
        return ""
    mend = f"it has to say {protocol}://" if first.startswith(plain) else ""
    return who_connected(first, protocol.upper(), mend)
