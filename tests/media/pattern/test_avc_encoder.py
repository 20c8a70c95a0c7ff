"""H.264 of our own: what a decoder shows is what the card says, to the pixel."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.pattern.decoding import pictures
from trio_srs.media.frame_number import sei_frame_number
from trio_srs.media.pattern.avc_encoder import AvcEncoder, filler, number_payload
from trio_srs.media.pattern.card import Card, read_frame_number
from trio_srs.media.pattern.panel import CELL, Colour
from trio_srs.media.pattern.pattern_error import PatternError
from trio_srs.wire.bits import BitReader, unescape
from trio_srs.wire.codec.avc import AvcSps, parse_avc_config, parse_sps
from trio_srs.wire.codec.nalu import join_annexb, split_prefixed

FPS = Fraction(25)


class Patchwork(Card):
    """Every cell of every frame is of any colour that can be coded."""

    def drawn(self, number: int) -> dict[int, Colour]:
        chance = random.Random(number)
        steps = range(16, 236), range(16, 240, 2), range(16, 240, 2)
        return {
            index: (chance.choice(steps[0]), chance.choice(steps[1]), chance.choice(steps[2]))
            for index in range(self.columns * self.rows)
            if chance.random() < 0.8
        }


def coded(card: Card, count: int, gop: int) -> bytes:
    """So many frames as a byte stream."""
    encoder = AvcEncoder(card, FPS)
    nalus = [encoder.sps, encoder.pps]
    for number in range(count):
        nalus += split_prefixed(encoder.picture(number, number % gop), 4)
    return join_annexb(nalus)


def plane_of(card: Card, number: int, part: int) -> bytes:
    """One plane of a picture as it should be: 0 is Y, 1 Cb, 2 Cr."""
    by = 2 if part else 1
    cell, cells = CELL // by, card.cells(number)
    rows = []
    for y in range(card.height // by):
        row = cells[y // cell * card.columns :]
        rows.append(bytes(row[x // cell][part] for x in range(card.width // by)))
    return b"".join(rows)


def expected(card: Card, number: int) -> bytes:
    return b"".join(plane_of(card, number, part) for part in range(3))


@pytest.mark.interop
@pytest.mark.parametrize("size", [(640, 360), (128, 80), (320, 242), (130, 200)])
def test_a_decoder_shows_what_was_drawn(size: tuple[int, int]) -> None:
    card = Card(*size)
    shown = pictures(coded(card, 40, 15), *size)
    assert len(shown) == 40
    assert [n for n, picture in enumerate(shown) if picture != expected(card, n)] == []
    assert [read_frame_number(picture, *size) for picture in shown] == list(range(40))


@pytest.mark.interop
def test_a_decoder_shows_any_colour_beside_any_other() -> None:
    card = Patchwork(256, 160)
    shown = pictures(coded(card, 12, 4), 256, 160)
    assert [n for n, picture in enumerate(shown) if picture != expected(card, n)] == []
    assert len(shown) == 12


@pytest.mark.parametrize(
    ("colour", "bits"),
    ids=["as predicted", "1", "-1", "small", "middle", "large", "chroma", "chroma of 1"],
    argvalues=[
        # mb_type of DC prediction (I_16x16_2_0_0 is 3), chroma mode 0, quantiser, luma, chroma
        ((128, 128, 128), "00100 1 11"),
        ((129, 128, 128), "00100 1 101 0 1"),
        ((127, 128, 128), "00100 1 101 1 1"),
        ((130, 128, 128), "00100 1 1000101 1 1"),
        ((118, 128, 128), "00100 1 1000101 000000000000001 0011 1"),
        ((228, 128, 128), "00100 1 1000101 0000000000000001 000010100110 1"),
        ((128, 120, 128), "0001000 1 11000111 000001 1 01"),
        ((128, 128, 130), "0001000 1 1101 1 0 1"),
    ],
)
def test_the_letter_of_a_macroblock(colour: Colour, bits: str) -> None:
    class OneColour(Card):
        def cells(self, number: int) -> list[Colour]:
            return [colour] * (self.columns * self.rows)

    nalu = split_prefixed(AvcEncoder(OneColour(128, 80), FPS).picture(0, 0), 4)[1]
    text = f"{int.from_bytes(unescape(nalu[1:]), 'big'):0{8 * len(unescape(nalu[1:]))}b}"
    header = "100010001" + "0" * 16 + "1001010"
    assert text.startswith(header + bits.replace(" ", ""))


def test_the_parameter_sets_say_what_it_is() -> None:
    encoder = AvcEncoder(Card(320, 242), Fraction(30000, 1001))
    config = parse_avc_config(encoder.config)
    assert (config.sps, config.pps) == ((encoder.sps,), (encoder.pps,))
    assert config.codec_string == "avc1.42c00d"
    assert parse_sps(encoder.sps) == AvcSps(
        66, 0xC0, 13, 320, 242, 1, 8, 8, False, 1, (1, 1), Fraction(30000, 1001)
    )


@pytest.mark.parametrize(
    ("size", "fps", "kbps", "level"),
    [
        ((176, 144), 15, 0, 10),
        ((176, 144), 15, 65, 11),
        ((640, 360), 25, 0, 30),
        ((1280, 720), 30, 0, 31),
        ((1920, 1080), 30, 0, 40),
        ((1920, 1080), 30, 20_001, 41),
        ((1920, 1080), 60, 0, 42),
        ((3840, 2160), 30, 0, 51),
        ((1600, 32), 1, 0, 22),  # few pixels, but in one row too many for the levels below
    ],
)
def test_the_level_is_the_lowest_that_allows_it(
    size: tuple[int, int], fps: int, kbps: int, level: int
) -> None:
    assert parse_sps(AvcEncoder(Card(*size), Fraction(fps), kbps).sps).level_idc == level


def test_what_no_level_allows_is_refused() -> None:
    text = "no level of H.264 has 8192x8192 pixels, 60 frames/s and 1 kbit/s"
    with pytest.raises(PatternError, match=text):
        AvcEncoder(Card(8192, 8192), Fraction(60), 1)


def slice_head(picture: bytes) -> tuple[int, int, int]:
    """NALU header, slice type and frame_num of an access unit's slice."""
    nalu = split_prefixed(picture, 4)[1]
    bits = BitReader(unescape(nalu[1:]))
    assert bits.ue() == 0
    kind = bits.ue()
    assert bits.ue() == 0
    return nalu[0], kind, bits.u(16)


