"""What applies to one live stream: who may take its name, what is kept, when who is dropped.

Floor 2. One flat class, so that every key may be set for all streams, for an application, for
a virtual host or for names that match a pattern. No rule spans two keys: any mixture of
lawful values is lawful, however the levels are folded together.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType, NoneType
from typing import Any, Final, get_args, get_type_hints

import attrs

from trio_srs.units import (
    NEVER,
    Bytes,
    Seconds,
    Timeout,
    bytes_within,
    parse_bytes,
    parse_seconds,
    parse_timeout,
    seconds_within,
    within,
)

__all__ = [
    "NO_OVERRIDES",
    "BusyPolicy",
    "InspectLevel",
    "MissingPolicy",
    "Overrides",
    "SlowPolicy",
    "StreamSettings",
    "TimestampMode",
    "check_overrides",
    "override",
]


class TimestampMode(enum.StrEnum):
    """What becomes of a publisher's timestamps."""

    KEEP = "keep"
    """Handed on as they came."""
    REBASE = "rebase"
    """Every publisher's first timestamp becomes 0."""
    CONTINUE = "continue"
    """The next publisher of a name goes on where the last one ended."""


class BusyPolicy(enum.StrEnum):
    """What a second publisher of a name meets."""

    REJECT = "reject"
    """It is refused; the first goes on."""
    REPLACE = "replace"
    """The first is ended, and the second takes over."""
    WAIT = "wait"
    """It waits for the first to end, and is refused if that takes too long."""


class MissingPolicy(enum.StrEnum):
    """What a player meets when nobody publishes the name."""

    WAIT = "wait"
    """It waits for a publisher."""
    REFUSE = "refuse"
    """It is told that there is no such stream."""


class SlowPolicy(enum.StrEnum):
    """What a reader meets that has fallen too far behind."""

    SKIP = "skip"
    """It jumps forward to the newest keyframe."""
    DROP = "drop"
    """Its session is ended."""


class InspectLevel(enum.StrEnum):
    """How much of a publish is looked at."""

    OFF = "off"
    """Nothing; its report has a time line and the encoder's conduct."""
    HEADERS = "headers"
    """Counters, codecs, sizes and metadata."""
    FULL = "full"
    """Every frame: rates, timestamps, groups of pictures, digests."""


@attrs.frozen(kw_only=True)
class StreamSettings:
    """How one live stream behaves; a publish or a play takes what holds when it begins."""

    publish_busy: BusyPolicy = BusyPolicy.REJECT
    """A second publisher of a name: `reject` it, let it `replace` the first, or let it `wait`
    until the first has ended."""
    publish_busy_wait: Timeout = attrs.field(
        default=Timeout(10.0), validator=seconds_within("0s", "never")
    )
    """How long a second publisher waits, with `publish_busy = "wait"`, before it is refused."""
    first_packet_timeout: Timeout = attrs.field(
        default=Timeout(20.0), validator=seconds_within("1ms", "never")
    )
    """Drop a publisher that was accepted and has sent no media for this long."""
    publish_idle_timeout: Timeout = attrs.field(
        default=Timeout(10.0), validator=seconds_within("1ms", "never")
    )
    """Drop a publisher that has sent media and then nothing for this long."""
    play_missing: MissingPolicy = MissingPolicy.WAIT
    """A player of a name that nobody publishes: let it `wait`, or `refuse` it."""
    play_missing_timeout: Timeout = attrs.field(
        default=NEVER, validator=seconds_within("0s", "never")
    )
    """How long a player waits for a publisher, with `play_missing = "wait"`, before it is
    dropped."""
    provide_timeout: Timeout = attrs.field(
        default=Timeout(10.0), validator=seconds_within("0s", "never")
    )
    """How long whoever can bring a stream that nobody publishes may take, with
    `play_missing = "refuse"`, before its players are refused."""
    provide_linger: Seconds = attrs.field(
        default=Seconds(10.0), validator=seconds_within("0s", "24h")
    )
    """How long a stream that was brought because somebody played it goes on after its last player
    has left."""
    max_players: int | None = attrs.field(default=None, validator=within(1, 10_000_000))
    """The most players and viewers of the stream at once; `"off"` counts none."""
    max_players_per_user: int | None = attrs.field(default=None, validator=within(1, 10_000_000))
    """The most plays at once, of any streams, of the user that plays this one, as a gate or a rule
    knows it."""
    max_players_per_address: int | None = attrs.field(default=None, validator=within(1, 10_000_000))
    """The same of its address."""
    max_publishers_per_user: int | None = attrs.field(default=None, validator=within(1, 10_000_000))
    """The most publishes at once, of any streams, of the user that publishes this one."""
    max_publishers_per_address: int | None = attrs.field(
        default=None, validator=within(1, 10_000_000)
    )
    """The same of its address."""
    max_publish_kbps: int | None = attrs.field(default=None, validator=within(1, 100_000_000))
    """Drop a publisher that sends more than this over ten seconds, in kbit/s."""
    max_publish_kbps_per_user: int | None = attrs.field(
        default=None, validator=within(1, 100_000_000)
    )
    """The same for all publishes of its user together: the one that is found to be too much is
    dropped."""
    max_publish_kbps_per_address: int | None = attrs.field(
        default=None, validator=within(1, 100_000_000)
    )
    """The same for all publishes of its address."""
    max_publish_time: Timeout = attrs.field(
        default=NEVER, validator=seconds_within("10ms", "never")
    )
    """End a publish that has lasted this long."""
    max_play_time: Timeout = attrs.field(default=NEVER, validator=seconds_within("10ms", "never"))
    """End a play that has lasted this long."""
    publish_notify: bool = True
    """Tell the players of a stream when its publisher comes and goes
    (`NetStream.Play.PublishNotify` and `UnpublishNotify`)."""
    stalled_timeout: Timeout = attrs.field(
        default=Timeout(10.0), validator=seconds_within("1ms", "never")
    )
    """Drop a player whose connection has taken not one byte for this long while there was
    something to send."""
    slow_reader: SlowPolicy = SlowPolicy.SKIP
    """A player too far behind: `skip` it forward to the newest keyframe, or `drop` it."""
    slow_reader_after: Timeout = attrs.field(
        default=Timeout(30.0), validator=seconds_within("100ms", "never")
    )
    """How far behind the publisher, by arrival, a player may fall; nothing older is kept for it.
    `log_bytes` bounds it as well."""
    gop_cache: Seconds | None = attrs.field(
        default=Seconds(10.0), validator=seconds_within("0s", "1h")
    )
    """Keep what came since the last keyframe, up to this length, so that a new player has a
    picture at once; `"off"` lets it wait for the next keyframe."""
    gop_cache_records: int = attrs.field(default=3000, validator=within(1, 1_000_000))
    """The most messages kept for new players, whatever their length in time."""
    gop_cache_bytes: Bytes = attrs.field(
        default=Bytes(32 * 2**20), validator=bytes_within("64KiB", "4GiB")
    )
    """The most bytes kept for new players, whatever their length in time."""
    log_bytes: Bytes = attrs.field(
        default=Bytes(64 * 2**20), validator=bytes_within("64KiB", "16GiB")
    )
    """The most bytes kept of one stream in all, for new and for slow players together: messages,
    their copies in chunks, and, with at most an eighth of it, headers and metadata. The smaller
    of this and `gop_cache_bytes` holds for new players; the newest message is kept whatever its
    size."""
    timestamps: TimestampMode = TimestampMode.KEEP
    """A publisher's timestamps: `keep` them, `rebase` each publisher's to begin at 0, or
    `continue` where the last publisher of the name ended."""
    inspect: InspectLevel = InspectLevel.HEADERS
    """How much of what is published is looked at for its report: nothing (`off`), counters,
    codecs, sizes and metadata (`headers`), or every frame (`full`)."""
    stall_after: Timeout = attrs.field(
        default=Timeout(2.0), validator=seconds_within("10ms", "never")
    )
    """A publisher that sends nothing for this long, and for `merge_read` more, is told of as
    stalled: in its report, and as an event."""
    pass_unknown_types: bool = False
    """Pass messages of types that RTMP does not define on to the players, as they came."""
    linger: Seconds = attrs.field(default=Seconds(0.0), validator=seconds_within("0s", "24h"))
    """Remember a stream for this long after the last who published or played it has left: whoever
    publishes it then goes on with its timestamps, if `timestamps` is `continue`."""
    metadata_server_name: bool = False
    """Add this server's name and version to the `onMetaData` that players get."""
    send_interval: Seconds = attrs.field(
        default=Seconds(0.02), validator=seconds_within("0s", "2s")
    )
    """What comes sooner than this after the last write to a stream's players is collected this
    long: fewer, larger writes. What comes later is written at once, so pictures that come more
    rarely are never late; sound waits for the next picture, half as long again at most. `"0s"`
    writes each message at once."""
    merge_read: Seconds = attrs.field(default=Seconds(0.0), validator=seconds_within("0s", "2s"))
    """Rest this long between two reads from a publisher: fewer, larger reads. It rests less if
    more comes than `rtmp.read_buffer` holds. `"0s"` reads whatever has come, at once."""


