"""The panel in which a synthetic picture shows its number, so that it can be found again. Floor 1.

Ten cells across and four down. Each corner has a mark of a colour of its own, which the bars behind
do not have: by them the panel is found in a picture that was scaled, cropped, padded, turned or
mirrored, and it is told what became of it. Between the marks of either side stand a white and a
black cell: what white and black have become. The 8x4 cells between are the number's.

::

    O n n n n n n n n G      O, G, A, V: orange, chartreuse, azure, violet
    w n n n n n n n n b
    b n n n n n n n n w
    A n n n n n n n n V
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "BLACK",
    "BLACK_CELLS",
    "CELL",
    "MARKS",
    "PANEL_COLUMNS",
    "PANEL_ROWS",
    "WHITE",
    "WHITE_CELLS",
    "Colour",
    "bit_place",
    "panel_frame",
]

Colour = tuple[int, int, int]
"""Y, Cb and Cr, 8 bits each. Cb and Cr are even: the encoder has steps of two for them."""

CELL: Final = 16
"""Pixels on each side of a cell."""
BLACK: Final[Colour] = (16, 128, 128)
WHITE: Final[Colour] = (235, 128, 128)
PANEL_COLUMNS: Final = 10
PANEL_ROWS: Final = 4
_BITS_ACROSS: Final = PANEL_COLUMNS - 2

MARKS: Final[dict[tuple[int, int], Colour]] = {  # ITU-R BT.601, saturated, halfway between two bars
    (0, 0): (146, 54, 192),
    (PANEL_COLUMNS - 1, 0): (177, 34, 90),
    (0, PANEL_ROWS - 1): (105, 202, 64),
    (PANEL_COLUMNS - 1, PANEL_ROWS - 1): (74, 222, 166),
}
"""By column and row."""
WHITE_CELLS: Final = ((0, 1), (PANEL_COLUMNS - 1, 2))
BLACK_CELLS: Final = ((0, 2), (PANEL_COLUMNS - 1, 1))


def panel_frame() -> dict[tuple[int, int], Colour]:
    """What never changes, by column and row: all but the number."""
    return {**MARKS, **dict.fromkeys(WHITE_CELLS, WHITE), **dict.fromkeys(BLACK_CELLS, BLACK)}


def bit_place(index: int) -> tuple[int, int]:
    """The column and row of a bit of the number; the most significant is the first."""
    row, column = divmod(index, _BITS_ACROSS)
    return 1 + column, row
