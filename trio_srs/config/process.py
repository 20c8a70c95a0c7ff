"""The [log] and [process] sections: what concerns the process rather than a service.

Floor 4.
"""

from __future__ import annotations

import enum

import attrs

from trio_srs.hub.ids import NAMELESS, ProcessName, parse_process_name

__all__ = ["LogConfig", "LogFormat", "LogLevel", "ProcessConfig"]


class LogFormat(enum.StrEnum):
    """How a log line is written."""

    AUTO = "auto"
    """For people on a terminal, JSON elsewhere."""
    HUMAN = "human"
    """Aligned text, with colour on a terminal."""
    JSON = "json"
    """One JSON object per line."""


class LogLevel(enum.StrEnum):
    """The least important line that is still written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@attrs.frozen(kw_only=True)
class LogConfig:
    """What is logged, and how; the log goes to standard error."""

    format: LogFormat = attrs.field(default=LogFormat.AUTO, metadata={"live": False})
    """Lines for people (`human`), one JSON object per line (`json`), or `auto`: human on a
    terminal, JSON elsewhere."""
    level: LogLevel = LogLevel.INFO
    """The least important line that is still written."""


@attrs.frozen(kw_only=True)
class ProcessConfig:
    """What the server's process is called, and how long it lives."""

    name: ProcessName = attrs.field(
        default=NAMELESS,
        validator=lambda _instance, _attribute, value: parse_process_name(value),
        metadata={"live": False},
    )
    """What the ids of sessions and events begin with: with `name = "a"` a session is `a-c17` in
    log, events, reports and API instead of `c17`. So those of several servers can be told apart
    where they are looked at together. Letters, digits, `-`, `_` and `.`."""
    die_with_parent: bool = attrs.field(default=False, metadata={"live": False})
    """Stop when the process that started the server is gone, however it went: no server
    survives an aborted test run. For servers that are started from the command line."""
