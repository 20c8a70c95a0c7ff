"""Whether the API stands open to whoever reaches it. Floor 3.

It does if nothing says who may use it: neither ``api.token``, nor a rule of ``access.rules`` about
``read`` or ``operate``. It may do so on this machine alone, unless it is configured otherwise.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from trio_srs.errors import RefusedError

if TYPE_CHECKING:
    from trio_srs.hub.access import AccessControl
    from trio_srs.service.api.config import ApiConfig

__all__ = ["ApiOpenError", "has_rules", "has_say"]


class ApiOpenError(RefusedError):
    """The API is where others reach it, and nothing says who may use it."""

    code = "api_open"


def has_say(config: ApiConfig, access: AccessControl) -> bool:
    """Whether anything says who may use the API."""
    return config.token is not None or has_rules(access)


def has_rules(access: AccessControl) -> bool:
    """Whether any rule says who may use the API."""
    rules = tuple(access.config().rules)
    return bool(rules) and _has_rules(rules)


@functools.lru_cache(maxsize=8)
def _has_rules(rules: tuple[str, ...]) -> bool:
    from trio_srs.hub.access_rule import AccessRule, Permission  # few have any

    of_api = {Permission.READ, Permission.OPERATE}
    parsed = map(AccessRule.parse, rules)
    return any(rule.is_allowed and rule.permissions & of_api for rule in parsed)
