"""What differs between two configurations, and what of it a running server can take over.

Floor 4. Limits, timeouts and stream settings hold for whatever begins after the reload: new
connections, new publishes, new plays. Addresses, certificates and the log's format are fixed
when the server starts.
"""

from __future__ import annotations

import attrs

from trio_srs.config.render import key_path, show
from trio_srs.config.schema import Config
from trio_srs.config.tables import tables
from trio_srs.hub.steering import ConfigChange

__all__ = ["difference"]


def difference(old: Config, new: Config) -> list[ConfigChange]:
    """Every key that differs, in the order of the new configuration, then what it lacks."""
    before, after = _leaves(old), _leaves(new)
    changes = []
    for path in {**after, **before}:
        was, now = before.get(path, _ABSENT), after.get(path, _ABSENT)
        if was.value != now.value or was.text != now.text:
            live = now.live if now is not _ABSENT else was.live
            changes.append(ConfigChange(key_path(path), was.text, now.text, live))
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
