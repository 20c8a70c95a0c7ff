"""The pictures: the number in them can be read, and something moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.pattern.card import Card, panel_place, read_frame_number
from trio_srs.media.pattern.frame_code import NUMBER_BITS
from trio_srs.media.pattern.panel import CELL, MARKS
from trio_srs.media.pattern.pattern_error import PatternError

NUMBERS = st.integers(0, (1 << NUMBER_BITS) - 1)
SIZES = st.sampled_from([(640, 360), (128, 80), (320, 242), (96, 112), (1280, 720), (130, 200)])


def luma(card: Card, number: int) -> bytes:
    """The picture's Y plane."""
    cells = card.cells(number)
    return b"".join(
        bytes(cells[y // CELL * card.columns + x // CELL][0] for x in range(card.width))
        for y in range(card.height)
    )


def scaled(plane: bytes, size: tuple[int, int], to: tuple[int, int]) -> bytes:
    """The same picture in another size, without any filter."""
    (width, height), (new_width, new_height) = size, to
    return bytes(
        plane[y * height // new_height * width + x * width // new_width]
        for y in range(new_height)
        for x in range(new_width)
    )


@given(NUMBERS, st.sampled_from([(128, 80), (96, 112), (130, 200), (160, 96)]))
def test_every_number_can_be_read_from_the_picture(number: int, size: tuple[int, int]) -> None:
    assert read_frame_number(luma(Card(*size), number), *size) == number


def test_the_letter_of_a_number() -> None:
    plane = luma(Card(512, 48), 5)
    row = "".join("1" if plane[8 * 512 + x] > 128 else "0" for x in range(8, 512, 16))
    assert row == "000000000000000000000111" + f"{7 ^ 0xA5:08b}"  # 5 in Gray code is 7


def test_numbers_go_round() -> None:
    assert read_frame_number(luma(Card(128, 80), (1 << NUMBER_BITS) + 3), 128, 80) == 3


@pytest.mark.parametrize("to", [(640, 360), (256, 160), (200, 150), (1280, 720)])
def test_a_scaled_picture_still_has_its_number(to: tuple[int, int]) -> None:
    plane = scaled(luma(Card(320, 240), 123_456), (320, 240), to)
    assert read_frame_number(plane, *to, made=(320, 240)) == 123_456


def test_rows_may_have_something_behind_them() -> None:
    plane = luma(Card(128, 80), 99)
    rows = [plane[at : at + 128] for at in range(0, len(plane), 128)]
    padded = b"".join(row + bytes(22) for row in rows)
    assert read_frame_number(padded, 128, 80, stride=150) == 99


@pytest.mark.parametrize("level", [0, 64, 255])
def test_another_picture_has_no_number(level: int) -> None:
    assert read_frame_number(bytes((level,)) * (320 * 240), 320, 240) is None


def test_a_wrong_bit_is_noticed() -> None:
    plane = bytearray(luma(Card(512, 48), 5))
    for y in range(16):
        plane[y * 512 : y * 512 + 16] = bytes((235,)) * 16
    assert read_frame_number(plane, 512, 48) is None


def test_a_picture_too_small_for_a_number_has_none() -> None:
    assert read_frame_number(bytes(64 * 64), 64, 64) is None


def test_too_few_bytes_are_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="99 bytes are no 128x80 pixels"):
        read_frame_number(bytes(99), 128, 80)


@given(NUMBERS, SIZES)
def test_the_square_moves_below_the_number_within_the_picture(
    number: int, size: tuple[int, int]
) -> None:
    card = Card(*size)
    drawn, after = card.drawn(number), card.drawn(number + 1)
    side = 1 if len(drawn) == 33 else 2
    assert len(drawn) == len(after) == 32 + side**2
    for index in drawn:
        y, x = divmod(index, card.columns)
        assert (x + 1) * CELL <= card.width
        assert (y + 1) * CELL <= card.height
    assert drawn != after
    cells = card.cells(number)
    assert [cells[index] for index in drawn] == list(drawn.values())
    assert sum(a != b for a, b in zip(cells, card.background, strict=True)) <= len(drawn)


@pytest.mark.parametrize(
    ("size", "place"),
    [((1280, 720), (35, 10)), ((640, 360), (15, 4)), ((160, 80), (0, 0)), ((128, 80), None),
     ((512, 64), None)],
)  # fmt: skip
def test_the_panel_stands_away_from_the_edges_where_there_is_room(
    size: tuple[int, int], place: tuple[int, int] | None
) -> None:
    assert panel_place(size[0] // CELL, size[1] // CELL) == place


def test_each_corner_of_the_panel_has_a_colour_of_its_own_that_no_other_cell_has() -> None:
    card = Card(640, 360)
    cells = card.cells(123_456)
    for (x, y), colour in MARKS.items():
        assert [i for i, cell in enumerate(cells) if cell == colour] == [(4 + y) * 40 + 15 + x]


@given(SIZES)
def test_chroma_has_steps_of_two(size: tuple[int, int]) -> None:
    for _, cb, cr in Card(*size).cells(7):
        assert cb % 2 == cr % 2 == 0


@pytest.mark.parametrize(
    ("width", "height", "text"),
    [
        (641, 360, "a picture of 641x360: expected even sides of at most 8192"),
        (640, 361, "even sides"),
        (8194, 360, "at most 8192"),
        (0, 0, "even sides"),
        (96, 96, "has 6 times 6 cells .* the frame's number needs 32, and a row below it"),
        (128, 64, "has 8 times 4 cells"),
        (2, 8192, "has 0 times 512 cells"),
    ],
)
def test_a_size_that_cannot_be_is_refused(width: int, height: int, text: str) -> None:
    with pytest.raises(PatternError, match=text):
        Card(width, height)
