"""Calls over HTTP: one POST, one answer, on connections that are kept. Floor 3."""

from __future__ import annotations

import functools
import hashlib
import hmac
import ssl
import time
from collections.abc import Mapping
from typing import Final, Protocol

import attrs
import httpx2
import trio

from trio_srs.secret import Secret
from trio_srs.service.hooks.replies import ANSWER_MOST, AnswerError, HookFailedError, UnheardError
from trio_srs.version import VERSION

__all__ = ["Answer", "HookBody", "HttpPoster", "Poster", "shown", "signature"]

SIGNATURE: Final = "Trio-Srs-Signature"
_CLOSE_S: Final = 1.0
_NOT_CONNECTED: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
"""What goes wrong before anything was said."""


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

    It follows no redirects, decodes no content, keeps no more of an answer than
    :data:`~trio_srs.service.hooks.replies.ANSWER_MOST`, and takes nothing from the environment.
    """

    def __init__(self, max_connections: int, keep_alive_s: float) -> None:
        """
        Args:
            keep_alive_s: how long a connection is kept that nobody uses.
        """
        self._keep_alive_s = keep_alive_s
        self._limits = httpx2.Limits(
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=keep_alive_s,
        )
        self._client: httpx2.AsyncClient | None = None
        self._is_running = False
        self._going_on = 0
        self._last_at = 0.0

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self._is_running = True
        try:
            task_status.started()
            while True:
                await trio.sleep(self._keep_alive_s)
                idle_s = trio.current_time() - self._last_at
                if not self._going_on and idle_s >= self._keep_alive_s:
                    await self._close()
        finally:
            self._is_running = False
            with trio.CancelScope(shield=True), trio.move_on_after(_CLOSE_S):
                await self._close()

    async def prepare(self) -> None:
        await trio.to_thread.run_sync(_tls)

    async def _close(self) -> None:
        """Keep no connections: the client closes them only when it makes others."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _open(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                limits=self._limits, verify=_tls(), follow_redirects=False, trust_env=False
            )
        return self._client

    async def post(
        self, url: str, said: HookBody, timeout_s: float, secret: Secret | None
    ) -> Answer:
        body = said.body
        headers = {
            "Content-Type": said.content_type,
            "User-Agent": f"trio-srs/{VERSION}",
            "Accept-Encoding": "identity",
        }
        if secret is not None:
            headers[SIGNATURE] = signature(secret, body, int(time.time()))
        if not self._is_running:
            raise UnheardError("nobody makes calls now")
        self._going_on += 1
        try:
            with trio.fail_after(timeout_s):
                return await _post(self._open(), url, body, headers, timeout_s)
        except trio.TooSlowError:
            raise HookFailedError(f"no answer within {timeout_s:g} s") from None
        except _NOT_CONNECTED as error:
            raise UnheardError(_said(error)) from None
        except httpx2.HTTPError as error:
            raise HookFailedError(_said(error)) from None
        finally:
            self._going_on -= 1
            self._last_at = trio.current_time()


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: it reads the certificates of all authorities."""
    return httpx2.create_ssl_context(trust_env=False)


async def _post(
    client: httpx2.AsyncClient, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float
) -> Answer:
    # Who cannot be connected to is known sooner, as one who has heard nothing.
    timeouts = httpx2.Timeout(None, connect=timeout_s / 2, pool=timeout_s / 2)
    async with client.stream(
        "POST", url, content=body, headers=headers, timeout=timeouts
    ) as response:
        said = bytearray()
        async for piece in response.aiter_raw():
            # To its end, or that of the time: left early, its generators would be garbage.
            said += piece[: ANSWER_MOST + 1 - len(said)]
    if len(said) > ANSWER_MOST:
        raise AnswerError(f"an answer of more than {ANSWER_MOST} bytes")
    return Answer(response.status_code, bytes(said), response.headers.get("location", ""))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
