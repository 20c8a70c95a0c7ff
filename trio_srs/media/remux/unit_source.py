"""From RTMP's messages to the access units that a container begins with, and those behind them.
Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Collection

from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.left_out import LeftOutCounter
from trio_srs.media.remux.start_gate import StartGate
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.remux.unit_reader import UnitReader

__all__ = ["UnitSource"]


class UnitSource:
    """Reads one stream, and holds its first units until it is known which tracks there are.

    Args:
        codecs: that the container has a place for, by our names.
        refusal: why it cannot carry a format of one of them after all; None if it can.
        has_many_sounds: whether it has a place for more than one track of sound.
    """

    def __init__(
        self,
        codecs: Collection[str],
        refusal: Callable[[TrackFormat], str | None],
        *,
        has_many_sounds: bool = False,
    ) -> None:
        self._reader = UnitReader(codecs, refusal, has_many_sounds=has_many_sounds)
        self._gate = StartGate(self._reader.may_come, self._reader.expected_others)

    @property
    def left_out(self) -> LeftOutCounter:
        """What is not read. Behind a restart it is what is left out of what comes then."""
        return self._reader.left_out

    @property
    def formats(self) -> dict[str, TrackFormat]:
        """Of the tracks that there are, by :attr:`.AccessUnit.lane`: also of one whose first
        units were left out, because they were before the first picture."""
        return self._reader.formats

    def read(self, type_id: int, timestamp_ms: int, body: bytes) -> list[AccessUnit]:
        """Take the stream's next message; return the units that can be muxed now. The first that
        come, come together, and have all tracks of the beginning among them.

        Never raises: what cannot be read or carried is in :attr:`left_out`.

        Args:
            timestamp_ms: unsigned 32 bits.
        """
        unit, others = self._reader.read(type_id, timestamp_ms, body), self._reader.others
        if others:
            return self._with_others(unit, others)
        if unit is None:
            return []
        return [unit] if self._gate.is_open else self._gate.hold(unit)

    def _with_others(self, unit: AccessUnit | None, others: list[AccessUnit]) -> list[AccessUnit]:
        every = others if unit is None else [unit, *others]
        if self._gate.is_open:
            return every
        units: list[AccessUnit] = []
        for each in every:
            units += [each] if self._gate.is_open else self._gate.hold(each)
        return units

    def finish(self) -> list[AccessUnit]:
        """There is no more for now: return what was held."""
        return self._gate.open()

    def restart(self) -> None:
        """Another publisher comes, behind :meth:`finish`: begin to hold again."""
        self._reader.restart()
        self._gate.close()
