"""A frame's number is found wherever it stands, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from trio_srs.media.frame_number import FRAME_NUMBER_NAME, sei_frame_number


@pytest.mark.parametrize("number", [0, 7, 10**9])
def test_a_number_is_found(number: int) -> None:
    assert sei_frame_number(b"\x06\x05\x18" + FRAME_NUMBER_NAME + b"%08d\x80" % number) == number


@pytest.mark.parametrize("body", [b"", FRAME_NUMBER_NAME, b"trio-srs frame 00000001"])
def test_without_a_number_there_is_none(body: bytes) -> None:
    assert sei_frame_number(body) is None


def test_a_number_that_nobody_counts_to_is_cut() -> None:
    assert sei_frame_number(FRAME_NUMBER_NAME + b"9" * 5000) == 10**18 - 1
