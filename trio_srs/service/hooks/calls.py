"""Calls of hooks as values: what SRS says in each of them, field by field. Floor 3, and pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from trio_srs.hub.bus import SessionEnded
from trio_srs.hub.gate import AccessRequest
from trio_srs.hub.ids import SrsIds
from trio_srs.service.hooks.config import Action
from trio_srs.wire.stream_name import key_of
from trio_srs.wire.url import StreamName

__all__ = ["UNDONE_BY", "HookCall", "close_call", "connect_call", "request_call", "undo_call"]

UNDONE_BY: Final[Mapping[Action, Action]] = {
    Action.ON_CONNECT: Action.ON_CLOSE,
    Action.ON_PUBLISH: Action.ON_UNPUBLISH,
    Action.ON_PLAY: Action.ON_STOP,
}
"""By which call each that was granted is taken back."""


@attrs.frozen(kw_only=True)
class HookCall:
    """One call: to each URL of its action."""

    action: Action
    session: str
    """The session's id: its calls keep their order."""
    stream: str = ""
    """The stream as it was asked for, by its name in the hub; empty for a connection's own."""
    body: Mapping[str, object]
    """The JSON object, with SRS's fields in SRS's order."""


def connect_call(ids: SrsIds, request: AccessRequest) -> HookCall:
    """``on_connect``, which SRS calls when a client has named its stream."""
    return _call(
        ids,
        Action.ON_CONNECT,
        request,
        stream=request.name,
        param=_param(request),
        tcUrl=request.tc_url,
        pageUrl=request.page_url,
    )


def close_call(connected: HookCall, ended: SessionEnded | None) -> HookCall:
    """``on_close`` of what was connected by a call.

    Args:
        ended: None if the session goes on, and only the ``on_connect`` did not come to anything.
    """
    head = {name: connected.body[name] for name in _HEAD}
    counted = {
        "send_bytes": 0 if ended is None else ended.bytes_out,
        "recv_bytes": 0 if ended is None else ended.bytes_in,
    }
    body = {**head, "action": str(Action.ON_CLOSE), **counted}
    return attrs.evolve(connected, action=Action.ON_CLOSE, body=body)


def request_call(ids: SrsIds, action: Action, request: AccessRequest) -> HookCall:
    """``on_publish`` or ``on_play``: by which somebody is asked about a request."""
    page = {"pageUrl": request.page_url} if action is Action.ON_PLAY else {}
    name = {"stream": request.name}
    url = {"tcUrl": request.tc_url}
    first = {**name, **url} if action is Action.ON_PLAY else {**url, **name}
    return _call(ids, action, request, **first, param=_param(request), **page, **_of(ids, request))


def undo_call(granted: HookCall) -> HookCall:
    """``on_unpublish`` or ``on_stop`` of what was granted by a call."""
    action = UNDONE_BY[granted.action]
    body = {name: granted.body[name] for name in (*_HEAD, *_OF_STREAM)}
    return attrs.evolve(granted, action=action, body={**body, "action": str(action)})


_HEAD: Final = ("server_id", "service_id", "action", "client_id", "ip", "vhost", "app")
_OF_STREAM: Final = ("tcUrl", "stream", "param", "stream_url", "stream_id")


def _call(ids: SrsIds, action: Action, request: AccessRequest, **fields: object) -> HookCall:
    key = _key(request)
    head = (ids.server, ids.service, str(action), request.session, _ip(request.peer))
    named = dict(zip(_HEAD, (*head, request.vhost, request.app), strict=True))
    stream = "" if action is Action.ON_CONNECT else key
    return HookCall(action=action, session=request.session, stream=stream, body={**named, **fields})


def _of(ids: SrsIds, request: AccessRequest) -> dict[str, object]:
    url = StreamName(request.vhost, request.app, request.name).stream_url
    return {"stream_url": url, "stream_id": ids.of(_key(request))}


def _key(request: AccessRequest) -> str:
    return key_of(request.vhost, f"{request.app}/{request.name}")


def _param(request: AccessRequest) -> str:
    return f"?{request.query}" if request.query else ""


def _ip(peer: str) -> str:
    """An address without its port."""
    host, colon, port = peer.rpartition(":")
    return host.strip("[]") if colon and port.isdigit() else peer
