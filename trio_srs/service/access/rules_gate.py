"""The gate of the configuration: rules, and the users that they name. Floor 3."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AS_ASKED, AccessConfig, AccessRequest, Challenge, Grant
from trio_srs.hub.ruling import ALLOWED, Ruling
from trio_srs.service.access.identity import (
    Identifier,
    address_of,
    is_web_token,
    known_to,
    offered,
)

if TYPE_CHECKING:
    from trio_srs.hub.access_rule import AccessRule, Permission
    from trio_srs.service.access.challenges import Challenger
    from trio_srs.service.access.key_set import KeySet
    from trio_srs.service.access.web_tokens import Claims

__all__ = [
    "AccessDeniedError",
    "CredentialsRefusedError",
    "RulesGate",
    "SignatureRefusedError",
]


_NOT_NAMED: Final = "the token does not name it"
_RTMP: Final = ("rtmp", "rtmps")


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


class RulesGate:
    """Decides by ``access.rules``, the first that fits. Without any it lets everybody pass.

    A password or token is looked at when a rule asks for a user, and not before.
    """

    def __init__(self, config: Callable[[], AccessConfig]) -> None:
        self._config = config
        self._identifier = Identifier()
        self._challenger: Challenger | None = None
        self._keys: KeySet | None = None

    async def connect(self, request: AccessRequest, /) -> Grant | None:
        """Rules are about streams: nothing is decided before one is named. But some encoders can
        say a password here only."""
        config = self._config()
        if not self._challenges(config, request):
            return None
        from trio_srs.service.access.challenges import ChallengeFailedError, Challenger

        if self._challenger is None:
            self._challenger = Challenger()
        address = address_of(request)
        self._identifier.check_patience(address, config)
        try:
            user = self._challenger.user_of(
                config.challenge, request, known_to(config), address, time.time()
            )
        except ChallengeFailedError:
            self._identifier.note_failure(address)
            raise
        return Grant(account=user)

    @staticmethod
    def _challenges(config: AccessConfig, request: AccessRequest) -> bool:
        """Whether a peer is asked for a password when it connects."""
        return (
            config.challenge is not Challenge.OFF
            and request.protocol in _RTMP
            and (request.is_encoder or "authmod" in request.params)
            and any(fnmatchcase(request.app, pattern) for pattern in config.challenge_apps)
            and not offered(request)
        )

    async def publish(self, request: AccessRequest, /) -> Grant | None:
        return await self._decide("publish", request) if self._config().rules else None

    async def play(self, request: AccessRequest, /) -> Grant | None:
        return await self._decide("play", request) if self._config().rules else None

    async def _decide(self, what: str, request: AccessRequest) -> Grant:
        ruling = await self.judge(what, request)
        if ruling.refusal is not None:
            raise ruling.refusal
        return Grant(account=ruling.user) if ruling.user else AS_ASKED

    async def judge(
        self, what: str, request: AccessRequest, /, *, user: str | None = None
    ) -> Ruling:
        from trio_srs.hub.access_rule import Permission

        config = self._config()
        if not config.rules:
            return ALLOWED
        if self._keys is None and (config.jwt_keys or config.jwks_url):
            from trio_srs.service.access.key_set import KeySet

            self._keys = KeySet()
        case = _Case(config, Permission(what), request, self._identifier, user, self._keys)
        try:
            return await case.ruling()
        except RefusedError as refusal:  # it has guessed too often
            return Ruling(refusal=refusal)


class _Case:
    """One request, and what was found out about it so far."""

    def __init__(
        self,
        config: AccessConfig,
        permission: Permission,
        request: AccessRequest,
        identifier: Identifier,
        user: str | None,
        keys: KeySet | None,
    ) -> None:
        self._config, self._permission, self._request = config, permission, request
        self._identifier = identifier
        self._keys = keys
        self._claims: Claims | None = None
        self._shows_token: bool | None = None
        """Whether it shows a JWT; None: nobody has looked yet."""
        self._token_fault = ""
        """What is wrong with that."""
        self._user = user
        """None: nobody has asked yet."""
        self._fault: str | None = None
        """What is wrong with the signature; None: nobody has looked yet."""

    async def ruling(self) -> Ruling:
        """What the first rule says that fits, or what is said where none does.

        Raises:
            TooManyFailuresError: a rule asks for a user, and nobody listens to this peer.
        """
        rules = _rules_of(self._config.rules)
        for rule in rules:
            if await self._fits(rule):
                refusal = None if rule.is_allowed else self._denied("a rule denies")
                return Ruling(rule=rule.text, user=self._user or "", refusal=refusal)
        if any(rule.is_allowed and self._permission in rule.permissions for rule in rules):
            return Ruling(user=self._user or "", refusal=self._no_rule())
        return ALLOWED

    async def _fits(self, rule: AccessRule) -> bool:
        if not rule.fits(self._permission, self._request):
            return False
        if rule.is_signed and self._signature_fault():
            return False
        if rule.needs_claims and not await self._are_claimed():
            return False
        return not rule.users or rule.fits_user(await self._who())

    async def _who(self) -> str:
        """Who it is: whose it is by an earlier gate, or by what it shows."""
        if self._user is None:
            self._user = self._request.granted.account or None
        if self._user is None:
            claims = await self._read_token()
            if not self._shows_token:
                self._user = await self._identifier.user_of(self._request, self._config)
            elif claims is not None and claims.is_of_user(self._permission, self._request):
                self._user = claims.user
            else:
                self._user, self._token_fault = "", self._token_fault or _NOT_NAMED
        return self._user

    async def _are_claimed(self) -> bool:
        """Whether a JWT names what is wanted."""
        claims = await self._read_token()
        if claims is None:
            shown = "what is shown is no JWT" if offered(self._request) else "no token is shown"
            self._token_fault = self._token_fault or shown
            return False
        if not claims.name(self._permission, self._request):
            self._token_fault = _NOT_NAMED
            return False
        self._user = self._user or claims.user or None
        return True

    async def _read_token(self) -> Claims | None:
        """What the first JWT says that the peer shows; None if there is none that is right."""
        if self._keys is None or self._shows_token is not None:
            return self._claims
        from trio_srs.service.access.web_tokens import JwtRefusedError, read_web_token

        tokens = [each.secret for each in offered(self._request) if is_web_token(each)]
        self._shows_token = bool(tokens)
        if not tokens:
            return None
        address = address_of(self._request)
        self._identifier.check_patience(address, self._config)
        try:
            self._claims = await read_web_token(tokens[0], self._config, self._keys)
        except JwtRefusedError as refusal:
            self._token_fault = str(refusal)
            self._identifier.note_failure(address)
        return self._claims

    def _signature_fault(self) -> str:
        if self._fault is None:
            from trio_srs.hub.signed_url import signature_fault

            keys = [key.value for key in self._config.url_keys]
            self._fault = signature_fault(keys, self._permission, self._request, time.time())
        return self._fault

    def _no_rule(self) -> RefusedError:
        """Why nobody allows it: what is wrong with what it shows, or else what it could show."""
        wanted, is_nobody = _WANTED[self._permission], not self._user
        has_sign = bool(self._request.params.get("sign")) and not self._shows_token
        if self._fault and is_nobody and (has_sign or not self._token_fault):
            return SignatureRefusedError(f"no rule allows to {wanted}: {self._fault}")
        is_wrong_user = self._user == "" and bool(offered(self._request))
        if self._token_fault and is_nobody and not (is_wrong_user and not self._shows_token):
            from trio_srs.service.access.web_tokens import JwtRefusedError

            return JwtRefusedError(f"no rule allows to {wanted}: {self._token_fault}")
        if self._user != "":  # somebody, or no rule asked who
            return self._denied("no rule allows")
        if is_wrong_user:
            return CredentialsRefusedError("the password or token is not right")
        return CredentialsRefusedError(f"to {wanted} takes a user, or a token")

    def _denied(self, why: str) -> AccessDeniedError:
        return AccessDeniedError(f"{why} to {_WANTED[self._permission]}")


_WANTED: Final = {
    "publish": "publish this stream",
    "play": "play this stream",
    "read": "ask the API",
    "operate": "change anything by the API",
}
"""What somebody wants to do, in words."""


@functools.lru_cache(maxsize=8)
def _rules_of(texts: tuple[str, ...]) -> tuple[AccessRule, ...]:
    from trio_srs.hub.access_rule import AccessRule

    return tuple(map(AccessRule.parse, texts))
