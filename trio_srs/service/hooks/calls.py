"""Calls of hooks as values: what SRS says in each of them, field by field. Floor 3, and pure."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import attrs

from trio_srs.hub.bus import SessionEnded
from trio_srs.hub.gate import AccessRequest
from trio_srs.hub.ids import SrsIds
from trio_srs.hub.made_files import FileKind, MadeFile
from trio_srs.service.hooks.config import Action
from trio_srs.wire.stream_name import key_of, split_key
from trio_srs.wire.url import StreamName

__all__ = [
    "TAKEN_BACK_BY",
    "UNDONE_BY",
    "HookCall",
    "close_call",
    "connect_call",
    "file_call",
    "request_call",
    "undo_call",
    "update_call",
    "with_done",
]

UNDONE_BY: Final[Mapping[Action, Action]] = {
    Action.ON_CONNECT: Action.ON_CLOSE,
    Action.ON_PUBLISH: Action.ON_UNPUBLISH,
    Action.ON_PLAY: Action.ON_STOP,
}
"""By which call each that was granted is taken back."""
TAKEN_BACK_BY: Final[Mapping[Action, tuple[Action, ...]]] = {
    asked: (undone,) if asked is Action.ON_CONNECT else (undone, Action.ON_DONE)
    for asked, undone in UNDONE_BY.items()
}
"""The same with what is told behind it."""


@attrs.frozen(kw_only=True)
class HookCall:
    """One call: to each URL of its action."""

    action: Action
    session: str
    """The session's id: its calls keep their order."""
    stream: str = ""
    """The stream as it was asked for, by its name in the hub; empty for a connection's own."""
    vhost: str
    """The configured virtual host."""
    body: Mapping[str, object]
    """The JSON object, with SRS's fields in SRS's order."""
    request: AccessRequest | None = attrs.field(default=None, repr=False)
    """What was asked for, if the call is of a request."""
    order: str = ""
    """By what it keeps its order, if not by the session."""


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


def update_call(granted: HookCall, seconds: int, *, sent: int, received: int) -> HookCall:
    """``on_update`` of what was granted by a call, and has begun.

    Args:
        seconds: since then.
        sent, received: bytes of its session so far.
    """
    body = {name: granted.body[name] for name in (*_HEAD, *_OF_STREAM)}
    counted = {"time": seconds, "send_bytes": sent, "recv_bytes": received}
    said = {**body, "action": str(Action.ON_UPDATE), "request": _REQUESTS[granted.action]}
    return attrs.evolve(granted, action=Action.ON_UPDATE, body={**said, **counted})


def with_done(calls: Iterable[HookCall]) -> Iterator[HookCall]:
    """The calls, and ``on_done`` behind each that says that a publish or a play is over."""
    for call in calls:
        yield call
        if call.action in (Action.ON_UNPUBLISH, Action.ON_STOP):
            body = {**call.body, "action": str(Action.ON_DONE)}
            yield attrs.evolve(call, action=Action.ON_DONE, body=body)


def file_call(
    ids: SrsIds, made: MadeFile, publish: HookCall | None, vhost_of: Callable[[str], str]
) -> HookCall:
    """``on_hls`` or ``on_dvr``.

    Args:
        publish: the ``on_publish`` of what it was made of, if there was one.
        vhost_of: the configured virtual host of a host name, or the default one.
    """
    action, fields = _OF_FILES[made.kind]
    if publish is None:
        publish = _unasked(ids, made, vhost_of)
    head, of_stream = (
        {name: publish.body[name] for name in names}
        for names in (_HEAD, ("tcUrl", "stream", "param"))
    )
    return attrs.evolve(
        publish,
        action=action,
        stream="",
        order=f"{action} {made.stream}",
        body={
            **head,
            "action": str(action),
            **of_stream,
            **fields(made),
            **{name: publish.body[name] for name in ("stream_url", "stream_id")},
        },
    )


def _unasked(ids: SrsIds, made: MadeFile, vhost_of: Callable[[str], str]) -> HookCall:
    """What an ``on_publish`` would have said of a publish that came by no request: a relay's."""
    named = split_key(made.stream, vhost_of)
    request = AccessRequest(
        session=made.session,
        peer="",
        protocol="",
        vhost=named.vhost,
        app=named.app,
        name=named.name,
    )
    return request_call(ids, Action.ON_PUBLISH, request)


def _segment(made: MadeFile) -> dict[str, object]:
    return {
        "duration": made.duration_s,
        "cwd": os.getcwd(),
        "file": made.path,
        "url": made.url,
        "m3u8": made.playlist_path,
        "m3u8_url": made.playlist_url,
        "seq_no": made.number,
    }


def _recording(made: MadeFile) -> dict[str, object]:
    return {"cwd": os.getcwd(), "file": made.path}


_OF_FILES: Final[Mapping[FileKind, tuple[Action, Callable[[MadeFile], dict[str, object]]]]] = {
    FileKind.SEGMENT: (Action.ON_HLS, _segment),
    FileKind.RECORDING: (Action.ON_DVR, _recording),
}

_REQUESTS: Final = {Action.ON_PUBLISH: "publish", Action.ON_PLAY: "play"}
_HEAD: Final = ("server_id", "service_id", "action", "client_id", "ip", "vhost", "app")
_OF_STREAM: Final = ("tcUrl", "stream", "param", "stream_url", "stream_id")


def _call(ids: SrsIds, action: Action, request: AccessRequest, **fields: object) -> HookCall:
    key = _key(request)
    head = (ids.server, ids.service, str(action), request.session, _ip(request.peer))
    named = dict(zip(_HEAD, (*head, request.vhost, request.app), strict=True))
    stream = "" if action is Action.ON_CONNECT else key
    return HookCall(
        action=action,
        session=request.session,
        stream=stream,
        vhost=request.vhost,
        body={**named, **fields},
        request=request,
    )


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
