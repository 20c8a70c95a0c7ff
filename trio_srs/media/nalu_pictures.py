"""Pictures of H.264 and H.265, as their NALUs say; nothing is decoded. Floor 1."""

from __future__ import annotations

from typing import Final

from trio_srs.media.picture import Picture
from trio_srs.wire.codec.avc_slice import avc_slice_type
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.hevc_slice import hevc_slice_type
from trio_srs.wire.codec.nalu import join_prefixed, read_prefixed
from trio_srs.wire.codec.sei import read_sei

__all__ = ["read_avc_picture", "read_hevc_picture"]

_AVC_SLICES: Final = frozenset({1, 2, 5})
_AVC_PARTS: Final = frozenset({3, 4, 19, 20, 21})
"""Partitions of a slice, auxiliary pictures, slices of further layers and views (table 7-1)."""
_AVC_IDR, _AVC_SEI = 5, 6
_AVC_SETS: Final = frozenset({7, 8})
_HEVC_SLICES: Final = frozenset({*range(10), *range(16, 22)})
_HEVC_FIRST_IRAP: Final = 16
_HEVC_RASL: Final = frozenset({8, 9})
_HEVC_SEI: Final = frozenset({39, 40})
_HEVC_SETS: Final = frozenset({33, 34})
_FIRST: Final = 0x80
"""The first bit of a slice header, of either: the slice is its picture's first."""
_PIC_TIMING, _RECOVERY_POINT = 1, 6
# By pic_struct (H.264, table D-1; H.265, table D.2). Up to 6 both say the same; from 9 on it is
# one field of H.265, and of which other it is the pair.
_FIRST_FIELDS: Final = {
    1: "top", 2: "bottom", 3: "top", 4: "bottom", 5: "top", 6: "bottom",
    9: "bottom", 10: "top", 11: "top", 12: "bottom",
}  # fmt: skip
_MOST_NALUS: Final = 4096
"""H.265 allows 600 slices (A.4.2), H.264 hardly more in practice; each costs time to look at."""


def read_avc_picture(
    data: bytes, length_size: int = 4, pic_struct_at: int | None = None
) -> Picture:
    """Read an access unit of H.264, or a part of one. A keyframe that is no IDR picture opens its
    group.

    Its type is that of the slice that refers to most: B if one is B.

    Args:
        pic_struct_at: where it stands in a picture timing SEI, in bits; None if it does not.
    """
    nalus, trouble = _split(data, length_size)
    picture = Picture(opens=True, broken=trouble is not None, trouble=trouble)
    has_sei, kinds = False, ""
    for nalu in nalus:
        nalu_type = nalu[0] & 0x1F
        if nalu_type in _AVC_SLICES:
            if not picture.slices:
                picture.first_slice = nalu
            picture.slices += 1
            if len(nalu) > 1 and nalu[1] & _FIRST:
                picture.starts = True
            if nalu_type == _AVC_IDR:
                picture.opens, picture.is_key = False, True
            try:
                kinds += avc_slice_type(nalu)
            except CodecConfigError as error:
                picture.trouble = picture.trouble or str(error)
        elif nalu_type == _AVC_SEI:
            has_sei = True
        elif nalu_type in _AVC_SETS:
            picture.sets += (nalu,)
        elif nalu_type in _AVC_PARTS:
            picture.continues = True
    picture.kind = "B" if "B" in kinds else "P" if "P" in kinds else kinds[:1]
    picture.may_begin = picture.kind == "I"
    if has_sei:
        sei = [nalu for nalu in nalus if nalu[0] & 0x1F == _AVC_SEI]
        _read_sei(picture, nalus, sei, 1, pic_struct_at)
    return picture


def read_hevc_picture(
    data: bytes, length_size: int = 4, extra_bits: int = 0, pic_struct_at: int | None = None
) -> Picture:
    """Read an access unit of H.265, or a part of one. RASL pictures lead; keyframes alone never
    open their group.

    Its type is that of its first slice.

    Args:
        extra_bits: before the type of a slice, as the picture parameter set says.
        pic_struct_at: as for :func:`read_avc_picture`.
    """
    nalus, trouble = _split(data, length_size)
    picture = Picture(broken=trouble is not None, trouble=trouble)
    has_sei = False
    for nalu in nalus:
        nalu_type = nalu[0] >> 1 & 0x3F
        if nalu_type in _HEVC_SLICES:
            if not picture.slices:
                picture.first_slice = nalu
            picture.slices += 1
            if len(nalu) > 2 and nalu[2] & _FIRST and not (nalu[0] & 1 or nalu[1] >> 3):
                picture.starts = True  # of the base layer: others are of the same picture
            if nalu_type >= _HEVC_FIRST_IRAP:
                picture.is_key = True
            if nalu_type in _HEVC_RASL:
                picture.leads = True
            try:
                picture.kind = picture.kind or hevc_slice_type(nalu, extra_bits) or ""
            except CodecConfigError as error:
                picture.trouble = picture.trouble or str(error)
        elif nalu_type in _HEVC_SEI:
            has_sei = True
        elif nalu_type in _HEVC_SETS:
            picture.sets += (nalu,)
    if has_sei:
        sei = [nalu for nalu in nalus if nalu[0] >> 1 & 0x3F in _HEVC_SEI]
        _read_sei(picture, nalus, sei, 2, pic_struct_at)
    return picture


def _split(data: bytes, length_size: int) -> tuple[list[bytes], str | None]:
    nalus, trouble = read_prefixed(data, length_size)
    if len(nalus) > _MOST_NALUS:
        text = f"{len(nalus)} NALUs in an access unit, expected at most {_MOST_NALUS}"
        return nalus[:_MOST_NALUS], text
    return nalus, None if trouble is None else str(trouble)


def _read_sei(
    picture: Picture, nalus: list[bytes], sei: list[bytes], header_size: int, at: int | None
) -> None:
    """Fill in what SEI says: the first field, whether a decoder recovers here, and the data
    without what an encoder adds."""
    read = {nalu: read_sei(nalu, header_size) for nalu in sei}
    if any(each.clean is not nalu for nalu, each in read.items()):
        kept = (read[nalu].clean if nalu in read else nalu for nalu in nalus)
        picture.clean = join_prefixed(nalu for nalu in kept if nalu is not None)
    for each in read.values():
        picture.trouble = picture.trouble or each.trouble
        for kind, payload in each.messages:
            if kind == _RECOVERY_POINT:
                picture.may_begin = True
            elif kind == _PIC_TIMING and at is not None:
                picture.first_field = _FIRST_FIELDS.get(_nibble(payload, at))


def _nibble(payload: bytes, at: int) -> int:
    """Four bits from bit ``at`` on; 0, which is a whole frame, past the end."""
    after = 8 * len(payload) - at - 4
    return int.from_bytes(payload, "big") >> after & 15 if after >= 0 else 0
