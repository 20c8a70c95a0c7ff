"""The [api] section: where the HTTP API is served, and to whom. Floor 3."""

from __future__ import annotations

import enum
import re
from typing import Final

import attrs

from trio_srs.net.address import Address
from trio_srs.net.proxy_config import check_proxies
from trio_srs.net.tls_config import TlsConfig
from trio_srs.secret import Secret
from trio_srs.units import within

__all__ = ["ApiConfig", "ApiHttpsConfig", "OpenTo"]

_RESTART: Final = {"live": False}
_TOKEN: Final = re.compile(r"[!-~]+")
_ORIGIN: Final = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class OpenTo(enum.StrEnum):
    """Whom the API is open to where nothing says who may use it."""

    LOOPBACK = "loopback"
    """Programs on this machine; elsewhere it does not start."""
    ANYWHERE = "anywhere"
    """Everybody who reaches it."""


@attrs.frozen(kw_only=True)
class ApiConfig:
    """The HTTP API and its event stream; off until `listen` names an address."""

    listen: tuple[Address, ...] = attrs.field(default=(), metadata=_RESTART)
    """Where to listen, in the forms of `rtmp.listen`; usually `["127.0.0.1:1985"]`. `[]` is
    off. Who may use it is said by `token`, and by `access.rules` about `read` and `operate`."""
    token: Secret | None = None
    """What a client has to say in `Authorization: Bearer …`: text, `{ file = "/path" }` or
    `{ env = "VARIABLE" }`; `"off"` lets everybody in."""
    unauthenticated: OpenTo = OpenTo.LOOPBACK
    """Where the API may stand open if neither `token` nor a rule of `access.rules` about `read` or
    `operate` says who may use it: on `"loopback"` addresses and unix sockets alone, so that the
    server does not start with another one in `listen`; or `"anywhere"`, where whoever reaches it
    may end publishers and change the configuration."""
    trusted_proxies: tuple[str, ...] = attrs.field(default=(), validator=check_proxies)
    """Networks of proxies in front of the API, as `http.trusted_proxies` has them: whom rules are
    asked about is the client that a proxy names. Where nothing says who may use the API, such a
    client has to be on this machine as well."""
    cors_origins: tuple[str, ...] = attrs.field(default=(), metadata=_RESTART)
    """The web pages whose scripts may use the API (CORS), by origin: `"https://example.com"`;
    `"*"` is all of them. Programs that are no browser need none."""
    max_connections: int = attrs.field(default=1000, validator=within(1, 1_000_000))
    """The most connections to the API at once; one more is closed unheard."""

    def __attrs_post_init__(self) -> None:
        if self.token is not None and not _TOKEN.fullmatch(self.token.value):
            raise ValueError("token has to be visible ASCII characters, at least one, no spaces")
        for origin in self.cors_origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    'cors_origins: expected "*" or an origin such as "https://example.com:8443", '
                    f'not "{origin}"'
                )


@attrs.frozen(kw_only=True)
class ApiHttpsConfig(TlsConfig):
    """The API inside TLS; everything but `listen` of `[api]` holds for it too. Off until `listen`
    names an address."""
