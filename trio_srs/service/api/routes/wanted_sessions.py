"""Which sessions are meant: by stream, user, address, protocol, and what they do. Floor 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final, Literal

import attrs
from litestar.params import QueryParameter

from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.session_requests import Request
from trio_srs.hub.sessions import is_in_vhost

__all__ = ["OfAddress", "OfProtocol", "OfUser", "WantedSessions", "What"]

What = Annotated[
    Literal["", "publish", "play"],
    QueryParameter(description="Only those that `publish`, or that `play`; all if left out."),
]
OfUser = Annotated[
    str,
    QueryParameter(description="Only those of this user: `account` in `requests`."),
]
OfAddress = Annotated[
    str, QueryParameter(description="Only those from this address, without a port.")
]
OfProtocol = Annotated[
    str,
    QueryParameter(
        description="Only those of this protocol, as `hls` or `http-flv`; `http` is all that begin "
        "with `http-`."
    ),
]
_ANYTHING: Final = ""


@attrs.frozen(kw_only=True)
class WantedSessions:
    """What has to be so of a session; what is empty may be anything."""

    stream: str | None = None
    """The stream's name in the hub."""
    vhost: str = _ANYTHING
    """The configured virtual host that it connected to, or has asked for a stream of."""
    what: str = _ANYTHING
    user: str = _ANYTHING
    address: str = _ANYTHING
    protocol: str = _ANYTHING

    @property
    def are_some(self) -> bool:
        """Whether anything at all has to be so."""
        return self != WantedSessions()

    def fits(self, entry: SessionEntry, counts: Callable[[Request], bool]) -> bool:
        """Whether a session is meant.

        Args:
            counts: which of its requests are looked at.
        """
        if self.address and entry.address.strip("[]") != self.address.strip("[]"):
            return False
        if self.protocol and not _is_of(entry.protocol, self.protocol):
            return False
        if self.vhost and not is_in_vhost(entry, self.vhost):
            return False
        if self.stream is None and not self.what and not self.user:
            return True
        requests = entry.requests.newest if entry.requests else ()
        return any(counts(each) and self._fits_request(each) for each in requests)

    def _fits_request(self, request: Request) -> bool:
        return (
            (self.stream is None or request.stream == self.stream)
            and (not self.what or request.what == self.what)
            and (not self.user or request.account == self.user)
        )


def _is_of(protocol: str, wanted: str) -> bool:
    return protocol == wanted or protocol.startswith(f"{wanted}-")
