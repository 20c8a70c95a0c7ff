"""What there is to judge by, and what is seen in it: a value, a range of values, or nothing at all.

Floor 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from trio_srs.media.reconnect_facts import Reconnect
from trio_srs.media.report import StreamReport

if TYPE_CHECKING:  # few rules are about what was decoded
    from trio_srs.media.decoded.decoded import Decoded

__all__ = ["Absent", "Evidence", "Extent", "Inapplicable", "Number", "Seen", "Value"]

Number: TypeAlias = int | float | Fraction
Value: TypeAlias = bool | Number | str | tuple[int, int] | tuple[str, ...]
"""Truth, number, text, a pair such as a size, or names."""


@attrs.frozen
class Absent:
    """There is nothing to be seen."""

    why: str
    """Why not, as the end of a sentence: ``no video came``."""


@attrs.frozen
class Inapplicable:
    """There is nothing that it could be about, and nothing is wrong with that: any rule holds, but
    one that asks for its presence."""

    why: str
    """What there is not, as the end of a sentence: ``no video``."""


@attrs.frozen
class Extent:
    """Many values, of which a rule has to hold for each."""

    least: Number | None
    """The smallest; None if only that is known that none is larger than :attr:`most`."""
    most: Number


Seen: TypeAlias = Value | Extent | Absent | Inapplicable

_UNDECODED: Final = "it was not decoded"


@attrs.frozen(kw_only=True)
class Evidence:
    """One publish, and what it is compared with."""

    report: StreamReport
    """The publish that is judged."""
    earlier: tuple[StreamReport, ...] = ()
    """Earlier publishes of the same name, oldest first: for rules about reconnects."""
    reconnects: tuple[Reconnect, ...] | None = None
    """How it came back each time, if it is known who connected in between."""
    source: StreamReport | None = None
    """What the publisher was fed with: for rules about ``source.`` and ``delay``."""
    golden: Mapping[str, StreamReport] = attrs.field(factory=dict)
    """The reports of golden files by the names that rules call them."""
    beside: tuple[StreamReport, ...] = ()
    """Other streams that it is compared with: for rules about ``apart``."""
    streams: Mapping[str, StreamReport] = attrs.field(factory=dict)
    """All streams that rules may name, by their names."""
    decoded: Decoded | None = None
    """What came of decoding it: for rules about the picture and the sound."""
    undecoded: str = _UNDECODED
    """Why it was not decoded, as the end of a sentence, if it was not."""
    source_decoded: Decoded | None = None
    """What came of decoding the source, likewise."""

    def of_streams(self, names: Sequence[str]) -> Evidence:
        """The first of these streams in place of the one that is judged, the others beside it.

        Raises:
            KeyError: there is no such stream.
        """
        report, *beside = (self.streams[name] for name in names)
        return Evidence(
            report=report, beside=tuple(beside), golden=self.golden, streams=self.streams,
            source=self.source,
        )  # fmt: skip

    def of_source(self, source: StreamReport) -> Evidence:
        """The source in place of what was made of it."""
        return Evidence(
            report=source, golden=self.golden, decoded=self.source_decoded, undecoded=self.undecoded
        )
