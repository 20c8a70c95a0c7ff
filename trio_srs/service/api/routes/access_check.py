"""The API about who may: what the rules would say of a request that nobody makes. Floor 3."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, ClassVar, Final, Literal

import attrs
import msgspec
from litestar import post
from litestar.params import JSONBody

from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AccessRequest
from trio_srs.hub.resolution import VhostDisabledError, in_namespace
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.error_answers import located
from trio_srs.service.api.routes.parameters import Api, failures
from trio_srs.wire.stream_name import key_of, parse_stream
from trio_srs.wire.url import DEFAULT_VHOST, StreamName

__all__ = ["AccessAnswer", "AccessQuestion", "ask_rules"]

_OF_STREAMS: Final = frozenset({"publish", "play"})
_SECURE: Final = ("rtmps", "https", "wss", "hlss", "dashs")


class AccessQuestion(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A request that somebody might make."""

    what: Annotated[
        Literal["publish", "play", "read", "operate"],
        msgspec.Meta(description="What somebody wants to do; `read` and `operate` by the API."),
    ]
    stream: Annotated[
        str,
        msgspec.Meta(
            description="To publish or play: as `live/cam1`, or a whole `rtmp://` URL, with what "
            "it says in its parameters."
        ),
    ] = ""
    address: Annotated[
        str,
        msgspec.Meta(
            description="From where: an IP address.",
            pattern=r"^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$",
        ),
    ] = "127.0.0.1"
    user: Annotated[
        str | None,
        msgspec.Meta(
            description="Who it is, taken as shown. If left out, who shows it by the parameters of "
            "the stream; wrong ones count against the address."
        ),
    ] = None
    protocol: Annotated[
        str, msgspec.Meta(description="What the client speaks, as in sessions.", max_length=32)
    ] = "rtmp"
    page: Annotated[
        str, msgspec.Meta(description="The URL of the page that a player is on.", max_length=2048)
    ] = ""


class BadAddressError(RefusedError):
    """The API was asked about an address that is none."""

    code = "bad_address"
    http_status: ClassVar[int] = 400


@attrs.frozen(kw_only=True)
class AccessAnswer:
    """What the rules say of it now."""

    allowed: bool
    """Whether they allow it."""
    rule: str | None
    """The rule that decided, as it stands in the configuration; null if none fits."""
    user: str | None
    """Who it is, if a rule asked for that, and it is somebody who is known."""
    code: str | None
    """Of a no: why, in the word that a refused session has in `requests`."""
    message: str
    """Of a no: why, in words."""
    stream: str | None
    """The stream that is meant, by the name that it has here."""
    asked_too: tuple[str, ...]
    """What else would be asked, and was not, as it might act on that: hooks, gates of your own."""


@post(
    "/api/v2/access/check",
    tags=["access"],
    summary="Ask whether something would be allowed",
    operation_id="check_access",
    status_code=200,
    responses=failures(400, 413),
)
async def ask_rules(api: Api, data: JSONBody[AccessQuestion]) -> AccessAnswer:
    """Say what `access.rules` say of a request, and by which of them. Nothing begins by it."""
    request, key = _imagined(api, data)
    ruling = await api.access.judge(data.what, request, user=data.user)
    refusal = ruling.refusal
    is_of_stream = data.what in _OF_STREAMS
    return AccessAnswer(
        allowed=ruling.is_allowed,
        rule=ruling.rule or None,
        user=ruling.user or None,
        code=None if refusal is None else refusal.code,
        message="" if refusal is None else str(refusal),
        stream=key,
        asked_too=api.access.gate_names if is_of_stream else (),
    )


def _imagined(api: ApiContext, data: AccessQuestion) -> tuple[AccessRequest, str | None]:
    """The request that is meant, and the stream's name here, if it is about one."""
    said, key = StreamName(DEFAULT_VHOST, "", ""), None
    if data.what in _OF_STREAMS:
        with located("body.stream"):
            said = _stream(api, data.stream)
        key = key_of(said.vhost, said.path)
    with located("body.address"):
        _check_address(data.address)
    host = f"[{data.address}]" if ":" in data.address else data.address
    request = AccessRequest(
        session="",
        peer=f"{host}:0",
        protocol=data.protocol,
        tls=data.protocol.startswith(_SECURE),
        vhost=said.vhost,
        app=said.app,
        name=said.name,
        params=said.params,
        query=said.query,
        page_url=data.page,
    )
    return request, key


def _check_address(text: str) -> None:
    try:
        ip_address(text)
    except ValueError:
        raise BadAddressError(f"{text!r} is no IP address") from None


def _stream(api: ApiContext, text: str) -> StreamName:
    named = in_namespace(parse_stream(text), api.hosts.namespaces)
    vhost = api.hosts.vhost_of(named.vhost)
    if not api.hosts.vhost_enabled(vhost):
        raise VhostDisabledError(f"virtual host {vhost} is not enabled")
    return attrs.evolve(named, vhost=vhost)
