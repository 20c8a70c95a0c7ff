"""How a session, a publish or a play ended. Floor 3."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.errors import EndReason

__all__ = ["End"]

_DETAIL_MOST: Final = 1024
"""Characters: it may quote the peer, and is kept in reports and events."""


def _cut(detail: str) -> str:
    return detail[:_DETAIL_MOST]


@attrs.frozen
class End:
    """One reason of a closed set, and whatever else there is to say."""

    reason: EndReason
    detail: str = attrs.field(converter=_cut)
