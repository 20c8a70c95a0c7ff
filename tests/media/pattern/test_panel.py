"""The panel: what stands where."""

from __future__ import annotations

from trio_srs.media.pattern.frame_code import CODE_BITS
from trio_srs.media.pattern.panel import (
    BLACK_CELLS,
    MARKS,
    PANEL_COLUMNS,
    PANEL_ROWS,
    WHITE_CELLS,
    bit_place,
    panel_frame,
)


def test_every_cell_is_a_bit_or_a_part_of_the_frame() -> None:
    bits = {bit_place(index) for index in range(CODE_BITS)}
    frame = panel_frame()
    assert len(bits) == CODE_BITS
    assert not bits & frame.keys()
    assert len(bits) + len(frame) == PANEL_COLUMNS * PANEL_ROWS


def test_turned_or_mirrored_it_is_never_what_it_was() -> None:
    """Else nobody could tell."""
    assert len(set(MARKS.values())) == 4
    for (x, y), others in zip(
        (*WHITE_CELLS, *BLACK_CELLS), (BLACK_CELLS,) * 2 + (WHITE_CELLS,) * 2, strict=True
    ):
        assert (PANEL_COLUMNS - 1 - x, y) in others
