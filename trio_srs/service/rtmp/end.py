"""How a session, a publish or a play ended. Floor 3."""

from __future__ import annotations

import attrs

from trio_srs.errors import EndReason

__all__ = ["End"]


@attrs.frozen
class End:
    """One reason of a closed set, and whatever else there is to say."""

    reason: EndReason
    detail: str
