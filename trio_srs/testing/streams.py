"""Synthetic streams for tests: pictures and sound that decoders accept, no encoder. Floor 7.

``Pattern.parse("h264:640x360@25", seconds=5)`` is one; iterate over it for its messages. Where
nobody decodes, :mod:`trio_srs.testing.bodies` is smaller.
"""

from __future__ import annotations

from trio_srs.media.pattern import (
    Defect,
    DefectKind,
    Pattern,
    PatternError,
    Timed,
    read_frame_number,
    sei_frame_number,
)

__all__ = [
    "Defect",
    "DefectKind",
    "Pattern",
    "PatternError",
    "Timed",
    "read_frame_number",
    "sei_frame_number",
]
