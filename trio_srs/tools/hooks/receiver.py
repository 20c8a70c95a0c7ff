"""A server that receives callbacks, notes them in order, and answers as it is told. Floor 6."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

import attrs
import trio

from trio_srs.errors import ProtocolError
from trio_srs.session.base import NEED_DATA, Need
from trio_srs.session.http_events import HttpBody, HttpClosed, HttpEnd, HttpRequest
from trio_srs.session.http_server import HttpLimits, HttpServerSession
from trio_srs.tools.hooks.scripted_answer import ScriptedAnswer

__all__ = ["HookReceiver", "ReceivedCall"]

_LIMITS: Final = HttpLimits(unread_bytes=2 * 2**20)
_BODY_MOST: Final = 2**20
_READ: Final = 64 * 1024
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = {"Content-Type": "application/json"}
_NO_HEADERS: Final[Mapping[str, str]] = {}


@attrs.frozen(kw_only=True)
class ReceivedCall:
    """One callback as it came."""

    number: int
    """The how manieth it is, from 1."""
    at_s: float
    """Seconds since the receiver began."""
    path: str
    """What of the URL stands behind the host."""
    action: str
    """``on_publish``…, or ``publish``… as nginx-rtmp says; empty where the body says none."""
    fields: Mapping[str, Any]
    """The JSON object, or the form; empty if there is none."""
    body: bytes
    """As it came."""
    peer: str
    """The address that it came from: who keeps a connection calls from the same."""
    headers: Mapping[str, str] = _NO_HEADERS
    """By name in lower case."""

    @property
    def stream(self) -> str:
        """The stream, as ``live/cam1``; empty if it is about none."""
        name = self.fields.get("stream", "") or self.fields.get("name", "")
        return f"{self.fields.get('app', '')}/{name}" if name else ""

    @property
    def client_id(self) -> str:
        """The session that it is about."""
        return str(self.fields.get("client_id", "") or self.fields.get("clientid", ""))

    def __str__(self) -> str:
        what = self.action or "neither a JSON object nor a form"
        return " ".join(filter(None, (f"{self.at_s:.3f} s", what, self.client_id, self.stream)))


Answerer: TypeAlias = Callable[[ReceivedCall], Awaitable[ScriptedAnswer]]


class HookReceiver:
    """Receives callbacks on one address.

    Args:
        answer: called with each call, when it is whole.
    """

    def __init__(self, answer: Answerer) -> None:
        self._answer = answer
        self._count = 0
        self._began_at = trio.current_time()

    async def run(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        task_status: trio.TaskStatus[Sequence[str]] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Receive until cancelled. Once it has started its URLs are known.

        Raises:
            OSError: it cannot listen there.
        """
        listeners = await trio.open_tcp_listeners(port, host=host or None)
        names = (each.socket.getsockname() for each in listeners)
        urls = [f"http://{_literal(name[0])}:{name[1]}/" for name in names]
        async with trio.open_nursery() as nursery:
            await nursery.start(trio.serve_listeners, self._serve, listeners)
            task_status.started(urls)

    async def _serve(self, stream: trio.SocketStream) -> None:
        session = HttpServerSession(_LIMITS, trio.current_time())
        try:
            async with stream:
                await self._converse(stream, session)
        except (ProtocolError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # whoever calls sees it; the receiver goes on

    async def _converse(self, stream: trio.SocketStream, session: HttpServerSession) -> None:
        head: HttpRequest | None = None
        body = bytearray()
        peer = str(stream.socket.getpeername())
        while True:
            match session.next_event():
                case HttpRequest() as head:
                    body.clear()
                    session.proceed()
                case HttpBody(data):
                    body += data
                    if len(body) > _BODY_MOST:
                        return
                case HttpEnd() if head is not None:
                    if not await self._answered(session, head, bytes(body), peer):
                        return
                    await stream.send_all(session.data_to_send())
                    if not session.next_request(trio.current_time()):
                        return
                case HttpClosed():
                    return
                case Need() as need if need is NEED_DATA:
                    if said := session.data_to_send():
                        await stream.send_all(said)
                    data = await stream.receive_some(_READ)
                    if not data:
                        session.receive_end()
                    session.receive_data(data, trio.current_time())

    async def _answered(
        self, session: HttpServerSession, head: HttpRequest, body: bytes, peer: str
    ) -> bool:
        """Whether there was to be an answer."""
        self._count += 1
        is_form = head.headers.get("content-type", "").startswith(_FORM)
        # A JSON object is one whatever it is said to be: curl and urllib say that all is a form.
        fields = _object(body) or (_form(body) if is_form else {})
        call = ReceivedCall(
            number=self._count,
            at_s=trio.current_time() - self._began_at,
            path=head.line.partition(" ")[2],
            action=str(fields.get("action", "") or fields.get("call", "")),
            fields=fields,
            body=body,
            peer=peer,
            headers=head.headers,
        )
        answer = await self._answer(call)
        await trio.sleep(answer.after_s)
        if not answer.closes:
            more = {"Location": answer.location} if answer.location else {}
            session.answer(answer.status, {**_JSON, **more}, answer.body)
        return not answer.closes


def _form(body: bytes) -> dict[str, Any]:
    """The first of fields of one name counts, as what a peer said stands last."""
    said = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    return dict(reversed(said))


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _literal(host: str) -> str:
    return f"[{host}]" if ":" in host else host
