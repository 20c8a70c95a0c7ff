"""What of a configuration holds for which stream. Floor 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

import attrs

from trio_srs.service.segmented.config import SegmentedConfig
from trio_srs.wire.stream_name import split_key

if TYPE_CHECKING:
    from trio_srs.hub.resolution import Rules

__all__ = ["Narrow", "Scoped"]

ConfigT = TypeVar("ConfigT", bound=SegmentedConfig)

Narrow: TypeAlias = Callable[[str, str, str], ConfigT]
"""What holds for one stream, by its virtual host, application and name."""


@attrs.define(eq=False)
class Scoped(Generic[ConfigT]):
    """A section of the configuration as of now."""

    rules: Rules
    everywhere: ConfigT
    """What holds for the whole server, and for every stream of which nothing else is said."""
    narrow: Narrow[ConfigT]

    def of(self, key: str) -> ConfigT:
        """What holds for a stream, by the hub's name of it."""
        name = split_key(key, self.rules.vhost_of)
        return self.narrow(name.vhost, name.app, name.name)
