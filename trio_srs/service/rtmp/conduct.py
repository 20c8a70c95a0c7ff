"""Who publishes, and how it behaves, in the words of reports. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trio_srs.hub.bus import SessionConnected
from trio_srs.hub.participant import PublisherInfo
from trio_srs.media.conduct import Conduct, Oddity, Step, StepKind
from trio_srs.session.rtmp_core import RtmpCore

if TYPE_CHECKING:
    from trio_srs.service.rtmp.connection import Connection

__all__ = ["publisher_of"]


def publisher_of(connection: Connection, flow: str) -> PublisherInfo:
    """The peer of a connection, which is about to publish."""
    entry, requests, core = connection.entry, connection.requests, connection.session.core
    connected = requests.connected
    assert connected is not None  # otherwise it could not ask to publish
    client = f", {connected.client}" if connected.client else ""
    return PublisherInfo(
        session=entry.id,
        peer=entry.peer,
        protocol=entry.protocol,
        accepted_at=entry.began_at,
        before=(
            Step(at_s=0.0, what=StepKind.ACCEPTED, detail=f"{entry.protocol} from {entry.peer}"),
            Step(at_s=connected.handshake_s, what=StepKind.HANDSHAKE, detail=connected.handshake),
            Step(
                at_s=requests.connected_at - entry.began_at,
                what=StepKind.CONNECT,
                detail=f"{connected.app}{client}",
            ),
            *(
                Step(at_s=at - entry.began_at, what=StepKind.FAULT, detail=what)
                for at, what in entry.faults
            ),
        ),
        flow=flow,
        conduct=lambda: _conduct(core, connected, flow),
    )


def _conduct(core: RtmpCore, connected: SessionConnected, flow: str) -> Conduct:
    """How a peer has behaved so far."""
    return Conduct(
        handshake=connected.handshake,
        flow=flow,
        client=connected.client,
        chunk_sizes=core.peer_chunk_sizes,
        acknowledgements=core.acknowledgements,
        oddities=tuple(
            Oddity(code=kind.value, detail=odd.detail, offset=odd.offset, count=odd.count)
            for kind, odd in core.oddities.items()
        ),
    )
