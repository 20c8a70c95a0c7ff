"""Frames of another codec than those before: seen by their first bytes. Floor 2, and pure."""

from __future__ import annotations

from typing import Final

from trio_srs.wire.flv.audio import AUDIO_MULTITRACK, SOUND_FORMAT_ENHANCED
from trio_srs.wire.flv.enhanced import MOD_EX
from trio_srs.wire.flv.video import VIDEO_ENHANCED, VIDEO_MULTITRACK

__all__ = ["CodecChanges"]

_FOURCC: Final = slice(1, 5)
_SHORTEST: Final = 3
"""Bytes. In less there is no frame, and so no other codec."""


class CodecChanges:
    """Asked for every frame, so that tracks and codecs are read where there is news only.

    Of bodies with several tracks, or with modifiers, every one is news.
    """

    __slots__ = ("_sound", "_video")

    def __init__(self) -> None:
        self._sound: int | bytes | None = None
        self._video: int | bytes | None = None

    def in_audio(self, body: bytes) -> bool:
        """Whether an audio frame may be of another codec than the one before."""
        if len(body) < _SHORTEST:
            return False
        first = body[0]
        start: int | bytes = first >> 4
        if start == SOUND_FORMAT_ENHANCED:
            if first & 0x0F in (AUDIO_MULTITRACK, MOD_EX):
                self._sound = None
                return True
            start = body[_FOURCC]
        if start == self._sound:
            return False
        self._sound = start
        return True

    def in_video(self, body: bytes) -> bool:
        """Likewise, for video."""
        if len(body) < _SHORTEST:
            return False
        first = body[0]
        start: int | bytes = first & 0x0F
        if first & VIDEO_ENHANCED:
            if start in (VIDEO_MULTITRACK, MOD_EX):
                self._video = None
                return True
            start = body[_FOURCC]
        if start == self._video:
            return False
        self._video = start
        return True
