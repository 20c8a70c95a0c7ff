"""A server as a test sees it: where it is, what to wait for, what there was. Floor 7."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack

from trio_srs.errors import PeerError, RefusedError
from trio_srs.testing.channel import ProcessRefusedError
from trio_srs.testing.hints import WithHints, nearest
from trio_srs.units import parse_seconds
from trio_srs.wire.stream_name import parse_stream
from trio_srs.wire.url import UrlError

if TYPE_CHECKING:
    from trio_srs.hub.journal import JournalEntry
    from trio_srs.hub.reconnect import Reconnect
    from trio_srs.hub.sessions import SessionFacts
    from trio_srs.testing.faults import FaultWords, RequestedFault
    from trio_srs.testing.kept_report import KeptReport

__all__ = ["NotInTimeError", "NothingPublishedError", "ServerHandle", "check_stream", "folder_for"]

__tracebackhide__ = True  # pytest: see channel

_ANSWER_S: Final = 10.0
"""How long the server may take for what needs no waiting."""
_TIMEOUT: Final = "wait_timeout"


class NotInTimeError(PeerError, AssertionError):
    """What a test waited for did not come. The text says what did happen."""

    code = "not_in_time"


class NothingPublishedError(PeerError, AssertionError):
    """There is no report of a stream, as nobody has published it. The text says what did happen."""

    code = "nothing_published"


def folder_for(captures: str | os.PathLike[str] | None) -> Path | None:
    """Where captures go: it is made if it is not there yet."""
    if captures is None:
        return None
    folder = Path(captures).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def check_stream(stream: str) -> None:
    """See that a text names a stream, before anybody is asked about it.

    Raises:
        StreamNameError, UrlError: it does not; the text says what to write.
    """
    try:
        parse_stream(stream)
    except RefusedError as error:
        raise error.with_traceback(None) from None  # pytest need not show how it was read


class ServerHandle(WithHints, ABC):
    """A server that is up.

    What waits for a stream asks about the newest publish of its name, the present one or else
    the last that ended: what happened before counts, so that nothing can be missed. With
    ``since``, a number that :attr:`last_event` gave, only what happened after that counts.

    Attributes:
        addresses: the URLs it listens on, by protocol.
    """

    addresses: Mapping[str, list[str]]

    @abstractmethod
    def _ask(self, verb: str, within_s: float, /, **words: object) -> Any:
        """Have the server do something: see :mod:`trio_srs.testing.child.serving`."""

    def url(self, stream: str = "", protocol: str = "rtmp") -> str:
        """The URL of a stream here, such as ``rtmp://127.0.0.1:40123/live/cam1``.

        Args:
            stream: its name, ``live/cam1``, with parameters or without; a whole URL of this
                server stays as it is.

        Raises:
            LookupError: it does not listen for that protocol.
            StreamNameError, UrlError: it names no stream, or one elsewhere; the text says what
                to write.
        """
        bases = self.addresses.get(protocol)
        if not bases:
            there = (name for name, bases in self.addresses.items() if bases)
            raise LookupError(
                f"this server does not listen for {protocol}{nearest(protocol, there)}"
            )
        if not (stream and protocol.startswith("rtmp")):
            return f"{bases[0]}/{stream}"
        check_stream(stream)
        if "://" not in stream:
            return f"{bases[0]}/{stream.lstrip('/')}"
        if not any(stream.startswith(f"{base}/") for base in bases):
            raise UrlError(f"{stream!r} is not on this server, which is {' and '.join(bases)}")
        return stream

    def http_url(self, path: str = "") -> str:
        """The URL of a stream over HTTP, such as ``http://127.0.0.1:40125/live/cam1.flv``.

        Args:
            path: the stream and the form: ``live/cam1.flv``.

        Raises:
            LookupError: it does not listen for HTTP.
        """
        return self.url(path.lstrip("/"), "http")

    def hls_url(self, stream: str) -> str:
        """The URL of a stream as HLS, such as ``http://127.0.0.1:40125/live/cam1.m3u8``.

        Args:
            stream: its application and name: ``live/cam1``.

        Raises:
            LookupError: it does not listen for HTTP.
        """
        return self.http_url(f"{stream}.m3u8")

    def dash_url(self, stream: str) -> str:
        """The URL of a stream as MPEG-DASH, such as ``http://127.0.0.1:40125/live/cam1.mpd``.

        Args:
            stream: its application and name: ``live/cam1``.

        Raises:
            LookupError: it does not listen for HTTP.
        """
        return self.http_url(f"{stream}.mpd")

    # ------------------------------------------------------------------- waiting

    def wait_for_publish(
        self, stream: str, timeout: float | str = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait until somebody publishes a stream, or has published it.

        Args:
            stream: its name, ``live/cam1``, or its whole URL.
            timeout: seconds, or a text such as ``"500ms"``.
            since: the number of the event after which it has to happen.

        Returns:
            what is known of the publish at that moment. All that wait return that.

        Raises:
            NotInTimeError: nobody does; the text says what happened instead.
            StreamNameError, UrlError: that names no stream; the text says what to write.
        """
        return self._wait(stream, "published", timeout, since)

    def wait_for_keyframe(
        self, stream: str, timeout: float | str = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait for the first keyframe; for the rest see :meth:`wait_for_publish`."""
        return self._wait(stream, "first_keyframe", timeout, since)

    def wait_for_frames(
        self, stream: str, count: int, timeout: float | str = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait for so many frames: of video, or of audio where there is no video."""
        if count < 1:
            raise ValueError(f"to wait for {count} frames: expected at least 1")
        return self._wait(stream, f"frames:{count}", timeout, since)

    def wait_for_end(
        self, stream: str, timeout: float | str = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait until a publish of a stream has ended; the report then is whole."""
        return self._wait(stream, "unpublished", timeout, since)

    def wait_for_hls(
        self, stream: str, timeout: float | str = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait until players can take a stream at :meth:`hls_url`, and have it cut from now on."""
        return self._wait(stream, "hls_ready", timeout, since)

    def wait_for_dash(
        self, stream: str, timeout: float | str = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait until players can take it as MPEG-DASH; for the rest see :meth:`wait_for_hls`."""
        return self._wait(stream, "dash_ready", timeout, since)

    def wait_for_player(
        self, stream: str, timeout: float | str = 10.0, *, since: int | None = None
    ) -> None:
        """Wait until somebody plays a stream, or has played it, be it published or not.

        What is published from then on is missed by nobody who plays: see
        :meth:`wait_for_publish` for the arguments.

        Raises:
            NotInTimeError: nobody does; the text says what happened instead.
        """
        self._reach(stream, "played", timeout, since)

    def _wait(self, stream: str, until: str, timeout: float | str, since: int | None) -> KeptReport:
        from trio_srs.testing.readback import read_report  # not needed to start, and not small

        return read_report(self._reach(stream, until, timeout, since))

    def _reach(self, stream: str, until: str, timeout: float | str, since: int | None) -> Any:
        check_stream(stream)
        timeout_s = parse_seconds(timeout)
        words = {"stream": stream, "until": until, "timeout_s": timeout_s, "since": since}
        try:
            return self._ask("wait_for", timeout_s + _ANSWER_S, **words)
        except ProcessRefusedError as error:
            if error.why == _TIMEOUT:
                raise NotInTimeError(str(error)) from None
            raise

    def wait_for_capture(self, session: str, timeout: float | str = 10.0) -> Path:
        """Wait until a session has ended and its capture is whole: the file, for ``trio-srs
        inspect`` and ``trio-srs replay``. The server has to capture it: ``capture={"when":
        "always"}``.

        Args:
            session: its id, as in :attr:`sessions` and in reports.

        Raises:
            NotInTimeError: it goes on, or its file was given up.
            ProcessRefusedError: it is not captured, or there is no such session.
        """
        timeout_s = parse_seconds(timeout)
        words = {"session": session, "timeout_s": timeout_s}
        try:
            return Path(self._ask("wait_for_capture", timeout_s + _ANSWER_S, **words))
        except ProcessRefusedError as error:
            if error.why == "capture_not_whole":
                raise NotInTimeError(str(error)) from None
            raise

    # ------------------------------------------------------------- what there was

    def report(self, stream: str) -> KeptReport:
        """All about the publish of a stream that goes on, or else the last one that ended.

        Raises:
            NothingPublishedError: nobody has published it.
        """
        from trio_srs.testing.readback import read_report

        check_stream(stream)
        plain = self._ask("report", _ANSWER_S, stream=stream)
        if plain is None:
            from trio_srs.hub.wait_diagnosis import diagnose

            told = diagnose(self.sessions, parse_stream(stream).path) or ("nothing happened",)
            raise NothingPublishedError("; ".join((f"nobody has published {stream}", *told)))
        return read_report(plain)

    def reports(self, stream: str) -> tuple[KeptReport, ...]:
        """All about every publish of a stream, the oldest first; the server keeps the last few."""
        from trio_srs.testing.readback import read_report

        check_stream(stream)
        return tuple(map(read_report, self._ask("reports", _ANSWER_S, stream=stream)))

    @property
    def streams(self) -> tuple[str, ...]:
        """The names of all streams that there are reports of."""
        return tuple(self._ask("streams", _ANSWER_S))

    @property
    def sessions(self) -> tuple[SessionFacts, ...]:
        """Who is or was connected: what was asked for, and what came of it."""
        from trio_srs.testing.readback import read_sessions

        return read_sessions(self._ask("sessions", _ANSWER_S))

    @property
    def events(self) -> tuple[JournalEntry, ...]:
        """What happened, in order; each has a number, the time of day and the event."""
        from trio_srs.testing.readback import read_events

        return read_events(self._ask("events", _ANSWER_S))

    @property
    def last_event(self) -> int:
        """The number of the newest event, to wait for what happens ``since``."""
        return int(self._ask("last_event", _ANSWER_S))

    # ------------------------------------------------------------------- faults

    def fault(self, what: str, **words: Unpack[FaultWords]) -> RequestedFault:
        """Have the server do something wrong from now on, to those whom it is for.

        ``server.fault("refuse publish", code="NetStream.Publish.Denied", times=2)``, or all of it
        in the text: ``server.fault("reset publish after=2s times=1")``. As a context manager,
        until the end of the block.

        Args:
            what: the kind of fault, its moment, and any of its keys: ``KIND [MOMENT] [KEY=VALUE
                ...]``.
            words: its keys; ``at`` is the moment, and ``for_`` is ``for``.

        Raises:
            ProcessRefusedError: it is none, or contradicts one that is there; the text says what
                was expected.
        """
        from trio_srs.testing.faults import RequestedFault  # few tests ask for any

        answer = self._ask("add_fault", _ANSWER_S, text=what, words=words)
        fault = RequestedFault(self, answer, _ANSWER_S)
        self._faults.append(fault)
        return fault

    def stop_for(self, duration: float | str) -> None:
        """Be gone for so long: everybody is cut off and nobody can connect, and then the ports are
        open again when this returns. What was seen before is still known.

        Args:
            duration: seconds, or a text such as ``"3s"``.
        """
        seconds = parse_seconds(duration)
        self._ask("stop_for", seconds + _ANSWER_S, seconds=seconds)

    def reconnects(self, stream: str) -> tuple[Reconnect, ...]:
        """How a publisher came back, after each publish of a stream that has ended: attempts,
        pauses, what was lost, and whether its timestamps go on."""
        from trio_srs.hub.reconnect import find_reconnects  # few ask

        return find_reconnects(self.reports(stream), self.sessions)

    def check_faults(self) -> None:
        """See that every fault that was asked for so many times was done at least once.

        Raises:
            FaultNotTakenError: one was not.
        """
        for fault in self._faults:
            if not fault.is_removed:  # else it is not asked for any more
                fault.check_taken()

    @cached_property
    def _faults(self) -> list[RequestedFault]:
        """Those that were asked for."""
        return []

    def kick(self, stream: str, detail: str = "kicked by the test") -> bool:
        """End whoever publishes a stream, and wait until its connection is closed (at most 5 s).

        Returns:
            whether anybody published it.
        """
        check_stream(stream)
        return bool(self._ask("kick", _ANSWER_S, stream=stream, detail=detail))
