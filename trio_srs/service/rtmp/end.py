"""How a session, a publish or a play ended. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import trio

from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionEnded
from trio_srs.hub.registry import SessionEntry

if TYPE_CHECKING:
    from trio_srs.service.rtmp.context import RtmpContext

__all__ = ["End", "ended", "tell_end"]

_DETAIL_MOST: Final = 1024
"""Characters: it may quote the peer, and is kept in reports and events."""


def _cut(detail: str) -> str:
    return detail[:_DETAIL_MOST]


@attrs.frozen
class End:
    """One reason of a closed set, and whatever else there is to say."""

    reason: EndReason
    detail: str = attrs.field(converter=_cut)


def tell_end(
    context: RtmpContext, entry: SessionEntry, end: End, *, bytes_in: int, bytes_out: int
) -> None:
    """A session is over: it is out of the registry, and the bus is told."""
    entry.ended = told = SessionEnded(
        session=entry.id,
        peer=entry.peer,
        reason=end.reason,
        detail=end.detail,
        seconds=trio.current_time() - entry.began_at,
        bytes_in=bytes_in,
        bytes_out=bytes_out,
    )
    context.registry.remove(entry)
    context.bus.tell(told)


def ended(_reason: EndReason, _detail: str) -> None:
    """What is left of the end of a session that is over: nothing to do."""
