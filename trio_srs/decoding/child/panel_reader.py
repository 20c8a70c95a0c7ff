"""Finds the panel of our pattern in a decoded picture, and reads the number in it. Floor 2.

First it is looked for where it was last, or where the pattern draws it in a picture of this size;
then by the colours of its corners, wherever they are.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import attrs
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from trio_srs.decoding.child.planes import Plane, plane_of
from trio_srs.media.pattern.card import panel_place
from trio_srs.media.pattern.frame_code import CODE_BITS, likely_number
from trio_srs.media.pattern.panel import (
    BLACK_CELLS,
    CELL,
    MARKS,
    PANEL_COLUMNS,
    PANEL_ROWS,
    WHITE_CELLS,
    bit_place,
)

__all__ = ["PanelReader", "Placing"]

_Map: TypeAlias = NDArray[np.float64]
"""2x3: from cells of the panel to pixels of the picture."""

_SEARCHED_WIDTH: Final = 640
"""Pixels: a wider picture is made smaller to look for the marks."""
_PATIENT: Final = 25
"""Pictures in a row without a number in which the panel is looked for; then in each tenth."""
_SELDOM: Final = 10
_NEAR: Final = 34
"""Levels of chroma by which a mark may be off."""
_LEAST_PIXELS: Final = 4
_LEAST_MARKS: Final = 3
_SOLID: Final = 0.55
"""A mark's share of the square around it, at least."""
_LEAST_CONTRAST: Final = 10.0
"""Levels from black to white below which nothing is read."""
_OFF: Final = 0.6
"""Cells by which a mark may be from where the other three say."""

_CELLS: Final = np.array(
    [*map(bit_place, range(CODE_BITS)), *WHITE_CELLS, *BLACK_CELLS], dtype=np.float64
)
_CENTRES: Final = np.column_stack([_CELLS + 0.5, np.ones(len(_CELLS))])
"""Of the cells of the number, then of white, then of black; the last column is 1."""
_WHITES: Final = slice(CODE_BITS, CODE_BITS + len(WHITE_CELLS))
_BLACKS: Final = slice(CODE_BITS + len(WHITE_CELLS), None)


@attrs.frozen
class Placing:
    """How a panel stands in the picture."""

    turned: int
    """Degrees clockwise: 0, 90, 180 or 270."""
    mirrored: bool


class PanelReader:
    """Reads the numbers of one stream's pictures, one after the other.

    Attributes:
        placing: how the panel stands, once it has been found.
    """

    def __init__(self) -> None:
        self.placing: Placing | None = None
        self._size: tuple[int, int] | None = None
        self._map: _Map | None = None
        self._misses = 0
        """Pictures in a row without a number."""

    def read(self, frame: VideoFrame, luma: Plane) -> int | None:
        """The number in a picture; None if it has none that can be read.

        Args:
            luma: its plane of luma.
        """
        size = frame.width, frame.height
        if size != self._size:
            self._size, self._map = size, _drawn_map(*size)
        number = None if self._map is None else _number(luma, self._map)
        if number is None and self._is_worth_searching():
            found = _search(frame)
            if found is not None:
                number = _number(luma, found)
                if number is not None or self.placing is None:
                    self._map = found
        self._misses = 0 if number is not None else self._misses + 1
        if number is not None and self._map is not None:
            self.placing = _placing(self._map)
        return number

    def _is_worth_searching(self) -> bool:
        """Not in each of many pictures without one: looking costs more than decoding does."""
        return self._misses < _PATIENT or not self._misses % _SELDOM


def _drawn_map(width: int, height: int) -> _Map | None:
    """Where the pattern draws the panel in a picture of this size."""
    place = panel_place(width // CELL, height // CELL)
    if place is None:
        return None
    return np.array([[CELL, 0, place[0] * CELL], [0, CELL, place[1] * CELL]], dtype=np.float64)


def _number(luma: Plane, cells: _Map) -> int | None:
    x, y = (_CENTRES @ cells.T).T
    columns, rows = np.rint(x - 0.5).astype(int), np.rint(y - 0.5).astype(int)
    height, width = luma.shape
    if columns.min() < 1 or rows.min() < 0 or columns.max() > width - 2 or rows.max() >= height:
        return None
    # Along the row: the row above may be of another picture, where it is interlaced.
    row = luma[rows[:, None], columns[:, None] + np.array([-1, 0, 1])]
    is_large = np.hypot(cells[0, 0], cells[0, 1]) >= 4
    levels = row.mean(axis=1) if is_large else row[:, 1].astype(np.float64)
    white, black = levels[_WHITES].mean(), levels[_BLACKS].mean()
    if white - black < _LEAST_CONTRAST:
        return None
    return likely_number(((levels[:CODE_BITS] - black) / (white - black)).tolist())


def _search(frame: VideoFrame) -> _Map | None:
    """Find the panel by its marks, at least three of four."""
    scale = min(_SEARCHED_WIDTH / frame.width, 1.0)
    small = frame.reformat(
        width=max(int(frame.width * scale), 2), height=max(int(frame.height * scale), 2),
        format="yuv444p", interpolation=Interpolation.AREA,
    )  # fmt: skip
    cb, cr = (plane_of(small, at).astype(np.int32) for at in (1, 2))
    found = {}
    for cell, colour in MARKS.items():
        near = (cb - colour[1]) ** 2 + (cr - colour[2]) ** 2 <= _NEAR**2
        centre = _centre(near)
        if centre is not None:
            found[cell] = centre
    if len(found) < _LEAST_MARKS:
        return None
    cells = np.array([(x + 0.5, y + 0.5, 1.0) for x, y in found])
    pixels = np.array(list(found.values()))
    solved, *_ = np.linalg.lstsq(cells, pixels, rcond=None)
    made: _Map = solved.T
    side = np.sqrt(abs(np.linalg.det(made[:, :2])))
    if not side or np.abs(cells @ solved - pixels).max() > _OFF * side:
        return None
    whole: _Map = made * np.array([[frame.width / small.width], [frame.height / small.height]])
    return whole


def _centre(near: NDArray[np.bool_]) -> tuple[float, float] | None:
    """The middle of a mark, whose pixels are most of those of its colour."""
    solid = near.copy()
    solid[:, 1:] &= near[:, :-1]
    solid[1:] &= solid[:-1].copy()
    rows, columns = np.nonzero(solid)
    if len(rows) < _LEAST_PIXELS:
        return None
    row, column = np.median(rows), np.median(columns)
    reach = 1.5 * np.sqrt(len(rows)) + 1
    inside = (abs(rows - row) <= reach) & (abs(columns - column) <= reach)
    rows, columns = rows[inside], columns[inside]
    if len(rows) < _LEAST_PIXELS:
        return None
    around = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    if len(rows) < _SOLID * around:
        return None
    return float(columns.mean()), float(rows.mean())  # of pixel and the one before: in between


def _placing(cells: _Map) -> Placing:
    across, down = cells[:, 0], cells[:, 1]
    mirrored = bool(across[0] * down[1] - across[1] * down[0] < 0)
    if mirrored:
        across = -across
    angle = np.degrees(np.arctan2(across[1], across[0]))
    return Placing(round(angle / 90) * 90 % 360, mirrored)


assert len(MARKS) == 4 and PANEL_COLUMNS > PANEL_ROWS  # noqa: PT018 - what a search stands on
