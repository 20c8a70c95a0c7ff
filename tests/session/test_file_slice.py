"""Pieces of files, of which only the length is known before they are sent."""

from __future__ import annotations

import attrs

from trio_srs.session.file_slice import FileSlice


@attrs.frozen
class Alphabet:
    """A file of which it is known who reads what."""

    fileno: int = 7

    def read(self, start: int, end: int, /) -> bytes:
        return b"abcdefghij"[start:end]


def test_a_slice_is_as_long_as_it_says_and_reads_what_is_its_own() -> None:
    piece = FileSlice(Alphabet(), 2, 8)
    assert (len(piece), bytes(piece), piece.file.fileno) == (6, b"cdefgh", 7)


def test_parts_of_a_slice_are_those_of_its_bytes() -> None:
    piece = FileSlice(Alphabet(), 2, 8)
    for part in (slice(2), slice(2, None), slice(1, 4), slice(-2, None), slice(4, 2), slice(9, 12)):
        assert bytes(piece[part]) == b"cdefgh"[part]
    assert bytes(piece[1:][1:3]) == b"ef"
