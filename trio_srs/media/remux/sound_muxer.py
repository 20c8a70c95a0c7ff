"""From RTMP's messages to frames of sound alone, one behind the other, as files have them. Floor 1.

Source:
    ISO/IEC 14496-3:2019, 1.A.3 (ADTS); ISO/IEC 11172-3 (frames of MP3 stand by themselves).
"""

from __future__ import annotations

from typing import Final

from trio_srs.media.remux.left_out import LeftOut
from trio_srs.media.remux.muxed_piece import MuxedPiece
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.remux.unit_reader import UnitReader
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.adts import AdtsWriter
from trio_srs.wire.codec.config_record import CodecConfigError

__all__ = ["SoundMuxer"]

_MOST: Final = 8000
"""Bytes of one frame: what ADTS can say; those of MP3 are shorter."""


class SoundMuxer:
    """The sound of one stream, if it is of one codec: AAC, each frame behind its ADTS header, or
    MP3. A reader may begin at every frame.

    Args:
        codec: ``"aac"`` or ``"mp3"``.
    """

    def __init__(self, codec: str) -> None:
        self._reader = UnitReader((codec,), _refusal)
        self._format: TrackFormat | None = None
        self._adts: AdtsWriter | None = None

    @property
    def left_out(self) -> list[LeftOut]:
        """What of the sound is not here, and why; pictures are not asked for."""
        return [each for each in self._reader.left_out.found if each.kind == "audio"]

    def write(self, type_id: int, timestamp_ms: int, body: bytes) -> list[MuxedPiece]:
        """Take the stream's next message; return its frame, if it has one.

        Never raises: what cannot be read or carried is in :attr:`left_out`.

        Args:
            timestamp_ms: unsigned 32 bits.
        """
        unit = self._reader.read(type_id, timestamp_ms, body)
        if unit is None or len(unit.data) > _MOST:
            return []
        if unit.format is not self._format:
            self._format, self._adts = unit.format, _adts_of(unit.format)
        head = b"" if self._adts is None else self._adts.header(len(unit.data))
        return [MuxedPiece(head + unit.data, unit.dts, is_entry=True)]

    def restart(self) -> list[MuxedPiece]:
        """Another publisher comes; readers stay. There is nothing that waited."""
        self._reader.restart()
        return []


def _adts_of(track_format: TrackFormat) -> AdtsWriter | None:
    if track_format.codec != "aac":
        return None
    return AdtsWriter(parse_audio_specific_config(track_format.record))


def _refusal(track_format: TrackFormat) -> str | None:
    """Why ADTS cannot say what that is."""
    try:
        _adts_of(track_format)
    except CodecConfigError as error:
        return str(error)
    return None
