"""Segments of MPEG-TS: all tracks in one rendition. Floor 1.

Source:
    RFC 8216, 3.2: each begins with the program association and the program map. ISO/IEC 13818-1,
    2.4.3.3: counters go on over their borders.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import ClassVar

from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.muxed_piece import MuxedPiece
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.remux.ts_muxer import TsMuxer, ts_refusal
from trio_srs.media.segments.packager import SegmentStart
from trio_srs.media.segments.rendition import Rendition
from trio_srs.wire.ts.ts_codecs import TS_CODECS

__all__ = ["TsPackager"]


class TsPackager:
    """Packs one stream: H.264 and H.265; AAC, MP3, AC-3, E-AC-3 and Opus."""

    codecs: ClassVar[Collection[str]] = TS_CODECS
    refusal: ClassVar[Callable[[TrackFormat], str | None]] = staticmethod(ts_refusal)
    has_many_sounds: ClassVar[bool] = False

    def __init__(self, rendition: Rendition) -> None:
        self._rendition = rendition
        self._muxer = TsMuxer()
        self._parts: list[bytes] = []
        self._size = 0
        self._start = 0

    @property
    def renditions(self) -> tuple[Rendition, ...]:
        """The one there is."""
        return (self._rendition,)

    @property
    def size(self) -> int:
        """Bytes of the segment that is going on."""
        return self._size

    def begin(self, start: SegmentStart) -> None:
        self._start, formats = start.dts, start.formats
        self._rendition.begin(
            start.dts, start.date_ms, is_break=formats is not None, has_key=start.has_key,
            is_closed=start.is_closed,
        )  # fmt: skip
        self._muxer.begin_segment(formats.values() if formats else ())

    def cut(self, start: SegmentStart) -> None:
        self.finish(start.dts)
        self.begin(start)

    def add(self, unit: AccessUnit) -> None:
        self._take(self._muxer.mux((unit,)))

    def finish(self, dts: int) -> None:
        self._take(self._muxer.flush())
        data, self._parts, self._size = b"".join(self._parts), [], 0
        self._rendition.add_part(data, max(dts - self._start, 1), is_independent=True)
        self._rendition.end()

    def _take(self, pieces: list[MuxedPiece]) -> None:
        for piece in pieces:
            self._parts.append(piece.data)
            self._size += len(piece.data)
