"""Keys of JWTs that are fetched from somewhere else, and kept for a while. Floor 3."""

from __future__ import annotations

import json
import logging
import math
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import jwt
import trio

from trio_srs.errors import PeerError
from trio_srs.version import VERSION
from trio_srs.wire.http_url import HttpUrl
from trio_srs.wire.url import UrlError

if TYPE_CHECKING:
    from trio_srs.hub.gate import AccessConfig

__all__ = ["KeySet", "KeysNotFetchedError", "fetch_keys"]

_log = logging.getLogger(__name__)

_FETCH_S: Final = 5.0
_MOST_BYTES: Final = 256 * 1024
_MOST_KEYS: Final = 100
_AGAIN_S: Final = 10.0
"""How often they are fetched, at most, however many tokens of unknown keys come."""
_OK: Final = 200
_FIELDS: Final = {"User-Agent": f"trio-srs/{VERSION}", "Accept-Encoding": "identity"}


class KeysNotFetchedError(PeerError):
    """The keys of JWTs could not be had from their URL."""

    code = "jwks_not_fetched"


async def fetch_keys(url: str) -> bytes:
    """Get what a URL has, within five seconds.

    Raises:
        KeysNotFetchedError: it cannot be had.
    """
    from trio_srs.net.http_caller import HttpCaller  # where a URL is configured, and no sooner

    caller = HttpCaller(1, 0.0, _MOST_BYTES, ssl.create_default_context)
    try:
        with trio.fail_after(_FETCH_S):
            answer = await caller.call(HttpUrl.parse(url), _FIELDS, None, connect_s=_FETCH_S)
    except trio.TooSlowError:
        raise KeysNotFetchedError(f"no answer within {_FETCH_S:g} s") from None
    except (PeerError, UrlError) as error:
        raise KeysNotFetchedError(str(error)) from None
    finally:
        caller.close_idle()
    if answer.status != _OK:
        raise KeysNotFetchedError(f"status {answer.status}, expected 200")
    return answer.body


class KeySet:
    """The keys of ``access.jwks_url``."""

    def __init__(self, fetch: Callable[[str], Awaitable[bytes]] = fetch_keys) -> None:
        self._fetch = fetch
        self._url = ""
        self._keys: Sequence[jwt.PyJWK] = ()
        self._fetched_at = self._tried_at = -math.inf
        self._one_by_one = trio.Lock()

    async def find(self, config: AccessConfig, algorithm: str, key_id: object) -> list[Any]:
        """The keys for an algorithm: that of an id, or all where a token names none."""
        if config.jwks_url is None:
            return []
        async with self._one_by_one:
            if config.jwks_url != self._url:
                self._url, self._keys = config.jwks_url, ()
                self._fetched_at = self._tried_at = -math.inf
            if trio.current_time() - self._fetched_at > config.jwks_cache:
                await self._refresh()
            found = self._fitting(algorithm, key_id)
            if not found:
                await self._refresh()
                found = self._fitting(algorithm, key_id)
        return found

    def _fitting(self, algorithm: str, key_id: object) -> list[Any]:
        return [
            each.key
            for each in self._keys
            if each.algorithm_name == algorithm and key_id in (None, each.key_id)
        ]

    async def _refresh(self) -> None:
        """Fetch them, if that was not tried just now; those that are there hold if it fails."""
        now = trio.current_time()
        if now - self._tried_at < _AGAIN_S:
            return
        self._tried_at = now
        try:
            self._keys = _read(await self._fetch(self._url))
            self._fetched_at = now
        except KeysNotFetchedError as error:
            _log.warning("the keys of JWTs are not fetched: %s", error)


def _read(body: bytes) -> Sequence[jwt.PyJWK]:
    """Read a JWKS; what of it is for something else is passed over."""
    keys = []
    try:
        listed = json.loads(body)["keys"]
        for each in listed[:_MOST_KEYS]:
            if isinstance(each, dict) and each.get("use", "sig") == "sig":
                keys += _read_key(each)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise KeysNotFetchedError("what was answered is no JWKS") from None
    return keys


def _read_key(said: dict[str, Any]) -> list[jwt.PyJWK]:
    if said.get("kty") == "oct":  # whoever can fetch that could sign
        return []
    try:
        return [jwt.PyJWK.from_dict(said)]
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return []
