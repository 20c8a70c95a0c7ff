"""The [programs] section: what is run for publishes and plays. Floor 3."""

from __future__ import annotations

import enum
from typing import Final, TypeAlias

import attrs

from trio_srs.units import Seconds, seconds_within, within

__all__ = ["ProgramRestart", "ProgramsConfig"]

_RESTART: Final = {"live": False}
Argv: TypeAlias = tuple[str, ...]


class ProgramRestart(enum.StrEnum):
    """When a program that has ended by itself is run again."""

    NEVER = "never"
    ON_FAILURE = "on-failure"
    """When its exit code is not 0."""
    ALWAYS = "always"


def _check_programs(_config: object, _field: object, programs: tuple[Argv, ...]) -> None:
    if not all(argv and argv[0] for argv in programs):
        raise ValueError('expected lists of a program and its arguments, such as [["ls", "-l"]]')


def _check_variables(_config: object, _field: object, variables: tuple[str, ...]) -> None:
    for each in variables:
        name, equals, _ = each.partition("=")
        if not (name and equals):
            raise ValueError(f'expected variables such as "PATH=/usr/bin:/bin", not "{each}"')


@attrs.frozen(kw_only=True)
class ProgramsConfig:
    """Programs that are run for streams, without a shell. In their arguments `[url]` stands for the
    RTMP URL of the stream here, and `[vhost]`, `[app]` and `[stream]` for its names; their
    environment says more."""

    publish: tuple[Argv, ...] = attrs.field(
        default=(), validator=_check_programs, metadata=_RESTART
    )
    """Run while a stream is published: each a list of the program and its arguments."""
    unpublish: tuple[Argv, ...] = attrs.field(
        default=(), validator=_check_programs, metadata=_RESTART
    )
    """Run once, when a publish is over."""
    play: tuple[Argv, ...] = attrs.field(default=(), validator=_check_programs, metadata=_RESTART)
    """Run while somebody plays a stream, for each player one."""
    stop: tuple[Argv, ...] = attrs.field(default=(), validator=_check_programs, metadata=_RESTART)
    """Run once, when a play is over."""
    environment: tuple[str, ...] = attrs.field(
        default=("PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"), validator=_check_variables
    )
    """The environment of programs, besides the variables that say what happened to which stream;
    nothing of the server's own is in it, as that may have secrets."""
    restart: ProgramRestart = ProgramRestart.ON_FAILURE
    """Whether a program that ends while its publish or play goes on is run again."""
    restart_pause: Seconds = attrs.field(
        default=Seconds(3.0), validator=seconds_within("10ms", "1h")
    )
    """How long that takes; each time in a row twice as long, up to ten times."""
    kill_after: Seconds = attrs.field(default=Seconds(1.0), validator=seconds_within("0s", "1h"))
    """How long a program and what it has started may take to end on `SIGTERM`, when its publish or
    play is over or the server stops; then comes `SIGKILL`."""
    once_timeout: Seconds = attrs.field(
        default=Seconds(60.0), validator=seconds_within("10ms", "24h")
    )
    """How long a program of `unpublish` or `stop` may run."""
    most: int = attrs.field(default=100, validator=within(1, 100_000))
    """The most programs at once; one more is not run, which is logged."""

    @property
    def is_used(self) -> bool:
        """Whether there is anything to run."""
        return bool(self.publish or self.unpublish or self.play or self.stop)
