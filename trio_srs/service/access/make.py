"""From a configuration to the gate of its rules. Floor 3."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final, Protocol

from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AccessConfig
from trio_srs.service.access.rules_gate import RulesGate
from trio_srs.service.base import Parts

__all__ = ["AccessSections", "JwtNotInstalledError", "make_access"]


_NEEDS: Final = "jwt"


class JwtNotInstalledError(RefusedError):
    """The configuration has keys of JWTs, and the package that reads them is not there."""

    code = "jwt_not_installed"


class AccessSections(Protocol):
    """What of a configuration is about access."""

    @property
    def access(self) -> AccessConfig:
        """The section ``[access]`` of the configuration."""
        ...


def make_access(parts: Parts, config: AccessSections) -> None:
    """Let rules decide, behind the gates that are there; also those that a reload brings.

    Raises:
        JwtNotInstalledError: there are keys of JWTs, and nothing to read them.
    """
    has_keys = config.access.jwks_url or config.access.jwt_keys
    if has_keys and find_spec(_NEEDS) is None:
        raise JwtNotInstalledError(
            f"there are keys of JWTs, but {_NEEDS} is not installed: pip install './trio-srs[jwt]'"
        )
    access = parts.access
    gate = RulesGate(access.config)
    access.add(gate, when=lambda: bool(access.config().rules))
    access.judge = gate.judge
