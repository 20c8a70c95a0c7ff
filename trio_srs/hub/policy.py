"""What becomes of a reader that does not keep up: its own choice, or its stream's. Floor 2."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from trio_srs.errors import EndReason, PeerError
from trio_srs.hub.settings import SlowPolicy, StreamSettings

__all__ = ["Block", "Drop", "Lossless", "ReaderTooSlowError", "Skip", "policy_of"]


class ReaderTooSlowError(PeerError):
    """A reader fell further behind than it may. The text says how far that was."""

    code = "reader_too_slow"
    end = EndReason.READER_TOO_SLOW


@attrs.frozen
class Skip:
    """It goes on from the newest place where one may begin, or from the next one."""

    after_s: float
    """How far behind it may fall, in seconds between arrivals; nothing older is kept for it."""


@attrs.frozen
class Drop:
    """It ends, with a :class:`ReaderTooSlowError`."""

    after_s: float
    """As of :class:`Skip`."""


@attrs.frozen(kw_only=True)
class Lossless:
    """It misses nothing: what the log lets go of waits for it. Beyond its bounds it ends, with a
    :class:`ReaderTooSlowError`; they are looked at whenever the log is about to let go of anything,
    and when it takes something. For cursors."""

    most_bytes: int
    """Of what waits for it, and of what it was given last, if it is read in a loop; 512 for each
    record besides its bodies. One record alone may be larger."""
    most_s: float
    """Between the arrivals of its next record and of the newest one."""


@attrs.frozen
class Block:
    """It misses nothing, and nothing waits for it but in the log: whoever writes waits for it. For
    cursors of those who have little to do, and no need to wait, for each record. It is about one
    writer: such a cursor does not follow the next one."""

    catch_up: Callable[[int | None], object]
    """Called in the writer's turn, when very many records wait, or the log must let go of them;
    to take so many records at most, or all. If it raises, that is reported, and it is the end of
    the cursor alone."""


def policy_of(settings: StreamSettings) -> Skip | Drop:
    """What a stream's settings say of readers that say nothing themselves."""
    kind = Drop if settings.slow_reader is SlowPolicy.DROP else Skip
    return kind(settings.slow_reader_after)
