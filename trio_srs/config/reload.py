"""What differs between two configurations, and what of it a running server can take over.

Floor 4. Limits, timeouts and stream settings hold for whatever begins after the reload: new
connections, new publishes, new plays. Addresses, certificates and the log's format are fixed
when the server starts.
"""

from __future__ import annotations

import attrs

from trio_srs.config.render import key_path, show, tables
from trio_srs.config.schema import Config

__all__ = ["Change", "difference"]


@attrs.frozen
class Change:
    """One key whose value differs."""

    path: str
    """The key, such as ``rtmp.chunk_size`` or ``app.live.gop_cache``."""
    old: str | None
    """The value before, as TOML; None where an override was not given. Secrets stay hidden."""
    new: str | None
    """The value now, in the same form."""
    live: bool
    """Whether a running server takes it over; otherwise it holds after a restart."""

    def __str__(self) -> str:
        note = "" if self.live else " (after a restart)"
        return f"{self.path}: {self.old or 'not set'} -> {self.new or 'not set'}{note}"


def difference(old: Config, new: Config) -> list[Change]:
    """Every key that differs, in the order of the new configuration, then what it lacks."""
    before, after = _leaves(old), _leaves(new)
    changes = []
    for path in {**after, **before}:
        was, now = before.get(path, _ABSENT), after.get(path, _ABSENT)
        if was.value != now.value or was.text != now.text:
            live = now.live if now is not _ABSENT else was.live
            changes.append(Change(key_path(path), was.text, now.text, live))
    return changes


@attrs.frozen
class _Leaf:
    value: object
    text: str | None
    live: bool


_ABSENT = _Leaf(None, None, True)


def _leaves(config: Config) -> dict[tuple[str, ...], _Leaf]:
    return {
        (*table.path, key.name): _Leaf(value, show(value, key.inner), key.live)
        for table in tables(config)
        for key, value in table.entries
    }
