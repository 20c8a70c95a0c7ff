"""Synthetic streams that decoders accept, made at run time without an encoder. Floor 1.

``Pattern.parse("h264:640x360@25", seconds=5)`` is a stream; iterate over it for its messages.
"""

from __future__ import annotations

from trio_srs.media.frame_number import sei_frame_number
from trio_srs.media.pattern.card import read_frame_number
from trio_srs.media.pattern.defects import Defect, DefectKind
from trio_srs.media.pattern.pattern import Pattern, Timed
from trio_srs.media.pattern.pattern_error import PatternError

__all__ = [
    "Defect",
    "DefectKind",
    "Pattern",
    "PatternError",
    "Timed",
    "read_frame_number",
    "sei_frame_number",
]
