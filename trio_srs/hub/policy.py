"""What becomes of a reader that does not keep up: its own choice, or its stream's. Floor 2."""

from __future__ import annotations

import attrs

from trio_srs.errors import EndReason, PeerError
from trio_srs.hub.settings import SlowPolicy, StreamSettings

__all__ = ["Drop", "ReaderTooSlowError", "Skip", "policy_of"]


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


def policy_of(settings: StreamSettings) -> Skip | Drop:
    """What a stream's settings say of readers that say nothing themselves."""
    kind = Drop if settings.slow_reader is SlowPolicy.DROP else Skip
    return kind(settings.slow_reader_after)
