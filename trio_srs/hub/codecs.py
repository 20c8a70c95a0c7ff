"""Frames of another codec than those before: seen by their first bytes. Floor 2, and pure."""

from __future__ import annotations

from typing import Final

from trio_srs.wire.flv.audio import AUDIO_MULTITRACK, SOUND_FORMAT_ENHANCED
from trio_srs.wire.flv.enhanced import MOD_EX
from trio_srs.wire.flv.video import VIDEO_ENHANCED, VIDEO_MULTITRACK, VideoPacketType

__all__ = ["CodecChanges"]

Starts = tuple[bytes, ...]

_FOURCC: Final = slice(1, 5)
_CODED: Final = (VideoPacketType.CODED_FRAMES_X, VideoPacketType.CODED_FRAMES)
_NONE: Final[Starts] = ()
_SHORTEST: Final = 3
"""Bytes. In less there is no frame, and so no other codec."""


class CodecChanges:
    """Asked of every frame whether it begins as those before, so that tracks and codecs are read
    where there is news only.

    Of bodies with several tracks, or with modifiers, every one is news.

    Attributes:
        sounds: what audio frames of the present codec begin with; the caller compares, as a call
            for each would cost more than all the rest.
        pictures: likewise, video frames.
    """

    __slots__ = ("pictures", "sounds")

    def __init__(self) -> None:
        self.sounds: Starts = _NONE
        self.pictures: Starts = _NONE

    def learn_audio(self, body: bytes) -> bool:
        """An audio frame begins with something else; whether it may be of another codec."""
        if len(body) < _SHORTEST:
            return False
        first = body[0]
        if first >> 4 != SOUND_FORMAT_ENHANCED:
            self.sounds = (body[:1],)
        elif first & 0x0F in (AUDIO_MULTITRACK, MOD_EX):
            self.sounds = _NONE
        else:
            self.sounds = (body[: _FOURCC.stop],)
        return True

    def learn_video(self, body: bytes) -> bool:
        """Likewise, of a video frame."""
        if len(body) < _SHORTEST:
            return False
        first = body[0]
        if not first & VIDEO_ENHANCED:
            self.pictures = _of_all_frame_types(first & 0x0F)
        elif first & 0x0F in (VIDEO_MULTITRACK, MOD_EX):
            self.pictures = _NONE
        else:
            starts = (
                start + body[_FOURCC]
                for each in _CODED
                for start in _of_all_frame_types(VIDEO_ENHANCED | each)
            )
            self.pictures = tuple(starts)
        return True


def _of_all_frame_types(first: int) -> Starts:
    """A first byte of video; the commonest come first."""
    return tuple(bytes((first | number << 4,)) for number in (2, 1, 3, 4))
