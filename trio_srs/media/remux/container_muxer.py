"""What all muxers do that have a start of their own: read, wait for the tracks, begin. Floor 1."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence

from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.left_out import LeftOut
from trio_srs.media.remux.muxed_piece import MuxedPiece
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.remux.unit_source import UnitSource

__all__ = ["ContainerMuxer"]


class ContainerMuxer(ABC):
    """Muxes one stream into a container whose first bytes say which tracks there are.

    Times never step back: where the clock of the stream is set, they go on from where they were, as
    they do behind a restart. Readers stay, and some of them stand still at a time that they have
    had.

    Args:
        codecs: that the container has a place for, by our names.
        refusal: why it cannot carry a format of one of them after all; None if it can.
    """

    def __init__(
        self, codecs: Collection[str], refusal: Callable[[TrackFormat], str | None]
    ) -> None:
        self._source = UnitSource(codecs, refusal)
        self._shift = 0  # of all times, behind breaks of the clock

    @property
    def left_out(self) -> list[LeftOut]:
        """What is not in the container, and why; in the order in which it was seen.
        Behind a restart it is what is left out of what comes then."""
        return self._source.left_out.found

    @property
    @abstractmethod
    def formats(self) -> list[TrackFormat]:
        """What is in it."""

    @property
    @abstractmethod
    def end(self) -> int:
        """Behind :meth:`flush`: when all that was written is over, in ticks."""

    def write(self, type_id: int, timestamp_ms: int, body: bytes) -> list[MuxedPiece]:
        """Take the stream's next message; return what can be sent now.

        Never raises: what cannot be read or carried is in :attr:`left_out`.

        Args:
            timestamp_ms: unsigned 32 bits.
        """
        units = self._source.read(type_id, timestamp_ms, body)
        return self.mux(units) if units else []

    def finish(self) -> list[MuxedPiece]:
        """There is no more for now: return what was waiting for more."""
        return [*self.mux(self._source.finish()), *self.flush()]

    def restart(self) -> list[MuxedPiece]:
        """Another publisher comes; readers stay: what the container counts goes on."""
        pieces = self.finish()
        self._source.restart()
        self.forget_tracks()
        return pieces

    def mux(self, units: Sequence[AccessUnit]) -> list[MuxedPiece]:
        """Take units that were read, here or by whoever decides which; return what can be sent now.

        If there are no tracks, those of the units are what the container begins with.
        """
        if units and not self.formats:
            firsts: dict[str, AccessUnit] = {}
            for unit in units:
                firsts.setdefault(unit.format.kind, unit)
            self._take_tracks(firsts)
        if len(units) == 1:  # as nearly always
            unit = units[0]
            if self._shift or unit.discontinuity:
                return self._shifted(unit)
            return self._unit(unit)
        return [piece for unit in units for piece in self._shifted(unit)]

    def _shifted(self, unit: AccessUnit) -> list[MuxedPiece]:
        pieces: list[MuxedPiece] = []
        if unit.discontinuity:
            pieces = self.flush()
            self._shift = self.end - unit.dts
        return pieces + self._unit(unit.later(self._shift, discontinuity=unit.discontinuity))

    def delayed(self, unit: AccessUnit, ticks: int) -> AccessUnit:
        """A unit so much later, as all will be that come behind it."""
        self._shift += ticks
        return unit.later(ticks, discontinuity=unit.discontinuity)

    @abstractmethod
    def _take_tracks(self, firsts: Mapping[str, AccessUnit]) -> None:
        """Begin with these tracks, of which there are none: by kind, the first unit of each."""

    @abstractmethod
    def forget_tracks(self) -> None:
        """Those of the next publisher are others."""

    @abstractmethod
    def _unit(self, unit: AccessUnit) -> list[MuxedPiece]:
        """Take the next unit, of a track that may be new or changed."""

    @abstractmethod
    def flush(self) -> list[MuxedPiece]:
        """Write what is held."""