def test_frames_are_counted_from_the_keyframe_and_go_round() -> None:
    encoder = AvcEncoder(Card(128, 80), FPS)
    assert slice_head(encoder.picture(5, 0)) == (0x65, 7, 0)
    assert slice_head(encoder.picture(5, 1)) == (0x41, 5, 1)
    assert slice_head(encoder.picture(70_000, 65_537)) == (0x41, 5, 1)


def test_what_does_not_change_costs_nothing() -> None:
    encoder = AvcEncoder(Card(640, 360), FPS)
    key, inter = len(encoder.picture(0, 0)), len(encoder.picture(1, 1))
    assert inter < 150 < key < 1500


@given(st.integers(0, 1 << 40))
def test_the_number_is_in_the_access_unit_too(number: int) -> None:
    picture = AvcEncoder(Card(128, 80), FPS).picture(number, number % 2)
    sei = split_prefixed(picture, 4)[0]
    assert sei[:2] == b"\x06\x05"
    assert sei_frame_number(picture) == sei_frame_number(b"\x17\1\0\0\0" + picture) == number


def test_the_letter_of_the_number() -> None:
    assert number_payload(42) == b"\x05\x18trio-srs frame #00000042\x80"


@pytest.mark.parametrize("size", [6, 7, 100, 10_000])
def test_a_filler_is_as_long_as_asked(size: int) -> None:
    data = filler(size)
    [nalu] = split_prefixed(data, 4)
    assert len(data) == size
    assert nalu == b"\x0c" + b"\xff" * (size - 6) + b"\x80"
