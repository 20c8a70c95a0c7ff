"""In which words calls are made, and what an answer to them means. Floor 3, and pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final, Protocol
from urllib.parse import quote

from trio_srs.hub.gate import AS_ASKED, Grant
from trio_srs.service.hooks.calls import HookCall
from trio_srs.service.hooks.config import Action, HookDialect
from trio_srs.service.hooks.poster import Answer, HookBody
from trio_srs.service.hooks.replies import (
    AnswerError,
    HookRefusedError,
    read_answer,
)

__all__ = ["DIALECTS", "Dialect"]


class Dialect(Protocol):
    """Whose callbacks are spoken."""

    @property
    def asks_at_connect(self) -> bool:
        """Whether ``on_connect`` is asked before a stream is named."""
        ...

    def said(self, call: HookCall) -> HookBody:
        """What is said to make a call."""
        ...

    def read(self, answer: Answer) -> Grant:
        """What an answer means.

        Raises:
            HookRefusedError: it says no.
            AnswerError: it makes no sense.
        """
        ...


_WRITE_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class _Srs:
    asks_at_connect: Final = False

    def said(self, call: HookCall) -> HookBody:
        return HookBody("application/json", _WRITE_JSON(call.body).encode(errors="replace"))

    def read(self, answer: Answer) -> Grant:
        return read_answer(answer.status, answer.body)


_CALLED: Final[Mapping[Action, str]] = {
    Action.ON_CONNECT: "connect",
    Action.ON_CLOSE: "disconnect",
    Action.ON_PUBLISH: "publish",
    Action.ON_UNPUBLISH: "publish_done",
    Action.ON_PLAY: "play",
    Action.ON_STOP: "play_done",
    Action.ON_DONE: "done",
    Action.ON_DVR: "record_done",
    Action.ON_HLS: "hls_done",
}
_WITHOUT_NAME: Final = frozenset({Action.ON_CONNECT, Action.ON_CLOSE})
_REASON_MOST: Final = 64


class _NginxRtmp:
    """As ``ngx_rtmp_notify_module`` speaks, in its order; but for ``start``, ``duration`` and
    ``reset`` of a play, which gates are not told, and ``timestamp`` of an update."""

    asks_at_connect: Final = True

    def said(self, call: HookCall) -> HookBody:
        said = "&".join(f"{name}={quote(value, safe='')}" for name, value in _fields(call))
        query = call.request.query if call.request is not None else ""
        more = f"&{query}" if query and call.action is not Action.ON_CLOSE else ""
        return HookBody(
            "application/x-www-form-urlencoded", f"{said}{more}".encode(errors="replace")
        )

    def read(self, answer: Answer) -> Grant:
        status = answer.status
        if 200 <= status < 300:
            return AS_ASKED
        if 300 <= status < 400:
            return _moved(answer.location)
        if 400 <= status < 500:
            raise HookRefusedError(f"status {status}")
        raise AnswerError(f"status {status}, expected 2xx, 3xx or 4xx")


def _fields(call: HookCall) -> Iterator[tuple[str, str]]:
    body, request = call.body, call.request
    yield "app", str(body["app"])
    yield "flashver", request.client if request else ""
    yield "swfurl", request.swf_url if request else ""
    yield "tcurl", request.tc_url if request else ""
    yield "pageurl", request.page_url if request else ""
    yield "addr", str(body["ip"])
    yield "clientid", call.session
    if call.action is Action.ON_UPDATE:
        yield "call", f"update_{body['request']}"
        yield "time", str(body["time"])
    else:
        yield "call", _CALLED[call.action]
    if call.action is Action.ON_DVR:
        yield "recorder", ""
    if call.action not in _WITHOUT_NAME:
        yield "name", request.name if request else str(body["stream"])
    if call.action is Action.ON_PUBLISH:
        yield "type", "live"
    if "file" in body:
        yield "path", str(body["file"])


def _moved(location: str) -> Grant:
    """Another name, or another place."""
    if not location:
        return AS_ASKED
    try:
        return Grant(redirect=location) if "://" in location else Grant(name=location)
    except ValueError as error:
        raise AnswerError(f"Location grants what cannot be: {error}"[:_REASON_MOST]) from None


DIALECTS: Final[Mapping[HookDialect, Dialect]] = {
    HookDialect.SRS: _Srs(),
    HookDialect.NGINX_RTMP: _NginxRtmp(),
}
