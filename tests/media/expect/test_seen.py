"""What is seen is a plain value."""

from __future__ import annotations

from trio_srs.media.expect.seen import Absent, Extent


def test_what_is_seen_compares_by_value() -> None:
    assert Absent("no video came") == Absent("no video came")
    assert Extent(1, 2) != Extent(None, 2)
