"""All that came of decoding one stream. Floor 1."""

from __future__ import annotations

import enum

import attrs

from trio_srs.media.decoded.measures import (
    Beep,
    Loudness,
    PictureForm,
    PictureMeasures,
    SoundMeasures,
    ToneMeasures,
    Trouble,
)

__all__ = ["DecodeEnd", "Decoded"]


class DecodeEnd(enum.Enum):
    """Why no more came out of the decoder: it had all, or its process did not live so long."""

    COMPLETE = "complete"
    """All of it was decoded, or refused frame by frame."""
    CRASHED = "crashed"
    """The process was ended by a signal, or by an error of its own."""
    HUNG = "hung"
    """Nothing came of it for too long, or it took too much time in all."""
    OUT_OF_MEMORY = "out_of_memory"
    """It wanted more memory than it may have."""


@attrs.frozen(kw_only=True)
class Decoded:
    """A value: everything that was measured."""

    pictures: tuple[PictureMeasures, ...] = ()
    """In the order in which they are shown."""
    forms: tuple[PictureForm, ...] = ()
    """One for the first picture, and one wherever that changes."""
    sounds: tuple[SoundMeasures, ...] = ()
    tones: tuple[ToneMeasures, ...] = ()
    beeps: tuple[Beep, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    loudness: Loudness | None = None
    """None where there was too little sound."""
    compared: str = ""
    """What pictures were compared with; empty if with nothing."""
    without_vmaf: str = ""
    """Why there is no VMAF although it was wanted."""
    end: DecodeEnd = DecodeEnd.COMPLETE
    end_detail: str = ""
    """What else there is to say of the end: behind which frame it was."""
