"""The deadlines of an RTMP connection: what a peer that keeps us waiting is ended with. Floor 3."""

from __future__ import annotations

from typing import Self

from trio_srs.errors import EndReason, PeerError

__all__ = [
    "CommandIdleTimeoutError",
    "ConnectTimeoutError",
    "HandshakeTimeoutError",
    "RefusedAndIdleError",
]


class HandshakeTimeoutError(PeerError):
    """The handshake was not finished in time."""

    code = "handshake_timeout"
    srs_code = 1011
    end = EndReason.HANDSHAKE_TIMEOUT

    @classmethod
    def after(cls, patience_s: float) -> Self:
        """Of a peer that was given so long."""
        return cls(f"no handshake within {patience_s:g} s")


class ConnectTimeoutError(PeerError):
    """No ``connect`` came in time."""

    code = "connect_timeout"
    srs_code = 1011
    end = EndReason.CONNECT_TIMEOUT

    @classmethod
    def after(cls, patience_s: float) -> Self:
        """Of a peer that was given so long."""
        return cls(f"no connect command within {patience_s:g} s")


class CommandIdleTimeoutError(PeerError):
    """A peer that does not publish sent nothing at all, whatever we asked."""

    code = "command_idle_timeout"
    srs_code = 1011
    end = EndReason.COMMAND_IDLE_TIMEOUT

    @classmethod
    def after(cls, patience_s: float) -> Self:
        """Of a peer that was given so long."""
        return cls(f"heard nothing for {patience_s:g} s, not even a pong")


class RefusedAndIdleError(PeerError):
    """A peer whose request was denied has asked for nothing else since."""

    code = "refused_and_idle"
    end = EndReason.REFUSED
