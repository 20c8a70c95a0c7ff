"""Keys of JWTs that are fetched from somewhere else, and kept for a while. Floor 3."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import jwt
import trio

from trio_srs.errors import PeerError

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


class KeysNotFetchedError(PeerError):
    """The keys of JWTs could not be had from their URL."""

    code = "jwks_not_fetched"


async def fetch_keys(url: str) -> bytes:
    """Get what a URL has, within five seconds.

    Raises:
        KeysNotFetchedError: it cannot be had.
    """
    import httpx2  # where a URL is configured, and no sooner

    said = bytearray()
    try:
        with trio.fail_after(_FETCH_S):
            async with (
                httpx2.AsyncClient(follow_redirects=False, trust_env=False) as client,
                client.stream("GET", url) as response,
            ):
                async for piece in response.aiter_bytes():
                    said += piece[: _MOST_BYTES + 1 - len(said)]
                status = response.status_code
    except trio.TooSlowError:
        raise KeysNotFetchedError(f"no answer within {_FETCH_S:g} s") from None
    except httpx2.HTTPError as error:
        raise KeysNotFetchedError(f"{type(error).__name__}: {error}") from None
    if status != _OK or len(said) > _MOST_BYTES:
        raise KeysNotFetchedError(f"status {status} and {len(said)} bytes, expected 200 and few")
    return bytes(said)


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
