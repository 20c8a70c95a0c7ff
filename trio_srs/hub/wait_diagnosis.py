"""Why a wait was in vain: what happened instead, in sentences. Floor 2, and pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from trio_srs.errors import EndReason
from trio_srs.hub.session_requests import ACCEPTED, ASKED
from trio_srs.hub.sessions import RequestFacts, SessionFacts

__all__ = ["WaitDiagnosis", "diagnose"]

_MOST: Final = 8
"""Sentences."""
_TEXT_MOST: Final = 200
"""Characters of one."""
_DONE: Final = {"publish": "published", "play": "played"}


def diagnose(sessions: Sequence[SessionFacts], stream: str) -> tuple[str, ...]:
    """What sessions did, the newest first, and not more than fits in a message.

    Args:
        sessions: in the order in which they began.
        stream: whose name was waited for: what was done to it comes first.
    """
    diagnosis = WaitDiagnosis(stream)
    for session in reversed(sessions):
        diagnosis.add(session)
    return diagnosis.sentences()


class WaitDiagnosis:
    """The same, told of one session after the other, the newest first."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._of_it, self._of_others = _Lines(), _Lines()

    def wants(self, streams: Iterable[str]) -> bool:
        """Whether a session matters that has asked for these: there may be enough to tell."""
        return not self._of_others.full or (self._stream in streams and not self._of_it.full)

    @property
    def full(self) -> bool:
        """Whether no session matters any more."""
        return self._of_it.full

    def add(self, session: SessionFacts) -> None:
        """Tell of a session."""
        for stream, line in _of_session(session):
            (self._of_it if stream == self._stream else self._of_others).add(line)

    def sentences(self) -> tuple[str, ...]:
        """What there is to say."""
        return tuple(islice((*self._of_it.counted(), *self._of_others.counted()), _MOST))


class _Lines:
    """Those that are the same and follow each other are told once, and counted."""

    def __init__(self) -> None:
        self._lines: list[list[Any]] = []
        self.full = False

    def add(self, line: str) -> None:
        if self.full:
            return
        lines = self._lines
        if lines and lines[-1][0] == line:
            lines[-1][1] += 1
        elif len(lines) < _MOST:
            lines.append([line, 1])
        else:
            self.full = True

    def counted(self) -> Iterator[str]:
        return (line if count == 1 else f"{line} ({count} times)" for line, count in self._lines)


def _of_session(session: SessionFacts) -> Iterator[tuple[str, str]]:
    """Each with the stream that it is about, if any."""
    peer = session.peer.rpartition(":")[0] or session.peer
    for request in reversed(session.requests):
        yield request.stream, _of_request(request, peer)
    if session.requests:
        return
    if session.app is not None:
        who = f"{peer} ({session.client})" if session.client else peer
        line = f"{who} connected to {session.app} and asked for nothing"
    elif session.handshake_s is None and session.end is EndReason.PROTOCOL_ERROR:
        yield "", _ended(f"{peer}: {session.end_detail}", None, "")  # that says who it was
        return
    elif session.handshake_s is not None:
        line = f"{peer} finished the handshake and did not connect"
    else:
        line = f"{peer} connected without a handshake"
    yield "", _ended(line, session.end, session.end_detail)


def _of_request(request: RequestFacts, peer: str) -> str:
    what, stream = request.what, request.stream
    if request.outcome == ASKED:
        return f"not decided: {what} of {stream} by {peer}"
    if request.outcome != ACCEPTED:
        kind = "refused" if what == "publish" else f"refused {what}"
        return f"{kind}: {stream} by {peer}, {request.outcome}"
    counted = f"{request.messages} messages" if what == "publish" else f"{request.bytes} bytes"
    line = f"{_DONE[what]}: {stream} by {peer}, {counted}"
    if request.end is None:
        return f"{line} so far"
    return _ended(line, request.end, request.end_detail)


def _ended(line: str, end: EndReason | None, detail: str) -> str:
    if end is not None:
        line = f"{line}, {end} ({detail})" if detail else f"{line}, {end}"
    return line if len(line) <= _TEXT_MOST else f"{line[: _TEXT_MOST - 3]}..."
