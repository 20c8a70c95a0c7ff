"""The picture of a synthetic stream: a grid of plain cells, made from the frame's number. Floor 1.

A cell is 16x16 pixels of one colour. In the first 32 whole cells, row by row, stands the frame's
number; below it a square moves over colour bars. Cells that the picture's edge cuts are bars.

The number is black (0) and white (1) cells, most significant bit first: 24 bits of the number,
and 8 of a check, by which other pictures are told from it.
"""

from __future__ import annotations

from typing import Final

from trio_srs.media.pattern.pattern_error import PatternError

__all__ = ["CELL", "NUMBER_BITS", "Card", "Colour", "read_frame_number"]

Colour = tuple[int, int, int]
"""Y, Cb and Cr, 8 bits each. Cb and Cr are even: the encoder has steps of two for them."""

CELL: Final = 16
"""Pixels on each side of a cell."""
NUMBER_BITS: Final = 24
"""Frames are numbered modulo 2 to the power of this, in the picture."""

_CHECK_BITS: Final = 8
_BITS: Final = NUMBER_BITS + _CHECK_BITS
_MAX_SIDE: Final = 8192
_GREY: Final = 128

BLACK: Final[Colour] = (16, 128, 128)
WHITE: Final[Colour] = (235, 128, 128)
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
                f"pixels; the frame's number needs {_BITS}, and a row below it, as 128x80 has"
            )
        self.width, self.height = width, height
        self.columns, self.rows = -(-width // CELL), -(-height // CELL)
        self.background: list[Colour] = [
            _BARS[x * len(_BARS) // self.columns] for x in range(self.columns)
        ] * self.rows
        self._across = across
        self._top = -(-_BITS // across)
        self._ways = across, down - self._top
        self._side = 2 if min(self._ways) > 2 else 1

    def drawn(self, number: int) -> dict[int, Colour]:
        """What frame ``number`` has over the background: colours by the cell's index."""
        cells: dict[int, Colour] = {}
        for index, bit in enumerate(_bits(number)):
            y, x = divmod(index, self._across)
            cells[y * self.columns + x] = WHITE if bit == "1" else BLACK
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
    return across * (down - 1) >= _BITS


def _bits(number: int) -> str:
    number %= 1 << NUMBER_BITS
    return f"{number << _CHECK_BITS | _check(number):0{_BITS}b}"


def _check(number: int) -> int:
    """Eight bits that hang on every bit of the number, and are not 0 for 0."""
    return (number ^ number >> 8 ^ number >> 16 ^ 0xA5) & 0xFF


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
    across = made_width // CELL
    if not _has_room(across, made_height // CELL):
        return None
    value = 0
    for index in range(_BITS):
        y, x = divmod(index, across)
        row = (y * CELL + CELL // 2) * height // made_height
        column = (x * CELL + CELL // 2) * width // made_width
        value = value << 1 | (luma[row * stride + column] >= _GREY)
    number, check = value >> _CHECK_BITS, value & (1 << _CHECK_BITS) - 1
    return number if check == _check(number) else None
