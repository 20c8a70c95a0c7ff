"""Where log lines go and how they look: the one place that configures logging. Floor 5.

The rest of the package logs through the standard library, to loggers named after the modules;
structlog renders it, here. Nothing below configures anything, so a program that uses the package
as a library keeps its own logging. A log that nobody reads holds nothing up: see
:mod:`trio_srs.server.log_output`.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import attrs

from trio_srs.config.process import LogConfig, LogFormat
from trio_srs.hub.bus import (
    Event,
    FaultTaken,
    FilesFailed,
    FilesWritten,
    FirstKeyframe,
    FirstMedia,
    HeaderChanged,
    PlayBegan,
    PlayEnded,
    PublishBegan,
    PublishEnded,
    PublishResumed,
    PublishStalled,
    RequestRefused,
    SessionBegan,
    SessionConnected,
    SessionEnded,
)
from trio_srs.server.log_output import LogOutput

__all__ = ["configure", "log_event", "prepare", "set_level", "without_rich"]

_log = logging.getLogger("trio_srs.session")

_LAST_LINES_S: Final = 1.0
"""How long a process that ends waits for a log that takes nothing."""


def _way(event: SessionConnected) -> str:
    return f"{event.handshake} handshake" if event.handshake else event.protocol


_LINES: Final[Mapping[type[Event], tuple[int, Callable[[Any], str]]]] = {
    SessionBegan: (logging.DEBUG, lambda e: f"session began: {e.protocol} from {e.peer}"),
    SessionConnected: (
        logging.INFO,
        lambda e: f"connected to {e.app}: {e.client or 'unnamed'}, {_way(e)}",
    ),
    RequestRefused: (
        logging.WARNING,
        lambda e: f"refused {e.request} of {e.stream!r}: {e.code}: {e.detail}",
    ),
    PublishBegan: (logging.INFO, lambda e: f"publishes {e.stream}"),
    FirstMedia: (
        logging.DEBUG,
        lambda e: f"first {e.kind} of {e.stream} after {e.seconds:.3f} s",
    ),
    FirstKeyframe: (
        logging.DEBUG,
        lambda e: f"first keyframe of {e.stream} after {e.seconds:.3f} s",
    ),
    HeaderChanged: (
        logging.INFO,
        lambda e: f"another {e.kind} header of {e.stream} at {e.timestamp_ms} ms",
    ),
    PublishStalled: (
        logging.INFO,
        lambda e: f"{e.stream} has stalled: nothing for {e.seconds:.1f} s",
    ),
    PublishResumed: (
        logging.INFO,
        lambda e: f"{e.stream} goes on after {e.seconds:.1f} s",
    ),
    PublishEnded: (
        logging.INFO,
        lambda e: f"publishes {e.stream} no more: {e.reason}, {e.messages} messages",
    ),
    PlayBegan: (logging.INFO, lambda e: f"plays {e.stream}"),
    PlayEnded: (
        logging.INFO,
        lambda e: f"plays {e.stream} no more: {e.reason}, {e.bytes} bytes, {e.skipped} skipped",
    ),
    FaultTaken: (
        logging.INFO,
        lambda e: f"{e.fault} was taken: {e.what}{': ' if e.detail else ''}{e.detail}",
    ),
    FilesFailed: (
        logging.WARNING,
        lambda e: f"{e.stream} cannot be written as files: {e.detail}; it is tried again",
    ),
    FilesWritten: (
        logging.INFO,
        lambda e: (
            f"{e.stream} is written as files again, after {e.failures} failures and without "
            f"{e.lost} segments"
        ),
    ),
    SessionEnded: (
        logging.INFO,
        lambda e: f"session ended: {e.reason}{': ' if e.detail else ''}{e.detail}",
    ),
}
"""What is said of each event, and how loudly: of a connection that never gets further than the
handshake one line, when it ends."""
_FIELDS: Final = {kind: tuple(each.name for each in attrs.fields(kind)) for kind in _LINES}


def log_event(event: Event) -> None:
    """One line for an event, with all its fields beside it; made to listen on a bus."""
    level, line = _LINES[type(event)]
    if _log.isEnabledFor(level):
        # Made here, as Logger.log would: but it looks for its caller, at half the cost of a line.
        record = logging.LogRecord(_log.name, level, "", 0, line(event), (), None)
        vars(record)["fields"] = {name: getattr(event, name) for name in _FIELDS[type(event)]}
        _log.handle(record)


def configure(config: LogConfig) -> None:
    """Send this process's log lines to standard error, as the configuration says.

    What was configured before ends. Without a standard error nothing is written.
    """
    stream = sys.stderr
    is_terminal = stream is not None and stream.isatty()
    human = config.format is LogFormat.HUMAN or (config.format is LogFormat.AUTO and is_terminal)
    handler = _handler(stream)
    handler.setFormatter(_Rendered(human, colors=is_terminal))
    root = logging.getLogger()
    for old in root.handlers:
        if isinstance(old, _Unwaiting):
            old.close()
    root.handlers[:] = [handler]
    set_level(config)


def _handler(stream: TextIO | None) -> logging.Handler:
    if stream is None:  # closed by who started us
        return logging.NullHandler()
    try:
        return _Unwaiting(stream, stream.fileno())
    except (OSError, io.UnsupportedOperation):  # one made by a program, or that is closed by now
        return logging.StreamHandler(stream)


class _Unwaiting(logging.Handler):
    """Writes lines to a descriptor, and never waits for it."""

    def __init__(self, stream: TextIO, fileno: int) -> None:
        super().__init__()
        self._encoding = stream.encoding
        self._flow = LogOutput(fileno, self._gap)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, if that can be done at once; see :meth:`LogOutput.write`."""
        self._flow.write(self._line(record))

    def _line(self, record: logging.LogRecord) -> bytes:
        try:
            text = self.format(record)
        except Exception as error:  # it may not cost the session that spoke
            text = f"cannot write a line of {record.name}: {error!r}"
        return f"{text}\n".encode(self._encoding, "backslashreplace")

    def _gap(self, lines: int, seconds: float, why: str) -> bytes:
        text = f"{lines} log lines were dropped within {seconds:.1f} s: {why}"
        record = logging.LogRecord(__name__, logging.WARNING, "", 0, text, (), None)
        vars(record)["fields"] = {"dropped": lines, "seconds": seconds}
        return self._line(record)

    def close(self) -> None:
        """Write what is left, if somebody reads it soon."""
        self._flow.finish(_LAST_LINES_S)
        super().close()


