"""Messages counted by their first bytes, once one that begins so was read. Floor 1.

A probe that looks at headers only has nothing to learn from the second frame of a kind: codec,
track and kind are in its first bytes, and so it is counted and let go.
"""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.audio_track import AudioTrack
from trio_srs.media.video_track import VideoTrack
from trio_srs.wire.flv.audio import SOUND_FORMAT_ENHANCED
from trio_srs.wire.flv.enhanced import MOD_EX

__all__ = ["KnownPrefix", "KnownPrefixes"]

_LEGACY: Final = 2
_ENHANCED: Final = 5  # with the FourCC
_LEAST: Final = {(True, False): 5, (True, True): 8, (False, False): 2, (False, True): 5}
"""Bytes, for video or not, enhanced or not: in a shorter message a header is cut short, and that
has to be told."""
_MOST: Final = 16
"""Beginnings that are known at a time. A stream has three; more would be noise."""


@attrs.define(eq=False)
class KnownPrefix:
    """Messages that begin alike, and were only counted."""

    track: VideoTrack | AudioTrack
    codec: str
    is_key: bool
    least: int
    """Bytes that such a message has at least."""
    count: int = 0
    size: int = 0
    """Bytes of all of them."""


@attrs.define(eq=False)
class KnownPrefixes:
    """The beginnings that are known of one kind of media."""

    is_video: bool
    _by_start: dict[bytes, KnownPrefix] = attrs.field(factory=dict)

    def count(self, payload: bytes) -> bool:
        """Count a message if its beginning is known; return whether it is.

        If not, it is going to be read, and so the tracks are given what was counted before it.
        """
        known, size = self._by_start, len(payload)
        prefix = known.get(payload[:_LEGACY]) or known.get(payload[:_ENHANCED])
        if prefix is None or size < prefix.least:
            self.settle()
            return False
        prefix.count += 1
        prefix.size += size
        return True

    def take_back(self, payload: bytes) -> None:
        """The message that was counted last is going to be read after all."""
        known = self._by_start
        prefix = known.get(payload[:_LEGACY]) or known[payload[:_ENHANCED]]
        prefix.count -= 1
        prefix.size -= len(payload)
        self.settle()

    def learn(self, payload: bytes, track: VideoTrack | AudioTrack, *, is_key: bool) -> None:
        """The payload was read, has one frame, and others like it have nothing more to tell."""
        first = payload[0]
        enhanced = bool(first & 0x80) if self.is_video else first >> 4 == SOUND_FORMAT_ENHANCED
        if len(self._by_start) < _MOST and not (enhanced and first & 0x0F == MOD_EX):
            start = payload[: _ENHANCED if enhanced else _LEGACY]
            least = _LEAST[self.is_video, enhanced]
            self._by_start[start] = KnownPrefix(track, track.codec, is_key, least)

    @property
    def is_stale(self) -> bool:
        """Whether a track has another codec now than when something of it was learned."""
        return any(prefix.codec != prefix.track.codec for prefix in self._by_start.values())

    def settle(self) -> None:
        """Give the tracks what was counted for them."""
        for prefix in self._by_start.values():
            if not prefix.count:
                continue
            keyframes = prefix.count if prefix.is_key else 0
            prefix.track.count_frames(prefix.count, prefix.size, keyframes)
            prefix.count = prefix.size = 0

    def forget(self) -> None:
        """Read everything again: another header or codec came."""
        self.settle()
        self._by_start.clear()
