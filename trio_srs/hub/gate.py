"""The gate: who may connect, publish and play, and under which name. Asked by every service, in one
place: :mod:`trio_srs.hub.access`; hooks, rules and tests stand in it.

Floor 2.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

import attrs

from trio_srs.hub.settings import check_overrides
from trio_srs.secret import Secret
from trio_srs.units import Seconds, Timeout, seconds_within, within
from trio_srs.wire.url import StreamNameError, check_name

__all__ = ["AS_ASKED", "AccessConfig", "AccessRequest", "AllowAll", "Challenge", "Gate", "Grant"]


_SHORTEST_KEY: Final = 16
"""Characters of a key of URLs: a shorter one is guessed."""
_PUBLIC_KEY: Final = re.compile(
    r"-----BEGIN PUBLIC KEY-----\s+[A-Za-z0-9+/=\s]{64,}-----END PUBLIC KEY-----"
)
_SHORTEST_JWT_KEY: Final = 32
"""Of a key of HS256 (RFC 7518, 3.2)."""


def _check_rules(_config: object, _field: object, rules: tuple[str, ...]) -> None:
    if rules:  # few have any
        from trio_srs.hub.access_rule import AccessRule

        for text in rules:
            AccessRule.parse(text)


def _check_users(_config: object, _field: object, users: tuple[Secret, ...]) -> None:
    if users:
        from trio_srs.hub.credentials import known_users

        for users_of in users:
            list(known_users(users_of.value))


def _check_keys(_config: object, _field: object, keys: tuple[Secret, ...]) -> None:
    if any(len(key.value) < _SHORTEST_KEY for key in keys):
        raise ValueError(f"a key of URLs has to have at least {_SHORTEST_KEY} characters")


def _check_jwt_keys(_config: object, _field: object, keys: tuple[Secret, ...]) -> None:
    for key in keys:
        if not key.value.lstrip().startswith("-----BEGIN"):
            if len(key.value) < _SHORTEST_JWT_KEY:
                raise ValueError(
                    f"a key of JWTs has to have at least {_SHORTEST_JWT_KEY} characters, or to be "
                    "a PEM public key"
                )
            continue
        if not _PUBLIC_KEY.fullmatch(key.value.strip()):
            raise ValueError("a key of JWTs begins as PEM, and is no public key")


def _check_url(_config: object, _field: object, url: str | None) -> None:
    if url is not None and not url.startswith(("http://", "https://")):
        raise ValueError(f'expected a URL such as "https://example.com/jwks.json", not "{url}"')


class Challenge(enum.StrEnum):
    """By which challenge encoders are asked for a password when they connect."""

    OFF = "off"
    ADOBE = "adobe"
    LLNW = "llnw"


@attrs.frozen(kw_only=True)
class AccessConfig:
    """How it is decided who may connect, publish and play."""

    gate_timeout: Timeout = attrs.field(
        default=Timeout(10.0), validator=seconds_within("1ms", "never")
    )
    """How long a gate of your own, or all of them in a row, may take to decide on one request;
    then it is refused."""
    rules: tuple[str, ...] = attrs.field(default=(), validator=_check_rules)
    """Who may publish and play, in order; the first that fits decides: `"allow publish
    10.0.0.0/8"`, `"deny play name private*"`, `"allow all user alice"`. Where none fits, it is no
    if any rule allows that to somebody, and else yes."""
    users: tuple[Secret, ...] = attrs.field(default=(), validator=_check_users)
    """Who is known: lines of `NAME:HASH` as `trio-srs hash-password NAME` prints them, in the text
    of each or in its file, `{ file = "/etc/trio-srs/users" }`."""
    url_keys: tuple[Secret, ...] = attrs.field(default=(), validator=_check_keys)
    """What URLs are signed with (`trio-srs sign-url`), for rules that say `signed`; any of them
    will do. At least 16 characters each."""
    jwt_keys: tuple[Secret, ...] = attrs.field(default=(), validator=_check_jwt_keys)
    """Keys of JWTs, for rules that say `jwt`: a PEM public key for RS256 or ES256, or a text of at
    least 32 characters for HS256. Each is for its own algorithm only."""
    jwks_url: str | None = attrs.field(default=None, validator=_check_url)
    """Where more keys of JWTs are had, as a JWKS (RFC 7517): fetched when a token comes, and
    kept."""
    jwks_cache: Seconds = attrs.field(default=Seconds(300.0), validator=seconds_within("1s", "24h"))
    """How long keys from there are kept until they are fetched again; a token by a key that is not
    among them has them fetched at once, but no more often than every ten seconds. Where that fails
    those that were there hold."""
    jwt_audience: str | None = None
    """What `aud` of a JWT has to be, or to have in it. `"off"`: it may have none."""
    jwt_issuer: str | None = None
    """What `iss` of a JWT has to be. `"off"`: anything."""
    challenge: Challenge = Challenge.OFF
    """Ask encoders for a password in the connect itself, as those know it that take a user in the
    URL of a server: `adobe` (`authmod=adobe`) or `llnw` (Limelight). For who shows no other
    credentials there; players are not asked. Users need a hash for it: `trio-srs hash-password
    --for adobe`."""
    challenge_apps: tuple[str, ...] = ("*",)
    """The applications whose encoders are asked, by pattern (`*`, `?`, `[abc]`)."""
    max_failures: int = attrs.field(default=10, validator=within(1, 1_000_000))
    """So many wrong passwords and tokens from one address within `failure_window`, and what it says
    is not looked at any more until that is over."""
    failure_window: Seconds = attrs.field(
        default=Seconds(60.0), validator=seconds_within("1s", "24h")
    )
    """How long a wrong password or token is remembered against an address."""


def _check_stream_name(_grant: object, _field: object, name: str) -> None:
    try:
        if name:
            check_name("stream name", name)
    except StreamNameError as error:  # which would be a refusal of the gate's
        raise ValueError(str(error)) from error


def _check_settings(_grant: object, _field: object, settings: Mapping[str, Any]) -> None:
    check_overrides(settings)


_TEXT: Any = attrs.validators.instance_of(str)
_URL: Any = attrs.validators.matches_re(r"[!-~]*")
"""Whatever else there is in one is percent-encoded (RFC 3986, 2): it becomes a line of HTTP."""


@attrs.frozen(kw_only=True)
class Grant:
    """A yes, and what comes with it. Without anything it is yes to what was asked.

    Raises:
        TypeError, ValueError: it says what cannot be.
    """

    name: str = attrs.field(default="", validator=[_TEXT, _check_stream_name])
    """The name to use in the same application, in place of the one asked for: it is the stream's
    name in reports, events and API too. Not for ``connect``."""
    settings: Mapping[str, Any] = attrs.field(factory=dict, validator=_check_settings)
    """Some of the stream's settings (:class:`~trio_srs.hub.settings.StreamSettings`), over what the
    configuration says. Given for ``connect``, they hold for all that the session asks for."""
    account: str = attrs.field(default="", validator=_TEXT)
    """Whose it is. Given for ``connect``, it holds for all that the session asks for."""
    redirect: str = attrs.field(default="", validator=[_TEXT, _URL])
    """A URL to go to instead: what was asked for is refused, and no other gate is asked."""

    def then(self, later: Grant) -> Grant:
        """Both: what the later one says counts more, setting by setting."""
        if later is AS_ASKED:  # as nearly always
            return self
        if self is AS_ASKED:
            return later
        return Grant(
            name=later.name or self.name,
            settings={**self.settings, **later.settings},
            account=later.account or self.account,
            redirect=later.redirect or self.redirect,
        )


AS_ASKED: Final = Grant()
"""Yes, and nothing more."""


@attrs.frozen(kw_only=True)
class AccessRequest:
    """What a peer asks for, and all that is known of it. What it did not say is empty."""

    session: str
    """The session's id."""
    peer: str
    """The peer's address."""
    protocol: str
    """What it speaks: ``rtmp`` or ``rtmps``."""
    tls: bool = False
    """Whether nobody between can read it."""
    vhost: str
    """The configured virtual host."""
    app: str
    name: str = ""
    """The stream's name, or the one that an earlier gate gave; empty for ``connect``."""
    params: Mapping[str, str] = attrs.field(factory=dict)
    """The parameters of the URL."""
    query: str = ""
    """The same as they were said, joined by ``&``."""
    tc_url: str = ""
    """The URL that it connected to, in its own words."""
    page_url: str = ""
    """The web page that it says it is on."""
    swf_url: str = ""
    """The player that it says it is."""
    client: str = ""
    """What it calls itself (``flashVer``)."""
    is_encoder: bool = False
    """Whether it says when it connects that it is to publish (``type`` is ``nonprivate``)."""
    authorization: str = attrs.field(default="", repr=False)
    """What it said in HTTP's ``Authorization``."""
    granted: Grant = AS_ASKED
    """What was granted so far: for ``connect``, and by the gates before."""

    def under(self, grant: Grant) -> AccessRequest:
        """The same as the next gate sees it."""
        if grant is AS_ASKED:
            return self
        return attrs.evolve(self, name=grant.name or self.name, granted=self.granted.then(grant))


class Gate(Protocol):
    """Each answers by returning, what it grants or None for yes as asked, or refuses by raising
    :class:`~trio_srs.errors.RefusedError`.

    Whatever else it raises, and no answer in time, is a refusal too.
    """

    async def connect(self, request: AccessRequest, /) -> Grant | None:
        """May this peer use this application?"""
        ...

    async def publish(self, request: AccessRequest, /) -> Grant | None:
        """May it publish this stream?"""
        ...

    async def play(self, request: AccessRequest, /) -> Grant | None:
        """May it play this stream?"""
        ...


class AllowAll:
    """A gate that stands open: a base for those that mind some requests only."""

    async def connect(self, request: AccessRequest, /) -> Grant | None: ...

    async def publish(self, request: AccessRequest, /) -> Grant | None: ...

    async def play(self, request: AccessRequest, /) -> Grant | None: ...
