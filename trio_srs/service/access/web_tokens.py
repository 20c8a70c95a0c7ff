"""JWTs: signed by somebody who is trusted, they say who has them and which streams are for them.
Floor 3.

Source: RFC 7519, 7515, 7517; RFC 8725 on what to mind: a key is for one algorithm, and ``none`` is
none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

import attrs
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from trio_srs.errors import RefusedError
from trio_srs.wire.stream_name import key_of

if TYPE_CHECKING:
    from trio_srs.hub.gate import AccessConfig, AccessRequest
    from trio_srs.secret import Secret
    from trio_srs.service.access.key_set import KeySet

__all__ = ["Claims", "JwtRefusedError", "read_web_token"]

_ALGORITHMS: Final = ("HS256", "RS256", "ES256")
_LEEWAY_S: Final = 10
"""How far clocks may be apart."""
_ABOUT_STREAMS: Final = ("publish", "play")
_SHOWN: Final = 40


class JwtRefusedError(RefusedError):
    """It is for those who have a JWT that names it, and this peer shows none that is right."""

    code = "jwt_refused"
    http_status = 401


@attrs.frozen
class Claims:
    """What a JWT says, which was signed by a key that is trusted and holds now."""

    user: str
    """``sub``; empty if it has none."""
    said: Mapping[str, Any] = attrs.field(repr=False)

    def name(self, what: str, request: AccessRequest) -> bool:
        """Whether a claim, called as what is wanted, has a pattern that fits the stream."""
        patterns = self.said.get(what, ())
        if isinstance(patterns, str):
            patterns = (patterns,)
        key = key_of(
            request.vhost, f"{request.app}/{request.name}" if request.name else request.app
        )
        return isinstance(patterns, Sequence) and any(
            isinstance(each, str) and fnmatchcase(key, each) for each in patterns
        )

    def is_of_user(self, what: str, request: AccessRequest) -> bool:
        """Whether it shows who somebody is for this: it names no streams, or this one."""
        return not any(claim in self.said for claim in _ABOUT_STREAMS) or self.name(what, request)


async def read_web_token(token: str, config: AccessConfig, keys: KeySet) -> Claims:
    """Read a JWT.

    Raises:
        JwtRefusedError: it is not right, or does not hold now. The text says why, and nothing of
            it.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise JwtRefusedError("the token cannot be read") from None
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in _ALGORITHMS:
        raise JwtRefusedError(
            f"the token is signed by {str(algorithm)[:_SHOWN]!r}, expected one of "
            f"{', '.join(_ALGORITHMS)}"
        )
    candidates = [
        *(key for kind, key in map(_given_key, config.jwt_keys) if kind == algorithm),
        *await keys.find(config, algorithm, key_id),
    ]
    if not candidates:
        raise JwtRefusedError("the token is signed by a key that is not known")
    claims = _first_right(token, algorithm, candidates, config)
    user = claims.get("sub", "")
    return Claims(user if isinstance(user, str) else "", claims)


def _first_right(
    token: str, algorithm: str, keys: Iterable[Any], config: AccessConfig
) -> dict[str, Any]:
    why = ""
    for key in keys:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=config.jwt_audience,
                issuer=config.jwt_issuer,
                leeway=_LEEWAY_S,
                options={"require": ["exp"], "verify_aud": config.jwt_audience is not None},
            )
        except jwt.InvalidTokenError as error:
            why = _words(error)
            if not isinstance(error, jwt.InvalidSignatureError):  # another key changes nothing
                break
        except jwt.PyJWTError:  # a key that is not fit for it
            why = why or "the token is signed by a key that is not fit for it"
    raise JwtRefusedError(why)


_WORDS: Final[tuple[tuple[type[jwt.InvalidTokenError], str], ...]] = (
    (jwt.ExpiredSignatureError, "the token has expired"),
    (jwt.ImmatureSignatureError, "the token does not hold yet"),
    (jwt.InvalidAudienceError, "the token is for another audience"),
    (jwt.InvalidIssuerError, "the token is by another issuer"),
    (jwt.InvalidSignatureError, "the signature of the token is not right"),
)


def _words(error: jwt.InvalidTokenError) -> str:
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"the token has no {error.claim}"
    found = (words for kind, words in _WORDS if isinstance(error, kind))
    return next(found, "the token cannot be read")


def _given_key(secret: Secret) -> tuple[str, Any]:
    """What a key of the configuration is for, and the key."""
    if not secret.value.lstrip().startswith("-----BEGIN"):
        return "HS256", secret.value
    key = load_pem_public_key(secret.value.encode())
    return ("ES256" if isinstance(key, EllipticCurvePublicKey) else "RS256"), key
