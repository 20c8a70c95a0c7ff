"""Settings of the streams of one application. Floor 4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

import attrs

from trio_srs.hub.settings import Overrides, StreamSettings

__all__ = ["AppConfig", "lawful"]


def lawful(_instance: object, _attribute: object, value: Overrides) -> None:
    """A validator of settings that are given for some streams."""
    # No rule spans two keys, so what is lawful over the defaults is lawful over anything.
    StreamSettings(**value)


def _lawful_each(_instance: object, _attribute: object, value: Mapping[str, Overrides]) -> None:
    for overrides in value.values():
        StreamSettings(**overrides)


@attrs.frozen(kw_only=True)
class AppConfig:
    """One application: ``[app.live]``, or ``[vhost."example.com".app.live]``."""

    settings: Overrides = attrs.field(factory=dict, validator=lawful)
    """The stream settings given for this application; in a file, keys of its own table."""
    stream: Mapping[str, Overrides] = attrs.field(factory=dict, validator=_lawful_each)
    """Stream settings for some names of the application, by name or pattern (`*`, `?`,
    `[abc]`)."""

    def layers(self, name: str) -> Iterator[Overrides]:
        """What applies to a stream of this application, the weakest first.

        Of several patterns that match, the longer is stronger, a tie goes to the later in
        the alphabet, and the very name is strongest of all.
        """
        yield self.settings
        matching = (p for p in self.stream if p == name or fnmatchcase(name, p))
        for pattern in sorted(matching, key=lambda p: (p == name, len(p), p)):
            yield self.stream[pattern]
