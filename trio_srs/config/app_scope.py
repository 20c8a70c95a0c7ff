"""Settings of the streams of one application. Floor 4."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

import attrs

from trio_srs.config.sections import SECTIONS
from trio_srs.hub.settings import Overrides, StreamSettings

__all__ = ["AppConfig", "StreamsConfig"]


def _lawful(_instance: object, _attribute: object, value: Overrides) -> None:
    # No rule spans two keys, so what is lawful over the defaults is lawful over anything.
    StreamSettings(**value)


def _lawful_of(section: str) -> Callable[[object, object, Overrides], None]:
    """A validator of what is given of a section for some streams."""

    def check(_instance: object, _attribute: object, value: Overrides) -> None:
        if value:  # or else nothing of it is imported
            SECTIONS[section].kind(**value)

    return check


@attrs.frozen(kw_only=True)
class StreamsConfig:
    """What is given for some streams."""

    settings: Overrides = attrs.field(factory=dict, validator=_lawful)
    """Stream settings; in a file, keys of the scope's own table."""
    hls: Overrides = attrs.field(factory=dict, validator=_lawful_of("hls"))
    """How they are served as HLS, where that is not as `[hls]` says; in a file, a table of its
    own."""
    dash: Overrides = attrs.field(factory=dict, validator=_lawful_of("dash"))
    """The same of DASH and `[dash]`."""

    @property
    def scopes(self) -> Iterator[StreamsConfig]:
        """It, and each that is below it."""
        yield self


def _patterns(given: Mapping[str, StreamsConfig | Overrides]) -> Mapping[str, StreamsConfig]:
    return {
        pattern: each if isinstance(each, StreamsConfig) else StreamsConfig(settings=each)
        for pattern, each in given.items()
    }


@attrs.frozen(kw_only=True)
class AppConfig(StreamsConfig):
    """One application: ``[app.live]``, or ``[vhost."example.com".app.live]``."""

    stream: Mapping[str, StreamsConfig] = attrs.field(factory=dict, converter=_patterns)
    """The same for some names of the application, by name or pattern (`*`, `?`, `[abc]`); stream
    settings alone may be given as such."""

    def layers(self, name: str) -> Iterator[StreamsConfig]:
        """What applies to a stream of this application, the weakest first.

        Of several patterns that match, the longer is stronger, a tie goes to the later in
        the alphabet, and the very name is strongest of all.
        """
        yield self
        matching = (p for p in self.stream if p == name or fnmatchcase(name, p))
        for pattern in sorted(matching, key=lambda p: (p == name, len(p), p)):
            yield self.stream[pattern]

    @property
    def scopes(self) -> Iterator[StreamsConfig]:
        yield self
        yield from self.stream.values()
