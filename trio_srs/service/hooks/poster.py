"""Calls over HTTP: one POST, one answer, on connections that are kept. Floor 3."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import re
import ssl
import time
from typing import Final, Protocol
from urllib.parse import unquote_to_bytes

import attrs
import trio

from trio_srs.errors import PeerError
from trio_srs.net.http_caller import HttpCaller, NoConnectionError
from trio_srs.secret import Secret
from trio_srs.service.hooks.replies import ANSWER_MOST, AnswerError, HookFailedError, UnheardError
from trio_srs.session.http_calls import HttpAnswerTooLongError
from trio_srs.version import VERSION
from trio_srs.wire.http_url import HttpUrl
from trio_srs.wire.url import UrlError

__all__ = ["Answer", "HookBody", "HttpPoster", "Poster", "shown", "signature"]

SIGNATURE: Final = "Trio-Srs-Signature"
_WITH_USER: Final = re.compile(r"(https?://)([^/?#]*)@")
_FIELDS: Final = {"User-Agent": f"trio-srs/{VERSION}", "Accept-Encoding": "identity"}


@attrs.frozen
class HookBody:
    """What is said to a server."""

    content_type: str
    body: bytes


@attrs.frozen
class Answer:
    """What a server answered to a call."""

    status: int
    body: bytes
    location: str = ""
    """The header of that name."""


class Poster(Protocol):
    """Whoever carries calls to servers, while it runs."""

    async def run(self, *, task_status: trio.TaskStatus[None] = ...) -> None:
        """Carry calls until cancelled."""
        ...

    async def prepare(self) -> None:
        """Make what the first call would otherwise wait for."""
        ...

    async def post(
        self, url: str, said: HookBody, timeout_s: float, secret: Secret | None
    ) -> Answer:
        """Make one call.

        Args:
            secret: what to sign it with.

        Raises:
            UnheardError: the server did not get it.
            HookFailedError: no answer came, and the server may have got it.
            AnswerError: what came is no answer.
        """
        ...


def signature(secret: Secret, body: bytes, at: int) -> str:
    """What a call is signed with; see ``hooks.secret``.

    >>> signature(Secret("key"), b"{}", 1700000000)[:20]
    't=1700000000,v1=1b84'
    """
    said = b"%d." % at + body
    return f"t={at},v1={hmac.new(secret.value.encode(), said, hashlib.sha256).hexdigest()}"


def shown(url: str) -> str:
    """A URL without what may be secret in it: user, password and parameters."""
    front, slashes, rest = url.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{front}{slashes}{host.rpartition('@')[2]}{slash}{path}"


class HttpPoster:
    """The real one: an HTTP client with a pool.

    It follows no redirects, decodes no content, takes no more of an answer than
    :data:`~trio_srs.service.hooks.replies.ANSWER_MOST`, and goes through no proxy.
    """

    def __init__(self, max_connections: int, keep_alive_s: float) -> None:
        """
        Args:
            keep_alive_s: how long a connection is kept that nobody uses.
        """
        self._keep_alive_s = keep_alive_s
        self._caller = HttpCaller(max_connections, keep_alive_s, ANSWER_MOST, _tls)
        self._is_running = False

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self._is_running = True
        try:
            task_status.started()
            while True:
                await trio.sleep(self._keep_alive_s / 2)
                self._caller.close_idle(self._keep_alive_s)
        finally:
            self._is_running = False
            self._caller.close_idle()

    async def prepare(self) -> None:
        await trio.to_thread.run_sync(_tls)

    async def post(
        self, url: str, said: HookBody, timeout_s: float, secret: Secret | None
    ) -> Answer:
        if not self._is_running:
            raise UnheardError("nobody makes calls now")
        headers = {"Content-Type": said.content_type, **_FIELDS}
        if secret is not None:
            headers[SIGNATURE] = signature(secret, said.body, int(time.time()))
        try:
            target, authorization = _target(url)
            if authorization:
                headers["Authorization"] = authorization
            with trio.fail_after(timeout_s):
                # Who cannot be connected to is known sooner, as one who has heard nothing.
                answer = await self._caller.call(
                    target, headers, said.body, connect_s=timeout_s / 2
                )
        except trio.TooSlowError:
            raise HookFailedError(f"no answer within {timeout_s:g} s") from None
        except (NoConnectionError, UrlError) as error:
            raise UnheardError(str(error)) from None
        except HttpAnswerTooLongError as error:
            raise AnswerError(str(error)) from None
        except PeerError as error:
            raise HookFailedError(str(error)) from None
        return Answer(answer.status, answer.body, answer.headers.get("location", ""))


@functools.lru_cache(maxsize=64)
def _target(url: str) -> tuple[HttpUrl, str]:
    """Where a URL leads, and what its user and password are said by.

    Raises:
        UrlError: it leads nowhere.
    """
    found = _WITH_USER.match(url)
    if found is None:
        return HttpUrl.parse(url), ""
    said = base64.b64encode(unquote_to_bytes(found[2])).decode()
    return HttpUrl.parse(found[1] + url[found.end() :]), f"Basic {said}"


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: it reads the certificates of all authorities."""
    return ssl.create_default_context()
