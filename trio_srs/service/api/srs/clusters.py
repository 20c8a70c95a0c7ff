"""SRS's ``/api/v1/clusters``: the other origins of an SRS cluster ask where a stream is, and send
their players there. Floor 3.

Source: ``srs_app_coworkers.cpp`` and ``SrsRtmpConn::playing`` of SRS 7.0.18.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

import attrs
from litestar import Request, Response, get, post
from litestar.params import QueryParameter

from trio_srs.hub.access_rule import Permission
from trio_srs.service.api.admission import needing
from trio_srs.service.api.routes.parameters import Api
from trio_srs.service.api.srs.saying import AT_ONCE, V1, bare
from trio_srs.wire.stream_name import key_of
from trio_srs.wire.url import DEFAULT_VHOST

if TYPE_CHECKING:
    from trio_srs.service.api.context import ApiContext

__all__ = ["post_cluster", "show_cluster"]


@attrs.frozen(kw_only=True)
class SrsClusterQuery:
    """The stream that somebody looks for."""

    ip: str
    """The host that the player named; it makes no difference."""
    vhost: str
    """The virtual host, or the name of one."""
    app: str
    """The application."""
    stream: str
    """The stream's name in it."""


@attrs.frozen(kw_only=True)
class SrsOrigin:
    """Where a stream is."""

    ip: str
    """The host to go to: the one in `coworker`, or else that of this request."""
    port: int
    """Its port of RTMP."""
    vhost: str
    """The virtual host."""
    api: str
    """Host and port of this API."""
    routers: tuple[str, ...]
    """The way there, of which this API is all."""


@attrs.frozen(kw_only=True)
class SrsCluster:
    """What was asked, and the answer."""

    query: SrsClusterQuery
    """What was asked."""
    origin: SrsOrigin | None
    """Where the stream is; null if nobody publishes it here."""


@attrs.frozen(kw_only=True)
class SrsClusterAnswer:
    """Where a stream is."""

    code: int = 0
    """0."""
    data: SrsCluster
    """It."""


_Vhost = Annotated[str, QueryParameter(description="The virtual host; the default one if none.")]
_App = Annotated[str, QueryParameter(description="The application.")]
_Stream = Annotated[str, QueryParameter(description="The stream's name in it.")]
_Coworker = Annotated[
    str, QueryParameter(description="What who asks calls this API: host, colon and port.")
]
_Ip = Annotated[str, QueryParameter(description="The host that the player named.")]


def _show(
    api: Api,
    request: Request[Any, Any, Any],
    vhost: _Vhost = "",
    app: _App = "",
    stream: _Stream = "",
    coworker: _Coworker = "",
    ip: _Ip = "",
) -> Response[SrsClusterAnswer]:
    """Say whether a stream is published here, for SRS servers that have this one among the
    `coworkers` of their `cluster`. They ask by POST, with nothing in it."""
    asked = SrsClusterQuery(ip=ip, vhost=vhost, app=app, stream=stream)
    own = coworker or request.headers.get("host", "")
    return bare(SrsClusterAnswer(data=SrsCluster(query=asked, origin=_origin(api, asked, own))))


_SUMMARY: Final = "Say where a stream is"
_READING: Final[dict[str, Any]] = {
    **AT_ONCE,
    "opt": {**AT_ONCE["opt"], **needing(Permission.READ)},
}
_PATH: Final = f"{V1}/clusters"
show_cluster = get(_PATH, summary=_SUMMARY, operation_id="srs_clusters", **_READING)(_show)
post_cluster = post(
    _PATH, summary=_SUMMARY, operation_id="srs_post_clusters", status_code=200, **_READING
)(_show)


def _origin(api: ApiContext, asked: SrsClusterQuery, own: str) -> SrsOrigin | None:
    """This server, if a stream is published here.

    Args:
        own: host and port of this API, as who asks knows it.
    """
    vhost = api.hosts.vhost_of(asked.vhost or DEFAULT_VHOST)
    found = api.hub.find(key_of(vhost, f"{asked.app}/{asked.stream}"))
    host, port = _host_of(own), _rtmp_port(api, _host_of(own))
    if found is None or not found.publishing or not host or port is None:
        return None
    return SrsOrigin(ip=host, port=port, vhost=vhost, api=own, routers=(own,))


def _host_of(authority: str) -> str:
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def _rtmp_port(api: ApiContext, host: str) -> int | None:
    """The port of RTMP at a host: where several are listened on, not one that only this machine
    reaches, unless it is asked about itself."""
    urls = [urlsplit(url) for url in api.addresses().get("rtmp", ())]
    ports = [(_is_here(each.hostname or "") != _is_here(host), each.port) for each in urls]
    found = sorted((is_other, port) for is_other, port in ports if port is not None)
    return found[0][1] if found else None


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
