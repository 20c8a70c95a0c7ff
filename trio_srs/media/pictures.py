"""What one coded picture is, as its headers say; nothing is decoded. Floor 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from trio_srs.media.facts import PictureFacts
from trio_srs.wire.bits import unescape
from trio_srs.wire.codec.av1_frame import iter_av1_frames
from trio_srs.wire.codec.avc_slice import avc_slice_type
from trio_srs.wire.codec.hevc_slice import hevc_slice_type
from trio_srs.wire.codec.nalu import NaluError, join_prefixed, split_prefixed
from trio_srs.wire.codec.sei import iter_sei, without_user_data
from trio_srs.wire.codec.vp9_frame import parse_vp9_frame, split_superframe

__all__ = [
    "AGAIN",
    "Picture",
    "PictureReader",
    "Pictures",
    "read_av1_picture",
    "read_avc_picture",
    "read_hevc_picture",
    "read_vp9_picture",
]

AGAIN: Final = "again"
"""The type of a picture that was sent before and is shown now."""

_AVC_SLICES: Final = frozenset({1, 2, 5})
_AVC_IDR, _AVC_SEI = 5, 6
_HEVC_SLICES: Final = frozenset({*range(10), *range(16, 22)})
_HEVC_RASL: Final = frozenset({8, 9})
_HEVC_SEI: Final = frozenset({39, 40})
_PIC_TIMING = 1
# By pic_struct (H.264, table D-1; H.265, table D.2). Up to 6 both say the same; from 9 on it is
# one field of H.265, and of which other it is the pair.
_FIRST_FIELDS: Final = {
    1: "top", 2: "bottom", 3: "top", 4: "bottom", 5: "top", 6: "bottom",
    9: "bottom", 10: "top", 11: "top", 12: "bottom",
}  # fmt: skip
_TYPES: Final = {"key": "I", "intra_only": "I", "inter": "P", "switch": "P", "existing": AGAIN}

_MOST_NALUS: Final = 4096
"""H.265 allows 600 slices (A.4.2), H.264 hardly more in practice; each costs time to look at."""
_SLICE_BYTES: Final = 16
"""What a slice header takes at most, nearly always half of it; x264's skipped pictures have 9."""
_PIXELS_PER_BYTE: Final = 16 * 16 * 32 * 8


@attrs.define
class Picture:
    """One message's worth of coded video."""

    kind: str = ""
    """``"I"``, ``"P"``, ``"B"`` or :data:`AGAIN`; empty if there is no slice or frame."""
    slices: int = 0
    """Slices, or where there are none, frames."""
    opens: bool = False
    """If it is a keyframe, its group is open: it is no clean place to begin."""
    leads: bool = False
    """It refers to pictures before the keyframe that it follows."""
    hidden: int = 0
    """Frames that are not shown."""
    size: tuple[int, int] | None = None
    """Width and height in pixels, where the frames say it and the header does not (VP9)."""
    clean: bytes | None = None
    """The data without user data in SEI; None if there is none."""
    first_field: str | None = None
    """``"top"`` or ``"bottom"``, where a picture timing SEI says which is shown first."""


PictureReader = Callable[[bytes], Picture]
"""Reads what follows the FLV headers. Raises ProtocolError for what cannot be read."""


def read_avc_picture(data: bytes, length_size: int, pic_struct_at: int | None = None) -> Picture:
    """Read an access unit of H.264. A keyframe that is no IDR picture opens its group.

    Its type is that of the slice that refers to most: B if one is B.

    Args:
        pic_struct_at: where it stands in a picture timing SEI, in bits; None if it does not.

    Raises:
        NaluError, CodecConfigError: it cannot be read.
    """
    nalus = _split(data, length_size)
    picture = Picture(opens=True)
    has_sei, kinds = False, ""
    for nalu in nalus:
        nalu_type = nalu[0] & 0x1F
        if nalu_type in _AVC_SLICES:
            picture.slices += 1
            kinds += avc_slice_type(nalu)
            if nalu_type == _AVC_IDR:
                picture.opens = False
        elif nalu_type == _AVC_SEI:
            has_sei = True
    picture.kind = "B" if "B" in kinds else "P" if "P" in kinds else kinds[:1]
    if has_sei:
        sei = [nalu for nalu in nalus if nalu[0] & 0x1F == _AVC_SEI]
        _read_sei(picture, nalus, sei, 1, pic_struct_at)
    return picture


