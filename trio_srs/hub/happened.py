"""What happened, in sentences, for whoever waited for something else. Floor 2, and pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Final

from trio_srs.hub.dealings import ACCEPTED, ASKED
from trio_srs.hub.sessions import RequestFacts, SessionFacts

__all__ = ["happened"]

_MOST: Final = 8
"""Sentences."""
_TEXT_MOST: Final = 200
"""Characters of what a peer or an error said."""
_DONE: Final = {"publish": "published", "play": "played"}


def happened(sessions: Sequence[SessionFacts], stream: str) -> tuple[str, ...]:
    """What sessions did, the newest first, and not more than fits in a message.

    Args:
        sessions: in the order in which they began.
        stream: whose name was waited for: what was done to it comes first.
    """
    told = [line for session in reversed(sessions) for line in _of_session(session)]
    ordered = sorted(told, key=lambda line: f" {stream} " not in f"{line} ".replace(",", " "))
    return tuple(islice(_counted(ordered), _MOST))


def _counted(lines: Iterable[str]) -> Iterator[str]:
    """Those that are the same but for the port are told once."""
    for line, same in groupby(lines):
        count = sum(1 for _ in same)
        yield line if count == 1 else f"{line} ({count} times)"


def _of_session(session: SessionFacts) -> Iterator[str]:
    peer = session.peer.rpartition(":")[0] or session.peer
    requests = list(session.requests)
    for request in reversed(requests):
        yield _of_request(request, peer)
    if requests:
        return
    if session.app is not None:
        who = f"{peer} ({session.client})" if session.client else peer
        yield _ended(session, f"{who} connected to {session.app} and asked for nothing")
    elif session.handshake_s is not None:
        yield _ended(session, f"{peer} finished the handshake and did not connect")
    else:
        yield _ended(session, f"{peer} connected without a handshake")


def _of_request(request: RequestFacts, peer: str) -> str:
    what, stream = request.what, request.stream
    if request.outcome == ASKED:
        return f"not decided yet: {what} of {stream} by {peer}"
    if request.outcome != ACCEPTED:
        kind = "refused" if what == "publish" else f"refused {what}"
        return f"{kind}: {stream} by {peer}, {request.outcome}"
    counted = f"{request.messages} messages" if what == "publish" else f"{request.bytes} bytes"
    line = f"{_DONE[what]}: {stream} by {peer}, {counted}"
    if request.end is None:
        return f"{line} so far"
    return _cut(f"{line}, {request.end}{_more(request.end_detail)}")


def _ended(session: SessionFacts, line: str) -> str:
    if session.end is None:
        return line
    return _cut(f"{line}, {session.end}{_more(session.end_detail)}")


def _more(detail: str) -> str:
    return f" ({detail})" if detail else ""


def _cut(line: str) -> str:
    return line if len(line) <= _TEXT_MOST else f"{line[: _TEXT_MOST - 1]}…"
