"""The gate of the configuration: rules, and the users that they name. Floor 3."""

from __future__ import annotations

import functools
import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AS_ASKED, AccessConfig, AccessRequest, Grant
from trio_srs.service.access.failures import FailureCounter

if TYPE_CHECKING:
    from trio_srs.hub.access_rule import AccessRule, Permission
    from trio_srs.hub.credentials import Credentials, KnownUser

__all__ = [
    "AccessDeniedError",
    "CredentialsRefusedError",
    "RulesGate",
    "SignatureRefusedError",
    "TooManyFailuresError",
]

_MOST_PROVEN: Final = 10_000


class AccessDeniedError(RefusedError):
    """The rules of the configuration do not allow it."""

    code = "access_denied"
    srs_code = 1052


class CredentialsRefusedError(RefusedError):
    """It is for users that are known, and the peer did not show that it is one of them."""

    code = "credentials_refused"
    http_status = 401


class SignatureRefusedError(RefusedError):
    """It is for those whose URL is signed, and this one is not, or has expired."""

    code = "signature_refused"


class TooManyFailuresError(RefusedError):
    """From this address came too many wrong passwords or tokens of late."""

    code = "too_many_failures"
    http_status = 429


class RulesGate:
    """Decides by ``access.rules``, the first that fits. Without any it lets everybody pass.

    A password or token is looked at when a rule asks for a user, and not before.
    """

    def __init__(self, config: Callable[[], AccessConfig]) -> None:
        self._config = config
        self._failures = FailureCounter()
        self._one_by_one = trio.CapacityLimiter(1)
        """A password costs memory and a processor: how many come at once does not matter then."""
        self._key = secrets.token_bytes(32)
        self._proven: dict[bytes, str] = {}
        """Users by what they have shown, under a key that nobody else has."""
        self._proven_by: tuple[KnownUser, ...] = ()

    async def connect(self, request: AccessRequest, /) -> Grant | None:
        """Rules are about streams: nothing is decided before one is named."""

    async def publish(self, request: AccessRequest, /) -> Grant | None:
        return await self._decide("publish", request) if self._config().rules else None

    async def play(self, request: AccessRequest, /) -> Grant | None:
        return await self._decide("play", request) if self._config().rules else None

    async def _decide(self, what: str, request: AccessRequest) -> Grant:
        from trio_srs.hub.access_rule import Permission

        config, permission = self._config(), Permission(what)
        rules = _rules_of(config.rules)
        user: str | None = None
        fault: str | None = None
        for rule in rules:
            if not rule.fits(permission, request):
                continue
            if rule.is_signed:
                if fault is None:
                    fault = _signature_fault(config, permission, request)
                if fault:
                    continue
            if rule.users:
                if user is None:
                    user = await self._identify(request, config)
                if not rule.fits_user(user):
                    continue
            if rule.is_allowed:
                return Grant(account=user) if user else AS_ASKED
            raise AccessDeniedError(f"a rule denies to {what} this stream")
        if any(rule.is_allowed and permission in rule.permissions for rule in rules):
            if fault and not user:
                raise SignatureRefusedError(f"no rule allows to {what} this stream: {fault}")
            raise self._no_rule(what, request, user)
        return AS_ASKED

    def _no_rule(self, what: str, request: AccessRequest, user: str | None) -> RefusedError:
        """Why nobody allows it. ``user`` is None if no rule asked for one."""
        if user == "":
            if any(_offered(request)):
                return CredentialsRefusedError("the password or token is not right")
            return CredentialsRefusedError(f"to {what} this stream takes a user, or a token")
        return AccessDeniedError(f"no rule allows to {what} this stream")

    async def _identify(self, request: AccessRequest, config: AccessConfig) -> str:
        """Who the peer is, by the first of its credentials that is right; empty if none is.

        Raises:
            TooManyFailuresError: what it says is not looked at.
        """
        address, offered = request.peer.rpartition(":")[0] or request.peer, _offered(request)
        users = _users_of(tuple(each.value for each in config.users))
        if users is not self._proven_by:
            self._proven_by = users
            self._proven.clear()
        for each in offered:
            if user := self._proven.get(self._digest(each)):
                return user
        for each in offered:
            if user := await self._prove(each, users, address, config):
                return user
        return ""

    async def _prove(
        self,
        offered: Credentials,
        users: tuple[KnownUser, ...],
        address: str,
        config: AccessConfig,
    ) -> str:
        from trio_srs.service.access.passwords import find_user

        async with self._one_by_one:
            begin = trio.current_time() - config.failure_window
            if self._failures.since(address, begin) >= config.max_failures:
                raise TooManyFailuresError("too many wrong passwords or tokens: try again later")
            user = await trio.to_thread.run_sync(find_user, users, offered, abandon_on_cancel=True)
            if not user:
                self._failures.add(address, trio.current_time())
                return ""
        if len(self._proven) >= _MOST_PROVEN:
            self._proven.clear()
        self._proven[self._digest(offered)] = user
        return user

    def _digest(self, offered: Credentials) -> bytes:
        said = f"{len(offered.user)}:{offered.user}{offered.secret}".encode(errors="surrogatepass")
        return hashlib.blake2b(said, key=self._key).digest()


def _signature_fault(config: AccessConfig, permission: Permission, request: AccessRequest) -> str:
    from trio_srs.hub.signed_url import signature_fault

    keys = [key.value for key in config.url_keys]
    return signature_fault(keys, permission, request, time.time())


def _offered(request: AccessRequest) -> Sequence[Credentials]:
    from trio_srs.hub.credentials import offered_credentials

    return tuple(offered_credentials(request))


@functools.lru_cache(maxsize=8)
def _rules_of(texts: tuple[str, ...]) -> tuple[AccessRule, ...]:
    from trio_srs.hub.access_rule import AccessRule

    return tuple(map(AccessRule.parse, texts))


@functools.lru_cache(maxsize=8)
def _users_of(texts: tuple[str, ...]) -> tuple[KnownUser, ...]:
    from trio_srs.hub.credentials import known_users

    return tuple(user for text in texts for user in known_users(text))
