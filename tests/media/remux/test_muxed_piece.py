"""Pieces of a container."""

from __future__ import annotations

from trio_srs.media.remux.muxed_piece import MuxedPiece


def test_a_piece_needs_nothing_before_it_unless_it_says_so() -> None:
    piece = MuxedPiece(b"data", 0, is_entry=True)
    assert (piece.head, piece.is_new_head, piece.units) == (b"", False, 1)
