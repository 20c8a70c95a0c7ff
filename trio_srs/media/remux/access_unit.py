"""Access units: whole pictures and frames of sound, on their way from container to container.
Floor 1."""

from __future__ import annotations

import attrs

from trio_srs.media.remux.track_format import TrackFormat

__all__ = ["TICKS_PER_MS", "AccessUnit"]

TICKS_PER_MS = 90
"""All times are in ticks of 90 kHz: what transport streams have, and finer than RTMP's."""


@attrs.define  # not frozen: one per frame
class AccessUnit:
    """What belongs to one time of one track. Treat as immutable."""

    format: TrackFormat
    """The same object for as long as nothing changes."""
    dts: int
    """When it is decoded, in ticks of any size: rises from one to the next of a track, unless
    there is a discontinuity between them."""
    pts: int
    """When it is shown, likewise; never before it is decoded."""
    data: bytes
    """As RTMP and MP4 have it: NALUs behind their lengths, raw frames of AAC, OBUs."""
    is_key: bool = True
    """Decoding may begin here; of sound it always may."""
    samples: int = 0
    """Of sound, per channel, at the format's rate."""
    discontinuity: bool = False
    """The clock of all tracks goes on from elsewhere."""
    continues: bool = False
    """It has more slices of the same picture as the unit before, which came by themselves."""
    track: int = 0
    """Of those of its kind, by Enhanced RTMP's number; the first is 0."""

    @property
    def lane(self) -> str:
        """What tells its track from the others: its kind, and a number unless it is the first."""
        return f"{self.format.kind}{self.track}" if self.track else self.format.kind

    @property
    def duration(self) -> int:
        """Ticks that sound lasts; of video 0, which only the next unit says."""
        rate = self.format.sample_rate
        return self.samples * 90_000 // rate if rate else 0

    def later(self, ticks: int, *, discontinuity: bool = False) -> AccessUnit:
        """The same at another time: whoever made it still needs it as it is."""
        return AccessUnit(
            self.format, self.dts + ticks, self.pts + ticks, self.data, self.is_key, self.samples,
            discontinuity, self.continues, self.track,
        )  # fmt: skip
