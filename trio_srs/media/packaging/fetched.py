"""What a viewer asked for, and what it got. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

import attrs

__all__ = ["Fetched"]

_DIRECTIVE: Final = "_HLS_"
_MOST_DIGITS: Final = 18


_joined: Final[Callable[[str, str], str]] = lru_cache(1 << 12)(urljoin)
"""The same URIs stand in one playlist after the other."""


@attrs.frozen(kw_only=True, eq=False)
class Fetched:
    """One answer. Times are seconds on any one clock."""

    url: str
    """What was asked for: absolute, or at least what relative URIs can be resolved against."""
    asked_at_s: float
    at_s: float
    """When all of it was there."""
    first_at_s: float | None = None
    """When the first byte of the body was there; None: nobody looked."""
    method: str = "GET"
    sent: Mapping[str, str] = attrs.field(factory=dict)
    """Fields of the request, names in lower case."""
    status: int = 200
    fields: Mapping[str, str] = attrs.field(factory=dict)
    """Of the answer, likewise; none at all: nobody looked."""
    body: bytes = b""
    """Without its content coding."""

    @property
    def is_whole(self) -> bool:
        """It is all of what the URL names."""
        return self.method == "GET" and self.status == 200

    @property
    def base(self) -> str:
        """The URL without delivery directives (bis 6.2.5)."""
        scheme, host, path, query, _ = urlsplit(self.url)
        kept = [each for each in query.split("&") if not each.startswith(_DIRECTIVE)]
        return urlunsplit((scheme, host, path, "&".join(kept), ""))

    @property
    def shown(self) -> str:
        """The URL without its parameters, which may be secret: for messages."""
        return self.url.partition("?")[0]

    @property
    def directives(self) -> Mapping[str, str]:
        """Delivery directives, by name."""
        said = parse_qsl(urlsplit(self.url).query)
        return {name: value for name, value in said if name.startswith(_DIRECTIVE)}

    def resolve(self, uri: str) -> str:
        """A URI that stands in it, as it is asked for."""
        return _joined(self.url, uri)

    def directive(self, name: str) -> int | None:
        """The number that a directive says; None if it says none."""
        said = self.directives.get(name, "")
        return int(said) if said.isdecimal() and len(said) <= _MOST_DIGITS else None
