"""What is measured of pictures and sound when a stream is decoded. Floor 1.

Every one has the place of its frame in the track, as traces count, so that a verdict can name it.
"""

from __future__ import annotations

import enum
from typing import Final

import attrs

__all__ = [
    "FLOOR_DB",
    "Beep",
    "Loudness",
    "PictureForm",
    "PictureMeasures",
    "SoundMeasures",
    "ToneMeasures",
    "Trouble",
    "TroubleKind",
]

FLOOR_DB: Final = -120.0
"""What digital silence is said to be."""


@attrs.define(kw_only=True)  # not frozen: one per picture
class PictureMeasures:
    """One picture, as it is shown. Treat as immutable."""

    index: int
    """How many frames the video track had before the one that it was decoded from."""
    timestamp_ms: int
    """Of that frame, as it was sent."""
    shown_ms: float
    """When it is shown: milliseconds on a clock that all tracks share and that never goes round."""
    darkest: float
    """The mean luma of the darkest of its blocks (8x8 pixels), 16 (black) to 235 (white)."""
    brightest: float
    """Of the brightest."""
    colours: float
    """By how much blocks differ in colour at most, of either chroma."""
    change: float
    """By how much any block differs from the picture that it is compared with: the one before, or
    where that was the same, the one that was the same first. 255 where there was none."""
    is_still: bool
    """Whether that is so little that it is the same picture."""
    is_corrupt: bool
    """Whether the decoder marked it as damaged, or one that it hangs on."""
    number: int | None = None
    """What the panel of our pattern says."""
    reference: int | None = None
    """The index of the frame of the reference that it was compared with."""
    ssim: float | None = None
    psnr_db: float | None = None
    vmaf: float | None = None


@attrs.frozen(kw_only=True)
class PictureForm:
    """What the pictures from one frame on are, as decoded."""

    index: int
    timestamp_ms: int
    width: int
    """Pixels; likewise :attr:`height`."""
    height: int
    sar: tuple[int, int]
    """Width to height of a pixel; 1:1 where it is not said."""
    rotation: int
    """Degrees clockwise by which it is to be turned, as side data say."""
    pixels: str
    """Their format, in FFmpeg's words: ``"yuv420p"``."""
    range: str
    """``"limited"``, ``"full"`` or ``"unknown"``."""
    primaries: str
    """As ITU-T H.273 names them: ``"bt709"``; ``"unknown"``."""
    transfer: str
    matrix: str
    turned: int | None = None
    """Degrees clockwise by which our pattern was turned, found by its panel's corners: 0, 90, 180
    or 270. None where no panel was found."""
    mirrored: bool | None = None
    """Whether it was mirrored, left to right, before that."""


@attrs.define(kw_only=True)
class SoundMeasures:
    """One packet of sound. Treat as immutable."""

    index: int
    """How many frames the audio track had before it."""
    timestamp_ms: int
    heard_ms: float
    """On the clock of :attr:`PictureMeasures.shown_ms`."""
    seconds: float
    level_db: float
    """Root mean square of the loudest channel, dB of full scale; :data:`FLOOR_DB` at the least."""
    peak: float
    """The largest sample, as a share of full scale."""
    clipped: int
    """Samples at full scale or beyond, in runs of three or more."""


@attrs.define(kw_only=True)
class ToneMeasures:
    """A tenth of a second of sound. Treat as immutable."""

    index: int
    """Of the packet in which it begins."""
    timestamp_ms: int
    hz: float
    """The strongest frequency."""
    share: float
    """How much of the energy is there: of a pure tone nearly 1."""


@attrs.frozen(kw_only=True)
class Beep:
    """A beep of our pattern."""

    index: int
    """Of the packet in which it begins."""
    timestamp_ms: int
    heard_ms: float
    """When it begins, without what AAC's own window adds."""
    pitch: int
    """Which of the pitches, from 0."""
    exact: bool
    """Whether it is one of those that begin exactly when they should."""


@attrs.frozen(kw_only=True)
class Loudness:
    """By EBU R128, of all sound."""

    integrated_lufs: float
    range_lu: float
    true_peak_db: float


class TroubleKind(enum.Enum):
    """What went wrong in decoding."""

    REFUSED = "refused"
    """The decoder could not make anything of a frame."""
    DAMAGED = "damaged"
    """It made a picture of it, which it calls damaged."""
    NO_PICTURE = "no_picture"
    """Nothing was shown of it, as what it hangs on could not be decoded."""
    NO_DECODER = "no_decoder"
    """There is none for the codec; or none that takes its header."""


@attrs.frozen(kw_only=True)
class Trouble:
    """Something that went wrong, and at which frame."""

    kind: TroubleKind
    track: str
    """``"video"`` or ``"audio"``."""
    index: int
    timestamp_ms: int
    detail: str
    """The decoder's words."""
