"""Measures each decoded picture. Floor 2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import attrs
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from trio_srs.decoding.child.decoder import DecodedPicture
from trio_srs.decoding.child.panel_reader import PanelReader
from trio_srs.decoding.child.planes import luma_of, plane_of
from trio_srs.media.decoded.measures import PictureForm, PictureMeasures

__all__ = ["PictureMeter"]

_Blocks: TypeAlias = NDArray[np.int16]

_BLOCK: Final = 8
"""Pixels on each side of a block."""
_STILL: Final = 4.0
"""Levels by which a block may differ in the same picture: coding it again makes as much."""
_NEVER: Final = 255.0
_RANGES: Final = {1: "limited", 2: "full"}
# ITU-T H.273, tables 2 to 4, in FFmpeg's words.
_PRIMARIES: Final = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film",
    9: "bt2020", 10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213",
}  # fmt: skip
_TRANSFERS: Final = {
    1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear",
    9: "log100", 10: "log316", 11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1",
    14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084", 17: "smpte428", 18: "arib-std-b67",
}  # fmt: skip
_MATRICES: Final = {
    0: "rgb", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco",
    9: "bt2020nc", 10: "bt2020c", 11: "smpte2085", 14: "ictcp",
}  # fmt: skip
_UNKNOWN: Final = "unknown"


class PictureMeter:
    """Measures the pictures of one stream, one after the other."""

    def __init__(self) -> None:
        self.reader = PanelReader()
        self._compared: _Blocks | None = None
        self._form: PictureForm | None = None

    def measure(self, picture: DecodedPicture) -> Iterator[PictureMeasures | PictureForm]:
        """What there is to say of a picture; before it what it is, if that is new."""
        frame, coded = picture.frame, picture.coded
        blocks = _blocks(frame)
        change = self._change(blocks)
        if change > _STILL:
            self._compared = blocks
        luma = blocks[0]
        chroma = blocks[1:].reshape(2, -1)
        measures = PictureMeasures(
            index=coded.index,
            timestamp_ms=coded.timestamp_ms,
            shown_ms=coded.time_ms,
            darkest=float(luma.min()),
            brightest=float(luma.max()),
            colours=float(np.ptp(chroma, axis=1).max()),
            change=change,
            is_still=change <= _STILL,
            is_corrupt=picture.is_corrupt,
            number=self.reader.read(frame, luma_of(frame)),
        )
        form = self._new_form(picture)
        if form is not None:
            yield form
        yield measures

    def _change(self, blocks: _Blocks) -> float:
        compared = self._compared
        if compared is None or compared.shape != blocks.shape:
            return _NEVER
        return float(np.abs(blocks - compared).max())

    def _new_form(self, picture: DecodedPicture) -> PictureForm | None:
        frame, coded, placing = picture.frame, picture.coded, self.reader.placing
        ratio = picture.sar
        form = PictureForm(
            index=coded.index,
            timestamp_ms=coded.timestamp_ms,
            width=frame.width,
            height=frame.height,
            sar=ratio,
            rotation=-frame.rotation % 360,
            pixels=frame.format.name,
            range=_RANGES.get(int(frame.color_range), _UNKNOWN),
            primaries=_PRIMARIES.get(int(frame.color_primaries), _UNKNOWN),
            transfer=_TRANSFERS.get(int(frame.color_trc), _UNKNOWN),
            matrix=_MATRICES.get(int(frame.colorspace), _UNKNOWN),
            turned=None if placing is None else placing.turned,
            mirrored=None if placing is None else placing.mirrored,
        )
        before = self._form
        if before is not None and form == _at(before, form):
            return None
        self._form = form
        return form


def _at(form: PictureForm, other: PictureForm) -> PictureForm:
    """A form as if it began where the other does."""
    return attrs.evolve(form, index=other.index, timestamp_ms=other.timestamp_ms)


def _blocks(frame: VideoFrame) -> _Blocks:
    """The means of luma and both chromas of each block: three planes."""
    width, height = (max(-(-side // _BLOCK), 1) for side in (frame.width, frame.height))
    small = frame.reformat(
        width=width, height=height, format="yuv444p", interpolation=Interpolation.AREA
    )
    return np.array([plane_of(small, at) for at in range(3)], dtype=np.int16)
