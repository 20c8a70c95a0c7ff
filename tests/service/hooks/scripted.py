"""Servers of hooks in memory: what they answer is scripted, what they heard is noted."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import attrs
import trio

from trio_srs.hub.gate import AccessRequest
from trio_srs.secret import Secret
from trio_srs.service.hooks.poster import Answer, HookBody
from trio_srs.service.hooks.replies import HookFailedError, UnheardError

__all__ = ["REQUEST", "YES", "Call", "Script", "ScriptedPoster", "no", "status", "unheard"]

REQUEST = AccessRequest(
    session="c1",
    peer="10.0.0.1:5000",
    protocol="rtmp",
    vhost="__defaultVhost__",
    app="live",
    name="cam",
    params={"token": "x"},
    query="token=x",
    tc_url="rtmp://host/live",
    page_url="https://page.test/",
)


@attrs.frozen
class Call:
    """One call as a server heard it."""

    url: str
    said: dict[str, Any]

    @property
    def action(self) -> str:
        return str(self.said["action"] if "action" in self.said else self.said["call"])

    def __str__(self) -> str:
        client, stream = (
            self.said.get(name, self.said.get(other, ""))
            for name, other in (("client_id", "clientid"), ("stream", "name"))
        )
        return f"{self.action} {client} {stream}".strip()


def said_in(form: HookBody) -> dict[str, Any]:
    """The fields of a call, whatever its dialect."""
    if form.content_type == "application/json":
        fields: dict[str, Any] = json.loads(form.body)
        return fields
    return dict(parse_qsl(form.body.decode(), keep_blank_values=True, strict_parsing=True))


Script = Callable[[Call], Awaitable[Answer]]


async def YES(call: Call) -> Answer:  # a constant like the others
    return Answer(200, b"0")


def no(reason: str = "") -> Script:
    async def refuse(call: Call) -> Answer:
        return Answer(200, json.dumps({"code": 1, "message": reason}).encode())

    return refuse


def status(code: int, body: bytes = b"") -> Script:
    async def answer(call: Call) -> Answer:
        return Answer(code, body)

    return answer


async def unheard(call: Call) -> Answer:
    raise UnheardError("ConnectError")


@attrs.define(eq=False)
class ScriptedPoster:
    """Carries calls to a script; what the script raises is what went wrong on the way."""

    script: Script = YES
    heard: list[Call] = attrs.field(factory=list)
    secrets: list[Secret | None] = attrs.field(factory=list)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started()

    async def prepare(self) -> None: ...

    async def post(
        self, url: str, said: HookBody, timeout_s: float, secret: Secret | None
    ) -> Answer:
        call = Call(url, said_in(said))
        self.heard.append(call)
        self.secrets.append(secret)
        with trio.move_on_after(timeout_s):
            return await self.script(call)
        raise HookFailedError(f"no answer within {timeout_s:g} s")

    def said(self, action: str = "") -> list[str]:
        """What was called so far, in short."""
        return [str(call) for call in self.heard if action in ("", call.action)]
