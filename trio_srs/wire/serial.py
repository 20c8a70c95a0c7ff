"""Timestamps of 32 bits that go round: from one to another, and time that goes on.

Floor 0. All that subtracts timestamps does it here.

Source:
    RFC 1982 (serial number arithmetic), as the RTMP specification, 5.3.1, has it for timestamps.
    FLV 10.1, E.4.1, has the same 32 bits as a signed number: -40 is 0xffffffd8.
"""

from __future__ import annotations

from typing import Final

import attrs

__all__ = ["WRAP_MS", "SerialTime", "serial_step"]

WRAP_MS: Final = 1 << 32
"""Milliseconds after which timestamps are the same again: 49.7 days."""
_HALF: Final = 1 << 31


def serial_step(before: int, after: int) -> int:
    """Milliseconds from one timestamp to another, the shorter way round: -2**31 to 2**31 - 1.

    Those exactly half the range apart have no order (RFC 1982, 3.2); here it is a step back.
    """
    return (after - before + _HALF) % WRAP_MS - _HALF


@attrs.define(eq=False)
class SerialTime:
    """Follows timestamps that belong together, of one track or of many.

    Each is next to the one before, the shorter way round: so times may be below 0, and above the
    range of 32 bits.
    """

    now_ms: int | None = None
    """The newest time; modulo 2**32 it is the timestamp. None before the first."""

    def place(self, timestamp_ms: int) -> int:
        """The time of the next timestamp; the first is a time as it is."""
        now = self.now_ms
        self.now_ms = now = timestamp_ms if now is None else now + serial_step(now, timestamp_ms)
        return now
