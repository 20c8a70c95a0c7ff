"""Parameter sets, and which of them a picture is for."""

from __future__ import annotations

import pytest

from trio_srs.media.parameter_sets import ParameterSets
from trio_srs.wire.bits import BitWriter, escape


def golombs(head: str, *values: int, tail: str = "") -> bytes:
    """A NALU of so many Exp-Golomb codes, and bits behind them."""
    bits = BitWriter()
    for value in values:
        bits.ue(value)
    for bit in tail:
        bits.u(1, int(bit))
    bits.rbsp_trailing()
    return bytes.fromhex(head) + escape(bits.to_bytes())


def avc_sps(number: int, more: str = "") -> bytes:
    return golombs("67 42c01e", number, tail=more)


def avc_pps(number: int, sps: int) -> bytes:
    return golombs("68", number, sps)


def avc_slice(pps: int) -> bytes:
    return golombs("65", 0, 7, pps, tail="11111111")


def hevc_sps(number: int) -> bytes:
    return golombs("4201 01 01 60000000 900000000000 5d", number)


def hevc_pps(number: int, sps: int, extra: str) -> bytes:
    return golombs("4401", number, sps, tail=f"00{extra}")


def hevc_slice(pps: int) -> bytes:
    bits = BitWriter()
    bits.u(2, 0b10)
    bits.ue(pps)
    bits.u(8, 255)
    return b"\x28\x01" + bits.to_bytes()


def test_a_slice_names_a_set_that_names_another() -> None:
    sets = ParameterSets("h264")
    assert sets.learn([avc_sps(0), avc_sps(1), avc_pps(0, 0), avc_pps(5, 1)]) is None
    assert sets.of_picture(avc_slice(0)) == (avc_sps(0), 0)
    assert sets.of_picture(avc_slice(5)) == (avc_sps(1), 0)
    sets.learn([avc_sps(1, "11")])
    assert sets.of_picture(avc_slice(5)) == (avc_sps(1, "11"), 0)


def test_in_h265_the_picture_set_says_how_slices_begin() -> None:
    sets = ParameterSets("hevc")
    sets.learn([hevc_sps(0), hevc_pps(0, 0, "000"), hevc_pps(1, 0, "010")])
    assert sets.of_picture(hevc_slice(0)) == (hevc_sps(0), 0)
    assert sets.of_picture(hevc_slice(1)) == (hevc_sps(0), 2)


def test_in_av1_the_newest_holds() -> None:
    sets = ParameterSets("av1")
    assert sets.of_picture(b"") is None
    sets.learn([b"one", b"other"])
    assert sets.of_picture(b"") == (b"other", 0)


def test_a_set_that_never_came_is_none() -> None:
    sets = ParameterSets("h264")
    assert sets.of_picture(avc_slice(0)) is None
    sets.learn([avc_pps(0, 3)])
    assert sets.of_picture(avc_slice(0)) is None


@pytest.mark.parametrize(
    ("nalu", "message"),
    [
        (b"\x67" + bytes(4096), "a parameter set of 4097 bytes, expected at most 4096"),
        (b"\x67\x42", "SPS: 24 bits wanted"),
        (b"\x68", "PPS: 1 bits wanted"),
    ],
)
def test_a_set_that_cannot_be_read_is_named(nalu: bytes, message: str) -> None:
    sets = ParameterSets("h264")
    trouble = sets.learn([avc_pps(0, 0), nalu, nalu, avc_sps(0)])
    assert trouble is not None
    assert trouble.startswith(message)
    assert sets.of_picture(avc_slice(0)) == (avc_sps(0), 0)


def test_only_so_many_are_kept() -> None:
    sets = ParameterSets("h264")
    sets.learn([avc_pps(number, number) for number in range(17)])
    sets.learn([avc_sps(number) for number in (*range(16), 0, 16)])
    known = [sets.of_picture(avc_slice(number)) is not None for number in range(17)]
    assert known == [False, *[True] * 16]


def test_numbers_that_cannot_be_take_no_room() -> None:
    sets = ParameterSets("h264")
    sets.learn([avc_sps(0), *(avc_pps(number, 0) for number in range(1000))])
    assert len(sets._pictures) == 256
