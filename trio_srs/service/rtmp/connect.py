"""The connect command: which application is meant, and as whom a peer asks for streams. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.announce import NAME_MOST, announce_connected, note_origin
from trio_srs.hub.fault_injection import FaultRefusalError
from trio_srs.hub.gate import AccessRequest
from trio_srs.hub.resolution import find_app, find_name
from trio_srs.hub.session_requests import Request
from trio_srs.wire.rtmp.command import ConnectRequest
from trio_srs.wire.url import StreamName

if TYPE_CHECKING:
    from trio_srs.service.rtmp.connection import Connection

__all__ = ["access_request", "answer_connect", "said_name"]

_OF_ENCODERS: Final = "nonprivate"


def answer_connect(connection: Connection, request: ConnectRequest) -> None:
    """Decide upon the pending connect command: at once while nobody has to be asked, as it takes
    no task then, and what lies behind is read next."""
    if not connection.context.access.is_open_to_connect:
        connection.start(lambda: _ask_and_answer(connection, request))
        return
    try:
        app = _admit(connection, request)
    except RefusedError as refusal:
        _refuse(connection, request, refusal)
    else:
        _accept(connection, request, app)


async def _ask_and_answer(connection: Connection, request: ConnectRequest) -> None:
    try:
        app = _admit(connection, request)
        asked = _access_request(connection, request, app, "")
        connection.granted = await connection.context.access.connect(asked)
    except RefusedError as refusal:
        _refuse(connection, request, refusal)
    else:
        _accept(connection, request, app)
        connection.go_on()


def _admit(connection: Connection, request: ConnectRequest) -> StreamName:
    """Which application is meant, if there is room. Raises RefusedError."""
    context, config = connection.context, connection.config
    over = context.registry.admit(
        connection.entry,
        most=config.max_connections,
        most_per_address=config.max_connections_per_ip,
    )
    if over is not None:
        raise over
    return find_app(context.access.rules, request.tc_url, request.app)


def _refuse(connection: Connection, request: ConnectRequest, refusal: RefusedError) -> None:
    asked = Request("connect", _shown(request.app), 0, trio.current_time())
    connection.requests.add(asked)
    connection.refuse(asked, refusal)
    if isinstance(refusal, FaultRefusalError) and refusal.stays:
        connection.go_on()
        return
    connection.end(refusal.end, f"{refusal.code}: {refusal}")


def _accept(connection: Connection, request: ConnectRequest, app: StreamName) -> None:
    connection.accept()
    assert connection.handshake is not None  # nothing is understood before it
    note_origin(connection.entry, request.tc_url, request.page_url, request.swf_url)
    announce_connected(
        connection.context.bus,
        connection.entry,
        vhost=app.vhost,
        app=app.app,
        client=request.flash_ver,
        handshake=str(connection.handshake.kind),
    )


def said_name(connection: Connection, name: str) -> str:
    """A stream as the peer named it, but for the parameters, which may be secret."""
    request = connection.session.connect_request
    app = request.app if request is not None else ""
    return _shown(f"{_shown(app)}/{name}")


def access_request(connection: Connection, name: str) -> AccessRequest:
    """What the peer asks for by a stream name. Raises RefusedError: it is none."""
    request = connection.session.connect_request
    assert request is not None  # nobody publishes or plays before connect was accepted
    said = find_name(connection.context.access.rules, request.tc_url, request.app, name)
    return _access_request(connection, request, said, said.name)


def _access_request(
    connection: Connection, said: ConnectRequest, stream: StreamName, name: str
) -> AccessRequest:
    entry = connection.entry
    return AccessRequest(
        session=entry.id,
        peer=entry.peer,
        protocol=entry.protocol,
        tls=entry.protocol == "rtmps",
        vhost=stream.vhost,
        app=stream.app,
        name=name,
        params=stream.params,
        query=stream.query,
        tc_url=said.tc_url,
        page_url=said.page_url,
        swf_url=said.swf_url,
        client=said.flash_ver,
        is_encoder=said.type == _OF_ENCODERS,
        granted=connection.granted,
    )


def _shown(name: str) -> str:
    """A name without its parameters, which may be secret."""
    return name.replace("#", "?").partition("?")[0][:NAME_MOST]