Overrides = Mapping[str, Any]
"""Some of the keys of :class:`StreamSettings`, with their values."""

NO_OVERRIDES: Final[Overrides] = MappingProxyType({})

_DEFAULTS: Final[Mapping[str, Any]] = {
    field.name: field.default for field in attrs.fields(StreamSettings)
}


def override(settings: StreamSettings, overrides: Overrides) -> StreamSettings:
    """The settings with some of them changed.

    A value may be given as the configuration has it: a choice by its word, a duration or a size as
    text with a unit or as a number, None as ``"off"``.

    Raises:
        TypeError, ValueError: there is no such key, or its value cannot be. What is lawful over
            some settings is lawful over all.
    """
    fitting: dict[str, Any] = {key: _fit(key, value) for key, value in overrides.items()}
    return attrs.evolve(settings, **fitting)


def check_overrides(overrides: Overrides) -> None:
    """Raise what :func:`override` would raise."""
    if overrides:
        override(StreamSettings(), overrides)


@functools.cache
def _can_be_off() -> frozenset[str]:
    """The keys that may be None."""
    hints = get_type_hints(StreamSettings).items()
    return frozenset(key for key, kind in hints if NoneType in get_args(kind))


@functools.cache
def _with_unit() -> Mapping[str, Callable[[object], object]]:
    """The keys whose values people write with a unit, and what reads that."""
    parsers = {Seconds: parse_seconds, Timeout: parse_timeout, Bytes: parse_bytes}
    hints = get_type_hints(StreamSettings).items()
    return {
        key: parsers[arm]
        for key, kind in hints
        for arm in (kind, *get_args(kind))
        if arm in parsers
    }


def _fit(key: str, value: object) -> object:
    if key not in _DEFAULTS:
        raise ValueError(f"there is no stream setting {key!r}")
    default = _DEFAULTS[key]
    if isinstance(default, enum.Enum):
        return type(default)(value)
    if value in (None, "off") and key in _can_be_off():
        return None
    if isinstance(value, str) and key in _with_unit():
        return _with_unit()[key](value)
    if default is None:  # a number that is off
        default = 0
    if type(value) is not type(default) and not (isinstance(default, float) and type(value) is int):
        raise TypeError(f"{key} is {value!r}, expected a {type(default).__name__}")
    return value
