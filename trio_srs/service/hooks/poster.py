"""Calls over HTTP: one POST, one answer, on connections that are kept. Floor 3."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Protocol, Self

import attrs
import httpx2
import trio

from trio_srs.secret import Secret
from trio_srs.service.hooks.replies import ANSWER_MOST, AnswerError, HookFailedError, UnheardError
from trio_srs.version import VERSION

__all__ = ["Answer", "HttpPoster", "Poster", "shown", "signature"]

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
class Answer:
    """What a server answered to a call."""

    status: int
    body: bytes


class Poster(Protocol):
    """Whoever carries calls to servers, for as long as its block lasts."""

    async def __aenter__(self) -> object: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

    async def post(self, url: str, body: bytes, timeout_s: float, secret: Secret | None) -> Answer:
        """Make one call.

        Args:
            body: JSON.
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
    """The real one: an HTTP client with a pool, for as long as its block lasts.

    It follows no redirects, decodes no content, reads no more of an answer than
    :data:`~trio_srs.service.hooks.replies.ANSWER_MOST`, and takes nothing from the environment.
    """

    def __init__(self, max_connections: int) -> None:
        self._most = max_connections
        self._client: httpx2.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        limits = httpx2.Limits(max_connections=self._most, max_keepalive_connections=self._most)
        self._client = httpx2.AsyncClient(limits=limits, follow_redirects=False, trust_env=False)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            with trio.CancelScope(shield=True), trio.move_on_after(_CLOSE_S):
                await client.aclose()

    async def post(self, url: str, body: bytes, timeout_s: float, secret: Secret | None) -> Answer:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"trio-srs/{VERSION}",
            "Accept-Encoding": "identity",
        }
        if secret is not None:
            headers[SIGNATURE] = signature(secret, body, int(time.time()))
        if self._client is None:
            raise UnheardError("nobody makes calls now")
        try:
            with trio.fail_after(timeout_s):
                return await _post(self._client, url, body, headers, timeout_s)
        except trio.TooSlowError:
            raise HookFailedError(f"no answer within {timeout_s:g} s") from None
        except _NOT_CONNECTED as error:
            raise UnheardError(_said(error)) from None
        except httpx2.HTTPError as error:
            raise HookFailedError(_said(error)) from None


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
            said += piece
            if len(said) > ANSWER_MOST:
                raise AnswerError(f"an answer of more than {ANSWER_MOST} bytes")
    return Answer(response.status_code, bytes(said))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
