"""Who a peer is, by what it shows; and nobody guesses for long. Floor 3."""

from __future__ import annotations

import functools
import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AccessConfig, AccessRequest
from trio_srs.service.access.failures import FailureCounter

if TYPE_CHECKING:
    from trio_srs.hub.credentials import Credentials, KnownUser

__all__ = [
    "Identifier",
    "TooManyFailuresError",
    "address_of",
    "is_web_token",
    "known_to",
    "offered",
]

_WEB_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_MOST_PROVEN: Final = 10_000


class TooManyFailuresError(RefusedError):
    """From this address came too many wrong passwords or tokens of late."""

    code = "too_many_failures"
    http_status = 429


class Identifier:
    """Looks at the passwords and tokens that peers show."""

    def __init__(self) -> None:
        self._failures = FailureCounter()
        self._one_by_one = trio.CapacityLimiter(1)
        """A password costs memory and a processor: how many come at once does not matter then."""
        self._key = secrets.token_bytes(32)
        self._proven: dict[bytes, str] = {}
        """Users by what they have shown, under a key that nobody else has."""
        self._proven_by: tuple[KnownUser, ...] = ()

    async def user_of(self, request: AccessRequest, config: AccessConfig) -> str:
        """Who the peer is, by the first of its credentials that is right; empty if none is.

        Raises:
            TooManyFailuresError: what it says is not looked at.
        """
        shown = offered(request)
        users = known_to(config)
        if users is not self._proven_by:
            self._proven_by = users
            self._proven.clear()
        for each in shown:
            if user := self._proven.get(self._digest(each)):
                return user
        for each in shown:
            if user := await self._prove(each, users, address_of(request), config):
                return user
        return ""

    def check_patience(self, address: str, config: AccessConfig) -> None:
        """Whether what an address says is still looked at.

        Raises:
            TooManyFailuresError: it is not.
        """
        begin = trio.current_time() - config.failure_window
        if self._failures.since(address, begin) >= config.max_failures:
            raise TooManyFailuresError("too many wrong passwords or tokens: try again later")

    def note_failure(self, address: str) -> None:
        """One more that was wrong came from an address."""
        self._failures.add(address, trio.current_time())

    async def _prove(
        self,
        shown: Credentials,
        users: tuple[KnownUser, ...],
        address: str,
        config: AccessConfig,
    ) -> str:
        from trio_srs.service.access.passwords import find_user

        async with self._one_by_one:
            self.check_patience(address, config)
            user = await trio.to_thread.run_sync(find_user, users, shown, abandon_on_cancel=True)
            if not user:
                self.note_failure(address)
                return ""
        if len(self._proven) >= _MOST_PROVEN:
            self._proven.clear()
        self._proven[self._digest(shown)] = user
        return user

    def _digest(self, shown: Credentials) -> bytes:
        said = f"{len(shown.user)}:{shown.user}{shown.secret}".encode(errors="surrogatepass")
        return hashlib.blake2b(said, key=self._key).digest()


def known_to(config: AccessConfig) -> tuple[KnownUser, ...]:
    """All users of a configuration."""
    return _users_of(tuple(each.value for each in config.users))


def address_of(request: AccessRequest) -> str:
    """A peer's address without its port: what failures are counted by."""
    return request.peer.rpartition(":")[0] or request.peer


def offered(request: AccessRequest) -> Sequence[Credentials]:
    """What a peer shows to be somebody."""
    from trio_srs.hub.credentials import offered_credentials

    return tuple(offered_credentials(request))


def is_web_token(shown: Credentials) -> bool:
    """Whether what a peer shows looks like a JWT: three parts, which no token of ours has."""
    return not shown.user and _WEB_TOKEN.fullmatch(shown.secret) is not None


@functools.lru_cache(maxsize=8)
def _users_of(texts: tuple[str, ...]) -> tuple[KnownUser, ...]:
    from trio_srs.hub.credentials import known_users

    return tuple(user for text in texts for user in known_users(text))
