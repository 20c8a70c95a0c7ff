"""What the log says of each event, and how loudly."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from trio_srs.config.process import LogConfig, LogFormat, LogLevel
from trio_srs.errors import EndReason
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
from trio_srs.server.logs import configure, log_event, set_level

WHO: dict[str, Any] = {"session": "c7", "peer": "127.0.0.1:50000"}
KICKED: dict[str, Any] = {"reason": EndReason.KICKED, "detail": "enough"}
CONNECTED: dict[str, Any] = {"vhost": "v", "handshake": "simple", "handshake_s": 0.1}
EVENTS: list[tuple[Event, str, str]] = [
    (SessionBegan(**WHO, protocol="rtmp"), "DEBUG", "session began: rtmp from 127.0.0.1:50000"),
    (
        SessionConnected(**WHO, **CONNECTED, app="live", client=""),
        "INFO",
        "connected to live: unnamed, simple handshake",
    ),
    (
        SessionConnected(
            **WHO, **{**CONNECTED, "handshake": ""}, app="live", client="VLC", protocol="ws-mp4"
        ),
        "INFO",
        "connected to live: VLC, ws-mp4",
    ),
    (
        RequestRefused(**WHO, request="publish", stream="a\nb", code="bad", detail="no"),
        "WARNING",
        r"refused publish of 'a\nb': bad: no",
    ),
    (PublishBegan(**WHO, stream="live/a", flow="fmle"), "INFO", "publishes live/a"),
    (
        FirstMedia(**WHO, stream="live/a", kind="audio", seconds=0.25),
        "DEBUG",
        "first audio of live/a after 0.250 s",
    ),
    (
        FirstKeyframe(**WHO, stream="live/a", timestamp_ms=40, seconds=1.5),
        "DEBUG",
        "first keyframe of live/a after 1.500 s",
    ),
    (
        HeaderChanged(**WHO, stream="live/a", kind="video", timestamp_ms=40),
        "INFO",
        "another video header of live/a at 40 ms",
    ),
    (
        FaultTaken(**WHO, fault="fault-1", what="reset publish", stream="live/a", detail="now"),
        "INFO",
        "fault-1 was taken: reset publish: now",
    ),
    (
        FilesFailed(**WHO, stream="live/a", detail="[Errno 28] No space left on device"),
        "WARNING",
        "live/a cannot be written as files: [Errno 28] No space left on device; it is tried again",
    ),
    (
        FilesWritten(**WHO, stream="live/a", failures=3, lost=2),
        "INFO",
        "live/a is written as files again, after 3 failures and without 2 segments",
    ),
    (
        PublishStalled(**WHO, stream="live/a", seconds=1.0),
        "INFO",
        "live/a has stalled: nothing for 1.0 s",
    ),
    (
        PublishResumed(**WHO, stream="live/a", seconds=2.5),
        "INFO",
        "live/a goes on after 2.5 s",
    ),
    (
        PublishEnded(**WHO, **KICKED, stream="live/a", messages=5, bytes=6),
        "INFO",
        "publishes live/a no more: kicked, 5 messages",
    ),
    (PlayBegan(**WHO, stream="live/a"), "INFO", "plays live/a"),
    (
        PlayEnded(**WHO, **KICKED, stream="live/a", bytes=6, skipped=7),
        "INFO",
        "plays live/a no more: kicked, 6 bytes, 7 skipped",
    ),
    (
        SessionEnded(**WHO, **KICKED, seconds=1.5, bytes_in=1, bytes_out=2),
        "INFO",
        "session ended: kicked: enough",
    ),
]


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, as it was before, afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.parametrize(("event", "level", "text"), EVENTS, ids=lambda e: type(e).__name__)
def test_an_event_is_one_line_with_its_fields(
    event: Event, level: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        log_event(event)
    [record] = caplog.records
    assert (record.levelname, record.getMessage()) == (level, text)
    assert vars(record)["fields"] == attrs.asdict(event)


def test_every_event_has_its_line() -> None:
    kinds = {kind.__name__ for kind in Event.__subclasses__()}
    assert {type(event).__name__ for event, _, _ in EVENTS} == kinds


def test_what_is_too_quiet_is_not_made(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        log_event(EVENTS[0][0])
    assert not caplog.records


def test_a_json_line_has_the_fields_and_the_traceback(
    root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(LogConfig(format=LogFormat.JSON))
    log_event(EVENTS[-1][0])
    try:
        raise KeyError("the bug")
    except KeyError:
        logging.getLogger("trio_srs.x").exception("oh", extra={"fields": {"session": "c9"}})
    out, err = capsys.readouterr()
    assert out == ""
    ended, bug = map(json.loads, err.splitlines())
    assert ended["event"] == "session ended: kicked: enough"
    assert (ended["session"], ended["reason"], ended["seconds"]) == ("c7", "kicked", 1.5)
    assert (ended["level"], ended["logger"]) == ("info", "trio_srs.session")
    assert (bug["session"], bug["level"]) == ("c9", "error")
    assert "KeyError: 'the bug'" in bug["exception"]


def test_an_event_is_written_as_structlog_writes_everything_else(
    root: logging.Logger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The short way and the long way to a line differ in nothing but the time."""
    configure(LogConfig(format=LogFormat.JSON, level=LogLevel.DEBUG))
    for event, _, _ in EVENTS:
        log_event(event)
    logger = logging.getLogger("trio_srs.session")
    for event, level, text in EVENTS:
        fields = attrs.asdict(event, recurse=False)
        try:
            raise KeyError
        except KeyError:  # with a traceback, it goes the long way
            logger.log(logging.getLevelName(level), text, exc_info=True, extra={"fields": fields})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    short, long = lines[: len(EVENTS)], lines[len(EVENTS) :]
    stamps = [(line.pop("timestamp"), line.pop("exception", None)) for line in short + long]
    assert [list(line.items()) for line in short] == [list(line.items()) for line in long]
    assert all(datetime.fromisoformat(stamp).tzinfo is UTC for stamp, _ in stamps)


@pytest.mark.parametrize("style", LogFormat)
@pytest.mark.parametrize("text", ["\ud800", "a\x1b[31mb", "a\nsession ended: b", "日本"])
def test_no_name_can_break_the_log(
    root: logging.Logger, monkeypatch: pytest.MonkeyPatch, style: LogFormat, text: str
) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "utf-8", "backslashreplace")  # as the interpreter's
    monkeypatch.setattr("sys.stderr", stream)
    configure(LogConfig(format=style, level=LogLevel.DEBUG))
    log_event(RequestRefused(**WHO, request="play", stream=text, code="bad", detail=text))
    log_event(SessionConnected(**WHO, **CONNECTED, app=text, client=text))
    stream.flush()
    said = raw.getvalue().decode()
    assert said.count("\n") == 2
    assert "\x1b" not in said
    assert "Logging error" not in said
    assert ("日本" in said) == (text == "日本" and style is LogFormat.HUMAN)


def test_the_level_can_change_at_any_time(
    root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(LogConfig(level=LogLevel.ERROR))
    log_event(EVENTS[0][0])
    assert capsys.readouterr().err == ""
    set_level(LogConfig(level=LogLevel.DEBUG))
    log_event(EVENTS[0][0])
    assert "session began" in capsys.readouterr().err
