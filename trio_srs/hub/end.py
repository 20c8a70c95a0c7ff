"""How a session, a publish or a play ended: as a value, told, and waited for. Floor 2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import attrs
import trio

from trio_srs.errors import EndReason, PeerError, TrioSrsError
from trio_srs.hub.bus import Bus, Event, SessionEnded
from trio_srs.hub.directory import SessionDirectory
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.supervisor import ReportedError

__all__ = [
    "DETAIL_MOST",
    "FAREWELL_S",
    "End",
    "EndOfBlock",
    "end_of",
    "end_of_block",
    "ended",
    "ending",
    "first_of",
    "tell_end",
    "told_later",
    "until_ended",
]

_E = TypeVar("_E", bound=Exception)

FAREWELL_S: Final = 5.0
"""How long one waits at most: a peer that reads nothing takes its time."""
DETAIL_MOST: Final = 1024
"""Characters of a detail, of an end or a refusal, that are passed on: it may quote the peer, and is
kept in reports and events."""


def _cut(detail: str) -> str:
    return detail[:DETAIL_MOST]


@attrs.frozen
class End:
    """One reason of a closed set, and whatever else there is to say."""

    reason: EndReason
    detail: str = attrs.field(converter=_cut)


EndOfBlock = Callable[[BaseException | None], End | None]
"""How leaving a block, by an exception or without, ends what went on in it. None: that is not known
yet, and is told later by whoever owns it."""


def end_of_block(error: BaseException | None) -> End:
    """The end of what nobody but its block knows of: a relay's, a file's, a test's."""
    if isinstance(error, ExceptionGroup):
        error = first_of(error)
    if isinstance(error, TrioSrsError):
        return End(error.end, _words_of(error))
    if isinstance(error, Exception):
        return End(EndReason.INTERNAL_ERROR, repr(error))
    return End(EndReason.STREAM_CLOSED, "" if error is None else "cancelled")


def told_later(_error: BaseException | None) -> None:
    """For a connection: it knows why it ends when all of its tasks are over."""


def end_of(errors: ExceptionGroup[PeerError]) -> End:
    """The one end of what was raised, by one task or by several at once: the first is it."""
    error = first_of(errors)
    return End(error.end, _words_of(error))


def _words_of(error: TrioSrsError) -> str:
    return "; ".join([str(error), *getattr(error, "__notes__", ())])


def first_of(group: ExceptionGroup[_E]) -> _E:
    """The first single error in a group of groups."""
    error: _E | ExceptionGroup[_E] = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


@contextmanager
def ending(conclude: Callable[[End], None], report: Callable[[Exception], None]) -> Iterator[None]:
    """Turn what the tasks of a session raise in the block into its end.

    A bug goes before all else that was raised; else it is the first fault of the peer's.

    Args:
        conclude: told each end, of which the first is to hold; not called if nothing was raised.
        report: told of bugs, but for those that were reported where they happened.
    """
    ends: list[End] = []
    try:
        yield
    except* PeerError as errors:
        ends.append(end_of(errors))
    except* ReportedError as bugs:
        ends.insert(0, End(EndReason.INTERNAL_ERROR, str(first_of(bugs))))
    except* Exception as bugs:
        report(bugs)
        ends.insert(0, End(EndReason.INTERNAL_ERROR, repr(first_of(bugs))))
    finally:
        for end in ends:
            conclude(end)


def tell_end(
    registry: SessionDirectory,
    bus: Bus,
    entry: SessionEntry,
    end: End,
    *,
    bytes_in: int,
    bytes_out: int,
) -> None:
    """A session is over: it is out of the registry, and the bus is told."""
    entry.ended = told = SessionEnded(
        session=entry.id,
        peer=entry.peer,
        reason=end.reason,
        detail=end.detail,
        seconds=trio.current_time() - entry.began_at,
        bytes_in=bytes_in,
        bytes_out=bytes_out,
    )
    registry.remove(entry)
    bus.tell(told)


def ended(_reason: EndReason, _detail: str) -> None:
    """What is left of the end of a session that is over: nothing to do."""


async def until_ended(bus: Bus, entry: SessionEntry, within_s: float = FAREWELL_S) -> bool:
    """Wait until the connection of a session is closed; whether it is."""
    if entry.ended is None:
        closed = trio.Event()

        def hear(event: Event) -> None:
            if type(event) is SessionEnded and event.session == entry.id:
                closed.set()

        with bus.listening(hear), trio.move_on_after(within_s):
            await closed.wait()
    return entry.ended is not None
