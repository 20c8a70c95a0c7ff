"""H.265 sequence parameter sets."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.bits import BitWriter, escape, unescape
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.hevc import parse_hevc_config
from trio_srs.wire.codec.hevc_sps import HevcSps, parse_profile, parse_sps, parse_sps_id

DATA = Path(__file__).parents[2] / "data" / "codec"


@pytest.mark.parametrize(
    ("name", "sps"),
    [
        ("hevc_main_320x242",
         HevcSps(0, 1, 60, 320, 242, 1, 8, 8, False, (1, 1), Fraction(30000, 1001))),
        ("hevc_main10_layers_320x242",
         HevcSps(0, 2, 60, 320, 242, 1, 10, 10, False, (16, 15), Fraction(25))),
        ("hevc_444_10_321x242",
         HevcSps(0, 4, 93, 321, 242, 3, 10, 10, False, (1, 1), Fraction(25))),
    ],
)  # fmt: skip
def test_sets_of_x265_say_what_was_encoded(name: str, sps: HevcSps) -> None:
    config = parse_hevc_config((DATA / f"{name}.bin").read_bytes())
    assert parse_sps(config.sps[0]) == sps


Write = Callable[[BitWriter], None]


def off(bits: BitWriter) -> None:
    bits.flag(False)


def no_sets(bits: BitWriter) -> None:
    bits.ue(0)


def write_layers(bits: BitWriter, layers: int) -> None:
    """Profile and level of ``layers`` sub-layers: the first has both, the others the level."""
    for index in range(layers):
        bits.flag(index == 0)
        bits.flag(True)
    if layers:
        bits.u(2 * (8 - layers), 0)
    for index in range(layers):
        bits.u(96 if index == 0 else 8, 0x5A)


def write_sps(
    *,
    layers: int = 0,
    chroma: int = 1,
    crop: tuple[int, int, int, int] | None = None,
    depth: int = 0,
    order_bits: int = 8,
    all_layers: bool = False,
    scaling: Write = off,
    pcm: Write = off,
    sets: Write = no_sets,
    long_term: Write = off,
    vui: Write | None = None,
) -> bytes:
    """A set of 64x48 pixels before cropping, at 25 pictures a second unless ``vui`` is given."""
    bits = BitWriter()
    bits.u(4, 0)
    bits.u(3, layers)
    bits.flag(True)
    bits.u(8, 0x22)  # High tier, Main 10
    bits.u(80, 0)
    bits.u(8, 93)
    write_layers(bits, layers)
    bits.ue(0)
    bits.ue(chroma)
    if chroma == 3:
        bits.flag(False)
    bits.ue(64)
    bits.ue(48)
    bits.flag(crop is not None)
    for edge in crop or ():
        bits.ue(edge)
    bits.ue(depth)
    bits.ue(depth)
    bits.ue(order_bits - 4)
    bits.flag(all_layers)
    for value in range(3 * (layers + 1 if all_layers else 1)):
        bits.ue(value)
    for value in range(6):
        bits.ue(value)
    scaling(bits)
    bits.u(2, 0b11)
    pcm(bits)
    sets(bits)
    long_term(bits)
    bits.u(2, 0b10)
    (vui or timing(1, 25))(bits)
    bits.rbsp_trailing()
    return b"\x42\x01" + escape(bits.to_bytes())


def timing(units: int, scale: int, *, fields: bool = False, window: bool = False) -> Write:
    def write(bits: BitWriter) -> None:
        bits.flag(True)
        bits.u(4, 0)
        bits.u(3, 2 if fields else 0)
        bits.flag(window)
        for edge in range(4 if window else 0):
            bits.ue(edge)
        bits.flag(True)
        bits.u(32, units)
        bits.u(32, scale)

    return write


def no_timing(bits: BitWriter) -> None:
    bits.flag(True)
    bits.u(9, 0)


def default_scaling(bits: BitWriter) -> None:
    bits.u(2, 0b10)


def scaling_lists(bits: BitWriter) -> None:
    bits.u(2, 0b11)
    for size in range(4):
        for index in range(2 if size == 3 else 6):
            bits.flag(index > 0)
            if index == 0:
                bits.ue(0)
                continue
            for _ in range((size > 1) + (16 if size == 0 else 64)):
                bits.se(-3)


def pcm(bits: BitWriter) -> None:
    bits.flag(True)
    bits.u(8, 0x77)
    bits.ue(0)
    bits.ue(2)
    bits.flag(True)


def long_term(count: int, order_bits: int) -> Write:
    def write(bits: BitWriter) -> None:
        bits.flag(True)
        bits.ue(count)
        for _ in range(count if count < 33 else 0):
            bits.u(order_bits + 1, 5)

    return write


def explicit_set(bits: BitWriter, past: int, future: int) -> None:
    """``past`` pictures at -1, -2 and so on, ``future`` at 1, 2 and so on."""
    bits.ue(past)
    bits.ue(future)
    for _ in range(past + future):
        bits.ue(0)
        bits.flag(True)


def predicted_set(bits: BitWriter, shift: int, used: str) -> None:
    """For each picture of the set before, and for that set itself: u used, d kept, - dropped."""
    bits.flag(True)
    bits.flag(shift < 0)
    bits.ue(abs(shift) - 1)
    for choice in used:
        bits.flag(choice == "u")
        if choice != "u":
            bits.flag(choice == "d")


def predicted_sets(bits: BitWriter) -> None:
    bits.ue(5)
    explicit_set(bits, 2, 1)  # -1 -2 +1
    predicted_set(bits, -1, "uu-u")  # -2 -3, and -1 for itself: 3 pictures
    predicted_set(bits, 1, "dddd")  # 0, which falls out, -1 -2, and +1: 3 pictures again
    predicted_set(bits, 3, "uuuu")  # all to the other side
    bits.flag(False)
    explicit_set(bits, 0, 1)


def too_many_sets(bits: BitWriter) -> None:
    bits.ue(65)


def too_large_a_set(bits: BitWriter) -> None:
    bits.ue(1)
    bits.ue(3)
    bits.ue(17)


@pytest.mark.parametrize(
    ("nalu", "size"),
    [
        (write_sps(), (64, 48)),
        (write_sps(layers=1), (64, 48)),
        (write_sps(layers=6, all_layers=True), (64, 48)),
        (write_sps(scaling=default_scaling), (64, 48)),
        (write_sps(scaling=scaling_lists), (64, 48)),
        (write_sps(pcm=pcm), (64, 48)),
        (write_sps(sets=predicted_sets), (64, 48)),
        (write_sps(long_term=long_term(3, 8)), (64, 48)),
        (write_sps(order_bits=16, long_term=long_term(32, 16)), (64, 48)),
        (write_sps(vui=timing(1, 25, window=True)), (64, 48)),
        (write_sps(chroma=0, crop=(1, 2, 3, 4)), (61, 41)),
        (write_sps(chroma=1, crop=(1, 2, 3, 4)), (58, 34)),
        (write_sps(chroma=2, crop=(1, 2, 3, 4)), (58, 41)),
        (write_sps(chroma=3, crop=(1, 2, 3, 4)), (61, 41)),
    ],
)
def test_size_and_rate_are_found_around_every_option(nalu: bytes, size: tuple[int, int]) -> None:
    sps = parse_sps(nalu)
    assert (sps.width, sps.height) == size
    assert (sps.tier, sps.profile_idc, sps.level_idc) == (1, 2, 93)
    assert sps.frame_rate == 25  # it stands last, so everything before it was read rightly


@pytest.mark.parametrize(
    ("vui", "rate", "interlaced"),
    [
        (timing(1001, 60000), Fraction(60000, 1001), False),
        (timing(1, 50, fields=True), Fraction(50), True),
        (timing(0, 50), None, False),
        (timing(1, 0), None, False),
        (no_timing, None, False),
        (off, None, False),
    ],
)
def test_timing_is_read_as_pictures_a_second(
    vui: Write, rate: Fraction | None, interlaced: bool
) -> None:
    sps = parse_sps(write_sps(vui=vui))
    assert (sps.frame_rate, sps.interlaced) == (rate, interlaced)


@pytest.mark.parametrize(
    ("nalu", "message"),
    [
        (write_sps(order_bits=17), "SPS: picture order counts of 17 bits, at most 16"),
        (write_sps(sets=too_many_sets), "SPS: 65 short-term sets, at most 64"),
        (write_sps(sets=too_large_a_set), "SPS: a set of (3, 17) pictures, at most 16"),
        (write_sps(long_term=long_term(33, 8)), "SPS: 33 long-term pictures, at most 32"),
    ],
)
def test_what_is_wrong_behind_the_size_leaves_it_as_it_is(nalu: bytes, message: str) -> None:
    sps = parse_sps(nalu)
    assert (sps.width, sps.height, sps.trouble) == (64, 48, message)


def test_a_set_that_ends_behind_its_size_has_one_all_the_same() -> None:
    whole = parse_hevc_config((DATA / "hevc_main_320x242.bin").read_bytes()).sps[0]
    seen = set()
    for size in range(25, len(whole) - 1):
        sps = parse_sps(whole[:size])
        assert (sps.width, sps.height, sps.bit_depth_luma) == (320, 242, 8)
        assert sps.trouble is None or sps.trouble.startswith("SPS: it is cut short behind its size")
        seen.add(sps.trouble is None)
    assert False in seen


def test_the_number_and_the_profile_stand_at_the_beginning() -> None:
    for name in ("hevc_main_320x242", "hevc_main10_layers_320x242"):
        config = parse_hevc_config((DATA / f"{name}.bin").read_bytes())
        assert parse_sps_id(config.sps[0]) == 0
        assert parse_profile(unescape(config.sps[0])[3:]).codec_string == config.codec_string
    with pytest.raises(CodecConfigError, match="SPS: "):
        parse_sps_id(b"\x42\x01\x01")
    with pytest.raises(CodecConfigError, match="profile and level: 11 bytes, expected 12"):
        parse_profile(bytes(11))


@pytest.mark.parametrize(
    ("nalu", "message"),
    [
        (b"", "NALU begins with nothing, expected 42"),
        (b"\x42", "NALU begins with 42"),
        (b"\x44\x01\x00", "NALU begins with 4401, expected 42"),
        (b"\x42\x01", "SPS: 4 bits wanted at bit 0 of 0"),
        (write_sps(chroma=4), "chroma format 4, expected 0 to 3"),
        (write_sps(depth=9), "bit depths 17, 17; at most 16"),
        (write_sps(crop=(32, 0, 0, 0)), "0x48 pixels are left after cropping"),
        (write_sps(crop=(0, 0, 20, 5)), "64x-2 pixels are left after cropping"),
    ],
)
def test_a_broken_set_is_blamed(nalu: bytes, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_sps(nalu)


@given(st.binary(max_size=60))
def test_garbage_is_read_or_blamed_on_the_peer(data: bytes) -> None:
    try:
        sps = parse_sps(b"\x42\x01" + data)
    except CodecConfigError:
        return
    assert sps.width > 0
    assert sps.height > 0
