"""The picture of a synthetic stream: a grid of plain cells, made from the frame's number. Floor 1.

A cell is 16x16 pixels of one colour. The frame's number is 32 black (0) and white (1) cells, most
significant bit first: 24 bits of it in Gray code, and 8 of a check, by which other pictures are
told from it. From a frame to the next one cell of the number and one of the check change, so that a
picture blended of two is still one or the other.

The number stands in a panel, where the picture has room for one: see :mod:`.panel`. Smaller
pictures have it in their first 32 whole cells, row by row. Below it a square moves over colour
bars. Cells that the picture's edge cuts are bars.
"""

from __future__ import annotations

from typing import Final

from trio_srs.media.pattern.frame_code import CODE_BITS, coded_number, decoded_number
from trio_srs.media.pattern.panel import (
    BLACK,
    CELL,
    PANEL_COLUMNS,
    PANEL_ROWS,
    WHITE,
    Colour,
    bit_place,
    panel_frame,
)
from trio_srs.media.pattern.pattern_error import PatternError

__all__ = ["Card", "panel_place", "read_frame_number"]

_MAX_SIDE: Final = 8192
_GREY: Final = 128

_BARS: Final[tuple[Colour, ...]] = (  # ITU-R BT.601, 75 % saturated
    (180, 128, 128),
    (162, 44, 142),
    (131, 156, 44),
    (112, 72, 58),
    (84, 184, 198),
    (65, 100, 212),
    (35, 212, 114),
    (16, 128, 128),
)


class Card:
    """The pictures of one size.

    Attributes:
        columns: cells across, cut ones included; ``rows`` likewise.
        background: the colours of all cells before anything is drawn over them, row by row.
    """

    def __init__(self, width: int, height: int) -> None:
        """Prepare pictures of so many pixels.

        Raises:
            PatternError: a side is odd, or the picture too small for the number, or too large.
        """
        if width % 2 or height % 2 or not 0 < max(width, height) <= _MAX_SIDE:
            raise PatternError(
                f"a picture of {width}x{height}: expected even sides of at most {_MAX_SIDE}"
            )
        across, down = width // CELL, height // CELL
        if not _has_room(across, down):
            raise PatternError(
                f"a picture of {width}x{height} has {across} times {down} cells of {CELL}x{CELL} "
                f"pixels; the frame's number needs {CODE_BITS}, and a row below it, as 128x80 has"
            )
        self.width, self.height = width, height
        self.columns, self.rows = -(-width // CELL), -(-height // CELL)
        self.background: list[Colour] = [
            _BARS[x * len(_BARS) // self.columns] for x in range(self.columns)
        ] * self.rows
        self._places = _bit_places(across, down)
        self._top = max(y for _, y in self._places) + 1
        self._ways = across, down - self._top
        self._side = 2 if min(self._ways) > 2 else 1
        if (place := panel_place(across, down)) is not None:
            for (x, y), colour in panel_frame().items():
                self.background[(place[1] + y) * self.columns + place[0] + x] = colour

    def drawn(self, number: int) -> dict[int, Colour]:
        """What frame ``number`` has over the background: colours by the cell's index."""
        cells: dict[int, Colour] = {}
        code = coded_number(number)
        for bit, (x, y) in enumerate(reversed(self._places)):
            cells[y * self.columns + x] = WHITE if code >> bit & 1 else BLACK
        left, top = (_to_and_fro(number, way - self._side) for way in self._ways)
        for y in range(self._side):
            for x in range(self._side):
                # Chequered, and unlike every bar: it is seen wherever it is.
                colour = WHITE if (x + y + number) % 2 else (64, 128, 128)
                cells[(self._top + top + y) * self.columns + left + x] = colour
        return cells

    def cells(self, number: int) -> list[Colour]:
        """All cells of frame ``number``, row by row."""
        cells = self.background.copy()
        for index, colour in self.drawn(number).items():
            cells[index] = colour
        return cells


def _has_room(across: int, down: int) -> bool:
    return across * (down - 1) >= CODE_BITS


def panel_place(across: int, down: int) -> tuple[int, int] | None:
    """Where a picture of so many whole cells has the panel: its first column and row.

    It stands away from the edges as far as there is room, as those may be cropped. None if there is
    no room for one.
    """
    if across < PANEL_COLUMNS or down <= PANEL_ROWS:
        return None
    return (across - PANEL_COLUMNS) // 2, (down - PANEL_ROWS) // 4


def _bit_places(across: int, down: int) -> tuple[tuple[int, int], ...]:
    """The column and row of each bit, most significant first."""
    place = panel_place(across, down)
    if place is None:
        return tuple(divmod(index, across)[::-1] for index in range(CODE_BITS))
    left, top = place
    return tuple((left + x, top + y) for x, y in map(bit_place, range(CODE_BITS)))


def _to_and_fro(step: int, last: int) -> int:
    """A place in 0..last that moves by one each step and turns at the ends."""
    if last == 0:
        return 0
    place = step % (2 * last)
    return min(place, 2 * last - place)


def read_frame_number(
    luma: bytes | bytearray | memoryview,
    width: int,
    height: int,
    *,
    stride: int | None = None,
    made: tuple[int, int] | None = None,
) -> int | None:
    """Read a frame's number from its pixels, also after they were coded again.

    What was cropped, turned or mirrored is read by ``trio_srs.decoding``, which looks for the
    panel.

    Args:
        luma: the Y plane, 8 bits a pixel, row by row from the top.
        width: pixels in a row; ``height`` rows.
        stride: bytes from one row to the next, if more than the width.
        made: the size that the pattern was made in, if the picture has been scaled since.

    Returns:
        The number modulo 2**24, or None if there is none: another picture.

    Raises:
        ValueError: fewer bytes than such a picture has. A caller's mistake.
    """
    stride = stride or width
    if len(luma) < stride * (height - 1) + width:
        raise ValueError(f"{len(luma)} bytes are no {width}x{height} pixels")
    made_width, made_height = made or (width, height)
    across, down = made_width // CELL, made_height // CELL
    if not _has_room(across, down):
        return None
    code = 0
    for x, y in _bit_places(across, down):
        row = (y * CELL + CELL // 2) * height // made_height
        column = (x * CELL + CELL // 2) * width // made_width
        code = code << 1 | (luma[row * stride + column] >= _GREY)
    return decoded_number(code)
