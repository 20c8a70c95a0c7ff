"""Who may ask the API: from where, from which web page, and as whom. Floor 3.

What says who may is ``api.token``, and rules of ``access.rules`` about ``read`` and ``operate``; if
neither does, see :mod:`trio_srs.service.api.openness`.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol
from urllib.parse import urlsplit

from trio_srs.errors import RefusedError
from trio_srs.hub.access_rule import Permission
from trio_srs.hub.gate import AccessRequest
from trio_srs.service.api.config import OpenTo
from trio_srs.service.api.error_answers import TokenRefusedError, located
from trio_srs.service.api.openness import ApiOpenError, has_rules, has_say
from trio_srs.wire.networks import is_loopback
from trio_srs.wire.url import DEFAULT_VHOST, StreamName

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection
    from litestar.handlers.base import BaseRouteHandler

    from trio_srs.hub.access import AccessControl
    from trio_srs.service.api.config import ApiConfig

__all__ = [
    "HostRefusedError",
    "NotPermittedError",
    "OriginRefusedError",
    "admit",
    "needed_for",
    "needing",
]

_NO_STREAM: Final = StreamName(DEFAULT_VHOST, "", "")
"""What a request is about that is about none, or about many."""
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_NEEDS: Final = "needs"
_Needs = Callable[["ASGIConnection[Any, Any, Any, Any]"], Permission]
_OTHER_SITES: Final = frozenset({"cross-site", "same-site"})
"""Of ``Sec-Fetch-Site`` (Fetch Metadata Request Headers, section 2.3)."""


class Asking(Protocol):
    """A request, as far as it matters who asks."""

    @property
    def scope(self) -> Mapping[str, Any]:
        """What the ASGI specification says of a request."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """By their names in small letters."""
        ...


class HostRefusedError(RefusedError):
    """A request on this machine was for a host that is another one: a web page may have its own
    name point here."""

    code = "host_refused"


class OriginRefusedError(RefusedError):
    """A web page of another site asked, and it is not in ``api.cors_origins``."""

    code = "origin_refused"


class NotPermittedError(RefusedError):
    """No rule lets this user do that by the API."""

    code = "not_permitted"
    http_status: ClassVar[int] = 403


def needing(permission: Permission | _Needs) -> dict[str, Any]:
    """What a function is marked with whose method does not say what it takes: reading is ``read``,
    everything else ``operate``.

    Args:
        permission: or what finds it out, where it depends on the request.
    """
    return {_NEEDS: permission}


async def admit(
    connection: Asking,
    needed: Permission,
    config: ApiConfig,
    access: AccessControl,
    *,
    is_reached: bool,
    about: StreamName | None,
    token: str = "",
) -> None:
    """Let a request in.

    Args:
        needed: what it takes, see :func:`needed_for`.
        about: the one stream that it is about, if it is: rules may name some.
        is_reached: whether others than this machine reach the API.
        token: what suffices beside that, if anything: it is about a namespace that has one.

    Raises:
        Located: it is not let in, and why.
    """
    _check_page(connection, config.cors_origins, needed)
    if not has_say(config, access):
        _check_open(connection, config, is_reached)
    elif not (_has_token(connection, config) or _says(connection, token)):
        await _check_user(connection, config, access, needed, about or _NO_STREAM)


def needed_for(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> Permission:
    """What a request to a function takes."""
    said: Permission | _Needs | None = handler.opt.get(_NEEDS)
    if said is not None:
        return said if isinstance(said, Permission) else said(connection)
    is_reading = connection.scope.get("method") in _READING
    return Permission.READ if is_reading else Permission.OPERATE


# ------------------------------------------------------------------ web pages


def _check_page(connection: Asking, origins: tuple[str, ...], needed: Permission) -> None:
    """A browser says which page asks; what is no browser says nothing, and is no page's victim."""
    if "*" in origins:
        return
    headers = connection.headers
    origin = headers.get("origin")
    if origin is not None:
        if origin not in origins and _authority(origin) != headers.get("host", "").lower():
            with located("header.origin"):
                raise OriginRefusedError(
                    f"a page of {origin[:256]} asks, which is not in api.cors_origins"
                )
    elif needed is Permission.OPERATE and headers.get("sec-fetch-site") in _OTHER_SITES:
        with located("header.sec-fetch-site"):
            raise OriginRefusedError("a page of another site asks for something to be changed")


def _authority(origin: str) -> str:
    return origin.partition("://")[2].lower()


def _check_open(connection: Asking, config: ApiConfig, is_reached: bool) -> None:
    if config.unauthenticated is OpenTo.ANYWHERE:
        return
    if is_reached:
        raise ApiOpenError("nothing says who may use this API, so that nobody may")
    client = connection.scope.get("client")
    if client is not None and not _is_here(client[0]):  # a proxy says so
        raise ApiOpenError("nothing says who may use this API, so that only this machine may")
    host = connection.headers.get("host", "")
    if not _is_for_here(host):
        with located("header.host"):
            raise HostRefusedError(
                f"the request is for {host[:256]!r}, and this is localhost: without a token or a "
                "rule the API is for this machine alone"
            )


@functools.lru_cache(maxsize=64)
def _is_here(address: str) -> bool:
    """Whether an address is of this machine. Remembered: to read one takes as long as a short
    answer."""
    return is_loopback(address)


@functools.lru_cache(maxsize=64)
def _is_for_here(authority: str) -> bool:
    return is_loopback(_host(authority))


def _host(authority: str) -> str:
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


# ---------------------------------------------------------------------- users


def _says(connection: Asking, token: str) -> bool:
    """Whether a request shows a token."""
    kind, _, said = connection.headers.get("authorization", "").partition(" ")
    is_right = hmac.compare_digest(said.strip().encode(), token.encode())
    return bool(token) and kind.lower() == "bearer" and is_right


def _has_token(connection: Asking, config: ApiConfig) -> bool:
    return config.token is not None and _says(connection, config.token.value)


async def _check_user(
    connection: Asking,
    config: ApiConfig,
    access: AccessControl,
    needed: Permission,
    about: StreamName,
) -> None:
    said = connection.headers.get("authorization", "")
    if not has_rules(access):
        with located("header.authorization"):
            raise TokenRefusedError(
                "expected Authorization: Bearer with the token of api.token, "
                f"not {'another one' if said else 'none'}"
            )
    refusal: RefusedError | None = None
    for permission in _sufficient(needed):
        ruling = await access.judge(permission, _request(connection, said, about))
        if ruling.is_allowed and ruling.rule:
            return
        if ruling.rule or ruling.refusal is not None:
            refusal = ruling.refusal
        if refusal is not None and (ruling.rule or refusal.http_status != 403):
            break  # it says no, or it is not known who asks
    with located("header.authorization"):
        raise refusal or NotPermittedError(f"no rule allows to {needed} by the API")


def _sufficient(needed: Permission) -> Iterator[Permission]:
    """Who may operate may read."""
    yield needed
    if needed is Permission.READ:
        yield Permission.OPERATE


def _request(connection: Asking, said: str, about: StreamName) -> AccessRequest:
    scheme = str(connection.scope["scheme"])
    return AccessRequest(
        session="",
        peer=_peer(connection.scope.get("client")),
        protocol=scheme,
        tls=scheme == "https",
        vhost=about.vhost,
        app=about.app,
        name=about.name,
        client=connection.headers.get("user-agent", "")[:256],
        authorization=said,
    )


def _peer(client: tuple[str, int] | None) -> str:
    """As addresses of peers are written; a client on a unix socket has none."""
    if client is None:
        return "unix"
    host, port = client
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
