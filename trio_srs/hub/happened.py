"""What happened, in sentences, for whoever waited for something else. Floor 2, and pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Final

from trio_srs.errors import EndReason
from trio_srs.hub.dealings import ACCEPTED, ASKED
from trio_srs.hub.sessions import RequestFacts, SessionFacts

__all__ = ["happened"]

_MOST: Final = 8
"""Sentences."""
_TEXT_MOST: Final = 200
"""Characters of one."""
_DONE: Final = {"publish": "published", "play": "played"}


def happened(sessions: Sequence[SessionFacts], stream: str) -> tuple[str, ...]:
    """What sessions did, the newest first, and not more than fits in a message.

    Args:
        sessions: in the order in which they began.
        stream: whose name was waited for: what was done to it comes first.
    """
    told = [each for session in reversed(sessions) for each in _of_session(session)]
    told.sort(key=lambda each: each[0] != stream)  # the order stays otherwise
    return tuple(islice(_counted(line for _, line in told), _MOST))


def _counted(lines: Iterable[str]) -> Iterator[str]:
    """Those that are the same, but for the port, and follow each other are told once."""
    for line, same in groupby(lines):
        count = sum(1 for _ in same)
        yield line if count == 1 else f"{line} ({count} times)"


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
