"""HTTP URLs, as a client needs them. Floor 0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Self
from urllib.parse import urljoin

import attrs

from trio_srs.wire.url import UrlError

__all__ = ["HTTP_PORTS", "HttpUrl"]

HTTP_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}
"""Port by scheme, for a URL without one."""

_FORM: Final = re.compile(
    r"(https?)://(?:\[([0-9A-Fa-f:.]+)\]|([^\s/?#@:\[\]]+))(?::([0-9]{1,5}))?([/?][^#]*)?(?:#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_UNFIT: Final = re.compile(r"[^!-~]")
"""What a request line cannot have in its target: a space, control and non-ASCII characters."""


@attrs.frozen
class HttpUrl:
    """An ``http://`` or ``https://`` URL, taken apart."""

    scheme: str
    host: str
    """Lower case; an IPv6 address stands here without its brackets."""
    port: int
    target: str = "/"
    """Path and query, as a request says them; percent-encoded by whoever wrote the URL."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a URL apart.

        Raises:
            UrlError: another scheme, no host, a bad port, a user and password, or characters
                that have to be percent-encoded.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            if "@" in text.partition("://")[2].partition("/")[0]:  # it has a password in it
                raise UrlError("a user and password in an HTTP URL are not supported")
            raise UrlError(f"{text!r} is no HTTP URL: expected http://host[:port]/path")
        scheme, target = found[1].lower(), found[5] or "/"
        if _UNFIT.search(target):
            raise UrlError(f"{text!r} has characters that have to be percent-encoded")
        port = int(found[4] or HTTP_PORTS[scheme])
        if not 0 < port < 2**16:
            raise UrlError(f"{text!r} has port {port}, expected 1 to 65535")
        target = target if target.startswith("/") else f"/{target}"
        return cls(scheme, (found[2] or found[3]).lower(), port, target)

    def join(self, location: str) -> Self:
        """Where a redirect leads: an absolute URL, or one relative to this.

        Raises:
            UrlError: as :meth:`parse`; also brackets that do not hold an address.
        """
        try:
            joined = urljoin(str(self), location)
        except ValueError as error:  # of its own parts' making: brackets, mostly
            raise UrlError(f"{location!r} is no URL to go on to: {error}") from error
        return self.parse(joined)

    @property
    def authority(self) -> str:
        """``host``, ``host:port`` or ``[address]:port``; the port only if it is unusual."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == HTTP_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The URL without its query, which may hold a secret: for messages."""
        return f"{self.scheme}://{self.authority}{self.target.partition('?')[0]}"

    def __str__(self) -> str:
        """Return the whole URL."""
        return f"{self.scheme}://{self.authority}{self.target}"
