"""What may be wrong with a transport stream that is read all the same. Floor 0."""

from __future__ import annotations

import enum

from trio_srs.wire.oddity_counter import OddityCounter

__all__ = ["TsOddities", "TsOddityKind"]


class TsOddityKind(enum.StrEnum):
    """What was seen. Clauses are of ISO/IEC 13818-1."""

    GARBAGE = "garbage"
    """Bytes where a packet should begin; reading went on at the next two packets in a row."""
    CUT_SHORT = "cut_short"
    """The stream ends inside a packet, a section or a PES packet."""
    TRANSPORT_ERROR = "transport_error"
    """A packet says that it has a bad bit (2.4.3.3)."""
    SCRAMBLED = "scrambled"
    """A packet is scrambled; it was passed over (2.4.3.3)."""
    ADAPTATION = "adaptation"
    """An adaptation field is longer than its packet, or shorter than what it says is in it
    (2.4.3.5)."""
    CONTINUITY = "continuity"
    """A counter leaps: packets are lost, or it began again (2.4.3.3)."""
    DUPLICATE = "duplicate"
    """A packet came twice, which is lawful once (2.4.3.3); the second was passed over."""
    UNLISTED_PID = "unlisted_pid"
    """A packet is on a PID that no table lists."""
    SECTION = "section"
    """A section cannot be read (2.4.4)."""
    MANY_PROGRAMS = "many_programs"
    """There are several programs; the first is read."""
    SAME_VERSION = "same_version"
    """A table changed and its version did not, so that others miss the change (2.4.4.9)."""
    PES = "pes"
    """A PES packet's header cannot be read; the packet was passed over (2.4.3.6)."""
    PES_LENGTH = "pes_length"
    """A PES packet is shorter or longer than it says (2.4.3.7)."""
    PES_TOO_LONG = "pes_too_long"
    """A PES packet is longer than what is believed, or several that are begun are together; it was
    passed over."""
    PCR_INTERVAL = "pcr_interval"
    """Clock references are more than 100 ms apart (2.7.2)."""
    PCR_BACK = "pcr_back"
    """The clock stands still or steps back, and nothing says that it was set (2.4.3.5)."""
    NO_PCR = "no_pcr"
    """A second to be decoded, and more, without a clock reference (2.7.2)."""
    LATE = "late"
    """A PES packet begins when the clock has passed the time at which it is to be decoded
    (2.4.2)."""


TsOddities = dict[TsOddityKind, OddityCounter]
"""In the order in which they were first seen."""