def prepare() -> None:
    """Import what the first log line would import, at a moment when nobody waits for it."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Rendered):
            handler.formatter.prepare()


class _Rendered(logging.Formatter):
    """Lines rendered by structlog, which is imported for the first one: a server says nothing
    before it is ready, and is ready sooner so."""

    def __init__(self, human: bool, *, colors: bool) -> None:
        super().__init__()
        self._human, self._colors = human, colors
        self._formatter: logging.Formatter | None = None

    def prepare(self) -> logging.Formatter:
        """Import and set up structlog, if that has not been done."""
        if self._formatter is None:
            self._formatter = _structlog_formatter(self._human, self._colors)
        return self._formatter

    def format(self, record: logging.LogRecord) -> str:
        """One line, or more with a traceback."""
        if not self._human and not record.exc_info and "fields" in vars(record):
            return _json_line(record)
        return self.prepare().format(record)


_encode: Final = json.JSONEncoder(default=str).encode


def _json_line(record: logging.LogRecord) -> str:
    """What structlog's JSON renderer makes of an event, in an eighth of its time: two such lines
    were most of what a connection costs that only shakes hands."""
    when = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
    return _encode(
        {
            "event": record.getMessage(),
            "timestamp": f"{when.isoformat()}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            **vars(record)["fields"],
        }
    )


@contextmanager
def without_rich() -> Iterator[None]:
    """Hide rich from structlog, which imports it where it is installed, for its tracebacks.

    That takes longer than all of structlog, and our tracebacks are plain.
    """
    found = sys.modules.get("rich")
    sys.modules["rich"] = None  # type: ignore[assignment]  # the import system's word for "absent"
    try:
        yield
    finally:
        del sys.modules["rich"]
        if found is not None:
            sys.modules["rich"] = found


def _structlog_formatter(human: bool, colors: bool) -> logging.Formatter:
    with without_rich():
        import structlog

    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=colors)
        if human
        else structlog.processors.JSONRenderer(default=str)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            _add_fields,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *([_printable] if human else [structlog.processors.format_exc_info]),
            renderer,
        ],
    )


def set_level(config: LogConfig) -> None:
    """Change how loud the log is, at any time."""
    logging.getLogger().setLevel(config.level.upper())
    logging.getLogger("websockets").setLevel(logging.WARNING)  # it tells of each handshake


def _add_fields(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The fields that a line was given beside its text."""
    fields = getattr(event["_record"], "fields", {})
    event.update(fields)
    return event


def _printable(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """What peers said may have line breaks in it, or words for the terminal."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[key] = "".join(c if c.isprintable() else repr(c)[1:-1] for c in value)
    return event
