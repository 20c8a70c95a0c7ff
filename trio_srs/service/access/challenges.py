"""Challenges for encoders that know no other way to say a password: Adobe's and Limelight's.
Floor 3.

Both are three connects: the first is refused with the name of the challenge, the second, which says
the user, with the challenge itself, and the third has the answer. What a challenge was for stands
in the challenge, under a key of this server; it is good for one answer, for a minute, from the
address that got it.

Source: what ffmpeg (``libavformat/rtmpproto.c``) and librtmp (``PublisherAuth``) say and expect.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AccessRequest, Challenge

if TYPE_CHECKING:
    from trio_srs.hub.credentials import KnownUser

__all__ = [
    "ChallengeFailedError",
    "ChallengedError",
    "Challenger",
    "adobe_hash",
    "llnw_hash",
    "new_salt",
]

_GOOD_FOR_S: Final = 60
_MOST_USED: Final = 10_000
_REALM: Final = "live"
_TIME_DIGITS: Final = 8
_SALT_BYTES: Final = 12


class ChallengedError(RefusedError):
    """An encoder is to show that it knows a password, and is told how: its next connect does."""

    code = "challenged"
    http_status = 401


class ChallengeFailedError(RefusedError):
    """The answer to a challenge was not right, or came too late."""

    code = "challenge_failed"
    http_status = 401


def new_salt() -> str:
    """A salt for one user's password."""
    return base64.b64encode(secrets.token_bytes(_SALT_BYTES)).decode()


def adobe_hash(user: str, salt: str, password: str) -> str:
    """What proves a password to Adobe's challenge. Whoever has it can prove it too."""
    return _base64_md5(f"{user}{salt}{password}")


def llnw_hash(user: str, password: str) -> str:
    """The same for Limelight's."""
    return _hex_md5(f"{user}:{_REALM}:{password}")


class Challenger:
    """Challenges encoders, and looks at their answers."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._used: OrderedDict[str, None] = OrderedDict()

    def user_of(
        self,
        kind: Challenge,
        request: AccessRequest,
        users: Iterable[KnownUser],
        address: str,
        unix_now: float,
    ) -> str:
        """Who connects, if it has answered.

        Raises:
            ChallengedError: it has not been challenged yet.
            ChallengeFailedError: the answer is not right.
        """
        params = request.params
        start = "[ AccessManager.Reject ] : ["
        if params.get("authmod") != kind or not params.get("user"):
            raise ChallengedError(f"{start} code=403 need auth; authmod={kind} ] :")
        user = params["user"]
        hashes = {each.name: each.hash for each in users if each.kind.value == kind}
        hashed = hashes.get(user) or self._of_nobody(kind, user)
        if "response" not in params:
            more = _CHALLENGES[kind](hashed, self._token(user, address, unix_now))
            raise ChallengedError(f"{start} authmod={kind} ] : ?reason=needauth&user={user}&{more}")
        token = params.get("opaque" if kind is Challenge.ADOBE else "nonce", "")
        is_right = hmac.compare_digest(
            _ANSWERS[kind](hashed, params, request).encode(),
            params["response"].encode(errors="surrogatepass"),
        )
        is_fresh = self._is_fresh(token, user, address, unix_now)
        if not (is_right and is_fresh and user in hashes):
            raise ChallengeFailedError(f"{start} authmod={kind} ] : ?reason=authfailed")
        self._use(token)
        return user

    def _of_nobody(self, kind: Challenge, user: str) -> str:
        """What a user that is not known would have: nobody sees the difference."""
        drawn = hmac.new(self._key, user.encode(errors="surrogatepass"), hashlib.sha256).digest()
        if kind is Challenge.LLNW:
            return drawn[:16].hex()
        salt = base64.b64encode(drawn[:_SALT_BYTES]).decode()
        return f"{salt}:{base64.b64encode(drawn[-16:]).decode()}"

    def _token(self, user: str, address: str, unix_now: float) -> str:
        at = f"{int(unix_now):0{_TIME_DIGITS}x}{secrets.token_hex(4)}"
        return at + self._sign(at, user, address)

    def _sign(self, at: str, user: str, address: str) -> str:
        said = "\n".join((at, user, address)).encode(errors="surrogatepass")
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()[:32]

    def _is_fresh(self, token: str, user: str, address: str, unix_now: float) -> bool:
        at, sign = token[:-32], token[-32:].encode(errors="surrogatepass")
        if not hmac.compare_digest(self._sign(at, user, address).encode(), sign):
            return False
        is_late = unix_now - int(at[:_TIME_DIGITS], 16) > _GOOD_FOR_S  # it is ours: so we wrote it
        return not is_late and token not in self._used

    def _use(self, token: str) -> None:
        self._used[token] = None
        if len(self._used) > _MOST_USED:
            self._used.popitem(last=False)


def _adobe_challenge(hashed: str, token: str) -> str:
    salt = hashed.partition(":")[0]
    return f"salt={salt}&challenge={token}&opaque={token}"


def _llnw_challenge(_hashed: str, token: str) -> str:
    return f"nonce={token}"


def _adobe_answer(hashed: str, params: Mapping[str, str], _request: AccessRequest) -> str:
    said = f"{params.get('opaque', '')}{params.get('challenge', '')}"
    return _base64_md5(hashed.partition(":")[2] + said)


def _llnw_answer(hashed: str, params: Mapping[str, str], request: AccessRequest) -> str:
    app = request.app if "/" in request.app else f"{request.app}/_definst_"
    said = (params.get(name, "") for name in ("nonce", "nc", "cnonce"))
    return _hex_md5(":".join((hashed, *said, "auth", _hex_md5(f"publish:/{app}"))))


_CHALLENGES: Final = {Challenge.ADOBE: _adobe_challenge, Challenge.LLNW: _llnw_challenge}
_ANSWERS: Final = {Challenge.ADOBE: _adobe_answer, Challenge.LLNW: _llnw_answer}


def _base64_md5(text: str) -> str:
    return base64.b64encode(_md5(text)).decode()


def _hex_md5(text: str) -> str:
    return _md5(text).hex()


def _md5(text: str) -> bytes:
    """What these protocols go by; it protects no more than they do."""
    return hashlib.md5(text.encode(errors="surrogatepass"), usedforsecurity=False).digest()
