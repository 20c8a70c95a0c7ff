"""Access rules: one line says who may, or may not, publish or play what. Floor 2, and pure.

``allow publish 10.0.0.0/8``, ``deny play from all app private``, ``allow play user * name cam*``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final, Self
from urllib.parse import urlsplit

import attrs

from trio_srs.hub.gate import AccessRequest
from trio_srs.wire.networks import Network, is_in, parse_network

__all__ = ["ANYBODY", "AccessRule", "Permission"]

ANYBODY: Final = "*"
"""Of users: whoever is known."""
_ALL: Final = "all"
_SIGNED: Final = "signed"
_JWT: Final = "jwt"
_FLAGS: Final = (_SIGNED, _JWT)
_FORM: Final = (
    'expected "allow" or "deny", "publish", "play", "all" (both), "read", "operate" or "api" '
    "(both), and any of: a network such as 10.0.0.0/8 or all, signed, jwt, user NAME, vhost, app, "
    "name, protocol or page PATTERN; several are joined by commas"
)


class Permission(enum.StrEnum):
    """What somebody may do."""

    PUBLISH = "publish"
    PLAY = "play"
    READ = "read"
    """Ask the API."""
    OPERATE = "operate"
    """Change something by the API."""


_SEVERAL: Final = {
    _ALL: frozenset({Permission.PUBLISH, Permission.PLAY}),
    "api": frozenset({Permission.READ, Permission.OPERATE}),
}
"""Words that stand for several permissions."""


@attrs.frozen(kw_only=True)
class AccessRule:
    """One rule. What it does not mention may be anything."""

    text: str = attrs.field(default="", eq=False)
    """As it stands in the configuration."""
    is_allowed: bool
    permissions: frozenset[Permission]
    networks: tuple[Network, ...] = ()
    users: tuple[str, ...] = ()
    """Names; :data:`ANYBODY` is each of them."""
    is_signed: bool = False
    """Whether the URL is to be signed."""
    needs_claims: bool = False
    """Whether a JWT is to name the stream."""
    patterns: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What is compared, and the patterns of which one is to fit."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule.

        Raises:
            ValueError: it is none. The text says where, and what was expected.
        """
        try:
            verdict, what, *rest = text.split()
        except ValueError:
            raise ValueError(f'"{text}": {_FORM}') from None
        if verdict not in ("allow", "deny"):
            raise ValueError(f'"{text}": it begins with "{verdict}", {_FORM}')
        try:
            said = _conditions(rest)
            return cls(
                text=text,
                is_allowed=verdict == "allow",
                permissions=_permissions(what),
                networks=tuple(said.networks),
                users=said.values.pop("user", ()),
                is_signed=_SIGNED in said.flags,
                needs_claims=_JWT in said.flags,
                patterns=tuple(said.values.items()),
            )
        except ValueError as error:
            raise ValueError(f'"{text}": {error}') from None

    def fits(self, permission: Permission, request: AccessRequest) -> bool:
        """Whether it is about a request, whoever the user is and whether it is signed or not."""
        return (
            permission in self.permissions
            and (not self.networks or is_in(request.peer, self.networks))
            and all(_fits(_COMPARED[what](request), each) for what, each in self.patterns)
        )

    def fits_user(self, user: str) -> bool:
        """Whether it is about a user; of one that is not known, the name is empty."""
        return not self.users or (bool(user) and (user in self.users or ANYBODY in self.users))


def _permissions(text: str) -> frozenset[Permission]:
    try:
        return frozenset().union(
            *(_SEVERAL.get(word) or {Permission(word)} for word in text.split(","))
        )
    except ValueError:
        raise ValueError(f'nobody can "{text}", {_FORM}') from None


@attrs.define
class _Conditions:
    """What stands in a rule behind its permissions."""

    networks: list[Network] = attrs.field(factory=list)
    flags: set[str] = attrs.field(factory=set)
    """The words that stand alone."""
    values: dict[str, tuple[str, ...]] = attrs.field(factory=dict)
    """What stands behind the others; any word may, those of rules among them."""


def _conditions(words: Sequence[str]) -> _Conditions:
    rest, said = list(words), _Conditions()
    while rest:
        word = rest.pop(0)
        if word in _FLAGS:
            said.flags.add(word)
            continue
        if word == "from":
            if not rest:
                raise ValueError("nothing stands behind from")
            word = rest.pop(0)
        elif word in _COMPARED or word == "user":
            if not rest or word in said.values:
                raise ValueError(f"{word} stands twice, or has nothing behind it")
            said.values[word] = tuple(rest.pop(0).split(","))
            continue
        if word != _ALL:
            said.networks += map(_network, word.split(","))
    return said


def _network(text: str) -> Network:
    try:
        return parse_network(text)
    except ValueError:
        raise ValueError(f'"{text}" is no network and no word of a rule: {_FORM}') from None


def _fits(text: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def _page_host(request: AccessRequest) -> str:
    try:
        return urlsplit(request.page_url).hostname or ""
    except ValueError:
        return ""


_COMPARED: Final[Mapping[str, Callable[[AccessRequest], str]]] = {
    "vhost": lambda request: request.vhost,
    "app": lambda request: request.app,
    "name": lambda request: request.name,
    "protocol": lambda request: request.protocol,
    "page": _page_host,
}
"""What patterns are compared with. A page is compared by its host: a referer check."""
