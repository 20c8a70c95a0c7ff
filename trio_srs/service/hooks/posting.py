"""One call to one URL, in the words of whoever is there. Floor 3."""

from __future__ import annotations

from trio_srs.service.hooks.calls import HookCall
from trio_srs.service.hooks.config import HookPlatforms
from trio_srs.service.hooks.dialects import DIALECTS, Dialect
from trio_srs.service.hooks.poster import Answer, Poster

__all__ = ["post_call"]


async def post_call(
    poster: Poster, platforms: HookPlatforms, url: str, call: HookCall
) -> tuple[Answer, Dialect]:
    """Make a call as its virtual host has it: dialect, secret, time. Raises as
    :meth:`.Poster.post`.

    Returns:
        the answer, and what reads it.
    """
    targets = platforms.of(call.vhost)
    dialect = DIALECTS[targets.dialect]
    timeout_s = platforms.general.call_timeout
    return await poster.post(url, dialect.said(call), timeout_s, targets.secret), dialect
