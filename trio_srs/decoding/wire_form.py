"""What the process that decodes is asked, and how it answers: lines of JSON. Floor 2.

An answer is a list: a word, then the values of a class in the order of its attributes. One line for
each picture and packet, so that it is known how far a decoder came that crashed.
"""

from __future__ import annotations

import base64
import enum
import json
from collections.abc import Mapping
from typing import Any, Final

import attrs

from trio_srs.media.decoded.measures import (
    Beep,
    Loudness,
    PictureForm,
    PictureMeasures,
    SoundMeasures,
    ToneMeasures,
    Trouble,
    TroubleKind,
)

__all__ = [
    "DecodeRequest",
    "Done",
    "Thumbnail",
    "VmafScore",
    "read_answer",
    "read_request",
    "written",
]


@attrs.frozen(kw_only=True)
class DecodeRequest:
    """What is to be done."""

    path: str
    """A file (FLV)."""
    reference: str | None = None
    """Another, with which its pictures are compared."""
    vmaf: str | None = None
    """An ``ffmpeg`` that compares them by VMAF too."""
    measure: bool = True
    """Whether everything is measured; else only what is asked for by the following."""
    thumbnails: tuple[int, ...] = ()
    """Indices of video frames of which pictures are wanted."""
    reference_thumbnails: tuple[int, ...] = ()
    """Likewise, of the reference."""
    at_ms: tuple[float, ...] = ()
    """Times since the first picture of which pictures are wanted, rising."""
    width: int = 320
    """Of those, at most."""
    most_bytes: int = 3 << 30
    """Of address space, for the process."""
    most_cpu_s: int = 600
    """Seconds of processor time, likewise."""


@attrs.frozen(kw_only=True)
class Thumbnail:
    """A picture of the stream or of its reference, made small, as JPEG."""

    index: int
    """Of the video frame that it is of."""
    at_s: float
    """Seconds since the first picture."""
    of_reference: bool
    jpeg: bytes


@attrs.frozen(kw_only=True)
class VmafScore:
    """How a picture compares by VMAF, which is known at the end."""

    index: int
    """Of its video frame."""
    score: float


@attrs.frozen(kw_only=True)
class Done:
    """The process has done what it was asked."""

    out_of_memory: bool = False
    without_vmaf: str = ""
    """Why there is none, if it was wanted."""


_Answer = (
    PictureMeasures | PictureForm | SoundMeasures | ToneMeasures | Beep | Loudness | Trouble
    | Thumbnail | VmafScore | Done
)  # fmt: skip
_CLASSES: Final[Mapping[str, type[Any]]] = {
    "picture": PictureMeasures,
    "form": PictureForm,
    "sound": SoundMeasures,
    "tone": ToneMeasures,
    "beep": Beep,
    "loudness": Loudness,
    "trouble": Trouble,
    "thumbnail": Thumbnail,
    "vmaf": VmafScore,
    "done": Done,
}
_WORDS: Final = {cls: word for word, cls in _CLASSES.items()}
_NAMES: Final = {cls: [field.name for field in attrs.fields(cls)] for cls in _WORDS}


def written(value: _Answer | DecodeRequest) -> bytes:
    """A request or an answer, as a line."""
    if isinstance(value, DecodeRequest):
        return json.dumps(attrs.asdict(value)).encode() + b"\n"
    cls = type(value)
    values = [_plain(getattr(value, name)) for name in _NAMES[cls]]
    return json.dumps([_WORDS[cls], *values]).encode() + b"\n"


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.value if isinstance(value, enum.Enum) else value


def read_request(line: bytes) -> DecodeRequest:
    """A request out of its line."""
    values: dict[str, Any] = json.loads(line)
    lists = {name: tuple(each) for name, each in values.items() if isinstance(each, list)}
    return DecodeRequest(**{**values, **lists})


def read_answer(line: bytes) -> Any:
    """An answer out of its line.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    word, *values = json.loads(line)
    cls = _CLASSES[word]
    fields = dict(zip(_NAMES[cls], values, strict=True))
    if cls is Thumbnail:
        fields["jpeg"] = base64.b64decode(fields["jpeg"])
    elif cls is PictureForm:
        fields["sar"] = tuple(fields["sar"])
    elif cls is Trouble:
        fields["kind"] = TroubleKind(fields["kind"])
    return cls(**fields)
