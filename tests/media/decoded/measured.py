"""Measurements as a decoder's process would have made them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trio_srs.media.decoded.measures import Beep, PictureForm, PictureMeasures, SoundMeasures
from trio_srs.media.pattern.beeps import PITCHES_HZ, beep_onset_s

__all__ = ["beep", "form", "picture", "pictures", "sound", "sounds"]

FPS = 25


def picture(index: int, **said: Any) -> PictureMeasures:
    """A picture of 25 a second, in which something is to be seen and moves."""
    at_ms = index * 1000 / FPS
    usual: dict[str, Any] = {
        "timestamp_ms": round(at_ms), "shown_ms": at_ms, "darkest": 16.0, "brightest": 235.0,
        "colours": 100.0, "change": 219.0, "is_still": False, "is_corrupt": False,
    }  # fmt: skip
    return PictureMeasures(index=index, **{**usual, **said})


def pictures(numbers: Iterable[int | None], **said: Any) -> list[PictureMeasures]:
    """Pictures with these numbers drawn in them."""
    return [picture(at, number=number, **said) for at, number in enumerate(numbers)]


def form(index: int = 0, **said: Any) -> PictureForm:
    """What pictures from one on are."""
    usual: dict[str, Any] = {
        "timestamp_ms": 40 * index, "width": 640, "height": 360, "sar": (1, 1), "rotation": 0,
        "pixels": "yuv420p", "range": "limited", "primaries": "bt709", "transfer": "bt709",
        "matrix": "bt709",
    }  # fmt: skip
    return PictureForm(index=index, **{**usual, **said})


def sound(index: int, **said: Any) -> SoundMeasures:
    """A packet of 20 ms that is heard."""
    usual: dict[str, Any] = {
        "timestamp_ms": 20 * index, "heard_ms": 20.0 * index, "seconds": 0.02,
        "level_db": -20.0, "peak": 0.2, "clipped": 0,
    }  # fmt: skip
    return SoundMeasures(index=index, **{**usual, **said})


def sounds(levels_db: Iterable[float]) -> list[SoundMeasures]:
    """Packets so loud."""
    return [sound(at, level_db=level_db) for at, level_db in enumerate(levels_db)]


def beep(number: int, late_ms: float = 0.0, *, exact: bool = True) -> Beep:
    """A beep of the pattern, heard so late."""
    heard_ms = beep_onset_s(number, exact) * 1000 + late_ms
    return Beep(
        index=round(heard_ms / 20), timestamp_ms=round(heard_ms), heard_ms=heard_ms,
        pitch=number % len(PITCHES_HZ[exact]), exact=exact,
    )  # fmt: skip
