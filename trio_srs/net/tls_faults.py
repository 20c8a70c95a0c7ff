"""What goes wrong with TLS on purpose: an alert, or a certificate that is over. Floor 2."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import attrs

from trio_srs.errors import EndReason, PeerError
from trio_srs.faults.fault_values import ALERTS
from trio_srs.net.transport import Transport

__all__ = ["TlsFault", "TlsFaultError", "send_alert"]

_RECORD: Final = b"\x15\x03\x03\x00\x02\x02"
"""An alert of two bytes, in the version that records of all versions say, and fatal."""


class TlsFaultError(PeerError):
    """A fault that was asked for ended the TLS handshake."""

    code = "fault_in_tls"
    end = EndReason.FAULT


@attrs.frozen
class TlsFault:
    """What is to go wrong with the TLS of one connection."""

    label: str
    """Which fault it is, in words."""
    alert: str = ""
    """One of :data:`~trio_srs.faults.fault_values.ALERTS`; empty: the certificate is over."""


def send_alert(transport: Transport, fault: TlsFault) -> Callable[[], Awaitable[None]]:
    """Make what comes in place of the handshake.

    Returns:
        what answers the client's first bytes by the alert, and raises TlsFaultError.
    """
    return partial(_alert, transport, fault)


async def _alert(transport: Transport, fault: TlsFault) -> None:
    await transport.readable()
    transport.offer(_RECORD + bytes([ALERTS[fault.alert]]))
    raise TlsFaultError(fault.label)