def read_hevc_picture(
    data: bytes, length_size: int, extra_bits: int, pic_struct_at: int | None = None
) -> Picture:
    """Read an access unit of H.265. RASL pictures lead; keyframes alone never open their group.

    Its type is that of its first slice.

    Args:
        extra_bits: before the type of a slice, as the picture parameter set says.
        pic_struct_at: as for :func:`read_avc_picture`.

    Raises:
        NaluError, CodecConfigError: it cannot be read.
    """
    nalus = _split(data, length_size)
    picture = Picture()
    has_sei = False
    for nalu in nalus:
        nalu_type = nalu[0] >> 1 & 0x3F
        if nalu_type in _HEVC_SLICES:
            picture.slices += 1
            picture.kind = picture.kind or hevc_slice_type(nalu, extra_bits) or ""
            if nalu_type in _HEVC_RASL:
                picture.leads = True
        elif nalu_type in _HEVC_SEI:
            has_sei = True
    if has_sei:
        sei = [nalu for nalu in nalus if nalu[0] >> 1 & 0x3F in _HEVC_SEI]
        _read_sei(picture, nalus, sei, 2, pic_struct_at)
    return picture


def _split(data: bytes, length_size: int) -> list[bytes]:
    nalus = split_prefixed(data, length_size)
    if len(nalus) > _MOST_NALUS:
        raise NaluError(f"{len(nalus)} NALUs in an access unit, expected at most {_MOST_NALUS}")
    return nalus


def _read_sei(
    picture: Picture, nalus: list[bytes], sei: list[bytes], header_size: int, at: int | None
) -> None:
    """Fill in what SEI says: the first field, and the data without what an encoder adds."""
    cleaned = {nalu: without_user_data(nalu, header_size) for nalu in sei}
    if any(after is not before for before, after in cleaned.items()):
        kept = (cleaned.get(nalu, nalu) for nalu in nalus)
        picture.clean = join_prefixed(nalu for nalu in kept if nalu is not None)
    if at is None:
        return
    for nalu in sei:
        for kind, payload, _ in iter_sei(unescape(nalu[header_size:])):
            if kind == _PIC_TIMING:
                picture.first_field = _FIRST_FIELDS.get(_nibble(payload, at))


def _nibble(payload: bytes, at: int) -> int:
    """Four bits from bit ``at`` on; 0, which is a whole frame, past the end."""
    after = 8 * len(payload) - at - 4
    return int.from_bytes(payload, "big") >> after & 15 if after >= 0 else 0


def read_av1_picture(data: bytes) -> Picture:
    """Read a temporal unit of AV1. A keyframe that is not shown at once opens its group.

    Raises:
        CodecConfigError: it cannot be read.
    """
    frames = list(iter_av1_frames(data))
    return _shown([(frame.kind, frame.shown) for frame in frames])


def read_vp9_picture(data: bytes) -> Picture:
    """Read a packet of VP9.

    Raises:
        CodecConfigError: it cannot be read.
    """
    frames = [parse_vp9_frame(frame) for frame in split_superframe(data)]
    picture = _shown([(frame.kind, frame.shown) for frame in frames])
    picture.size = next((frame.size for frame in frames if frame.size), None)
    return picture


def _shown(frames: list[tuple[str, bool]]) -> Picture:
    """The picture that so many frames make: the last that is shown."""
    shown = [kind for kind, is_shown in frames if is_shown]
    return Picture(
        kind=_TYPES[shown[-1]] if shown else "",
        slices=len(frames),
        opens=("key", False) in frames,
        hidden=len(frames) - len(shown),
    )


@attrs.define(eq=False)
class Pictures:
    """Counts the pictures of one track."""

    _counts: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(("I", "P", "B", AGAIN), 0))
    _hidden: int = 0
    _run: int = 0
    _longest_run: int = 0
    _skipped: int = 0
    _least_ms: int | None = None
    _most_ms: int = 0

    def add(self, picture: Picture, size: int, area: int) -> bool:
        """Take the next picture, of so many bytes and pixels; return whether all is skipped."""
        kind = picture.kind
        if kind:
            self._counts[kind] += 1
        self._hidden += picture.hidden
        if kind != "B":
            self._run = 0
        else:
            self._run += 1
            if self._run > self._longest_run:
                self._longest_run = self._run
        if kind == "I" or size > _SLICE_BYTES * picture.slices + area // _PIXELS_PER_BYTE:
            return False
        self._skipped += 1
        return True

    def add_composition(self, offset_ms: int) -> None:
        """Take the next picture's composition offset."""
        if self._least_ms is None:
            self._least_ms = self._most_ms = offset_ms
        elif offset_ms < self._least_ms:
            self._least_ms = offset_ms
        elif offset_ms > self._most_ms:
            self._most_ms = offset_ms

    def facts(self) -> PictureFacts:
        """What is known so far."""
        counts, least = self._counts, self._least_ms
        return PictureFacts(
            counts["I"], counts["P"], counts["B"], counts[AGAIN], self._hidden,
            self._longest_run, self._skipped, least, None if least is None else self._most_ms,
        )  # fmt: skip
