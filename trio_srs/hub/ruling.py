"""What the rules of the configuration say of a request, to gates and to whoever wants to know.

Floor 2.
"""

from __future__ import annotations

from typing import Final, Protocol

import attrs

from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AccessRequest

__all__ = ["ALLOWED", "Judge", "Ruling", "allow_all"]


@attrs.frozen(kw_only=True)
class Ruling:
    """Yes or no, and by which rule."""

    rule: str = ""
    """The rule that decided, as it stands in the configuration; empty if none fits."""
    user: str = ""
    """Who the peer has shown to be; empty if no rule asked, or it is nobody that is known."""
    refusal: RefusedError | None = None
    """Why it is a no; None if it is a yes."""

    @property
    def is_allowed(self) -> bool:
        """Whether it is a yes."""
        return self.refusal is None


ALLOWED: Final = Ruling()
"""Yes, and no rule has to do with it."""


class Judge(Protocol):
    """Whoever knows the rules."""

    async def __call__(
        self, what: str, request: AccessRequest, /, *, user: str | None = None
    ) -> Ruling:
        """Say what the rules of now say. Nothing begins by it.

        Args:
            what: ``publish`` or ``play``; of the API, ``read`` or ``operate``.
            user: who it is, for a request that is only imagined. None: who shows it by what the
                request says, where wrong passwords and tokens count against the peer's address.
        """
        ...


async def allow_all(_what: str, _request: AccessRequest, /, *, user: str | None = None) -> Ruling:
    """What is said where there are no rules."""
    return ALLOWED
