"""Video usability information: the part H.264 and H.265 have in common. Floor 0."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import attrs

from trio_srs.wire.bits import BitReader

__all__ = ["UNSPECIFIED", "Vui", "read_vui_start"]

UNSPECIFIED: Final = 2
"""Of colours that nobody says anything of (ITU-T H.273)."""

_EXTENDED_SAR = 255
_SARS: Final = (
    (1, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11),
    (80, 33), (18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
)  # fmt: skip
"""By aspect_ratio_idc (H.264, table E-1); 0, unspecified, is taken as square."""


@attrs.define
class Vui:
    """What is read of it."""

    sar: tuple[int, int] = (1, 1)
    tick_rate: Fraction | None = None
    """time_scale / num_units_in_tick, or None if not given."""
    transfer: int = UNSPECIFIED
    """Transfer characteristics (ITU-T H.273)."""
    trouble: str | None = None
    """Where it is cut short; what stands before is read all the same."""


def read_vui_start(bits: BitReader, vui: Vui) -> None:
    """Read from the aspect ratio through the chroma location, where the two standards part.

    Raises:
        BitsError: cut short.

    Source:
        ITU-T H.264 (08/2021), E.1.1; ITU-T H.265 (08/2021), E.2.1.
    """
    if bits.flag():  # aspect_ratio_info_present_flag
        idc = bits.u(8)
        if idc == _EXTENDED_SAR:
            width, height = bits.u(16), bits.u(16)
            vui.sar = (width, height) if width and height else vui.sar
        elif idc < len(_SARS):
            vui.sar = _SARS[idc]
    if bits.flag():  # overscan_info_present_flag
        bits.skip(1)
    if bits.flag():  # video_signal_type_present_flag
        bits.skip(4)
        if bits.flag():  # colour_description_present_flag
            bits.skip(8)
            vui.transfer = bits.u(8)
            bits.skip(8)
    if bits.flag():  # chroma_loc_info_present_flag
        bits.ue()
        bits.ue()
