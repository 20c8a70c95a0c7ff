"""VP9: superframes are cut, and keyframes say their size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.bits import BitWriter
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.vp9_frame import Vp9Frame, parse_vp9_frame, split_superframe


def key(profile: int, space: int, size: tuple[int, int] = (320, 242)) -> bytes:
    bits = BitWriter()
    bits.u(2, 2)
    bits.u(1, profile & 1)
    bits.u(1, profile >> 1)
    if profile == 3:
        bits.u(1, 0)
    bits.u(1, 0)
    bits.u(3, 0b010)
    bits.u(24, 0x498342)
    if profile >= 2:
        bits.u(1, 0)
    bits.u(3, space)
    if space != 7:
        bits.u(1, 0)
        if profile in (1, 3):
            bits.u(3, 0)
    elif profile in (1, 3):
        bits.u(1, 0)
    bits.u(16, size[0] - 1)
    bits.u(16, size[1] - 1)
    return bits.to_bytes()


def superframe(frames: list[bytes], width: int) -> bytes:
    marker = bytes((0b110 << 5 | width - 1 << 3 | len(frames) - 1,))
    sizes = b"".join(len(frame).to_bytes(width, "little") for frame in frames)
    return b"".join(frames) + marker + sizes + marker


@pytest.mark.parametrize("profile", range(4))
@pytest.mark.parametrize("space", [1, 7])
def test_a_keyframe_says_its_size(profile: int, space: int) -> None:
    assert parse_vp9_frame(key(profile, space)) == Vp9Frame("key", True, (320, 242))


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("86", ("inter", True)),
        ("8480", ("intra_only", False)),
        ("8400", ("inter", False)),
        ("88", ("existing", True)),
    ],
)
def test_other_frames_say_what_they_are(frame: str, expected: tuple[str, bool]) -> None:
    assert parse_vp9_frame(bytes.fromhex(frame)) == Vp9Frame(*expected)


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        ("", "bits wanted at bit 0 of 0"),
        ("40", r"marker 1 \(bit 0\), expected 2"),
        ("82 123456", "sync code 123456, expected 498342"),
        ("82 498342", "bits wanted"),
    ],
)
def test_what_is_no_frame_is_refused(frame: str, text: str) -> None:
    with pytest.raises(CodecConfigError, match=text):
        parse_vp9_frame(bytes.fromhex(frame))


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=8), st.integers(1, 4))
def test_a_superframe_is_cut_where_it_was_joined(frames: list[bytes], width: int) -> None:
    assert split_superframe(superframe(frames, width)) == frames


def test_what_has_no_index_is_one_frame() -> None:
    for data in (b"", b"\x86", b"\x86\x00\x00\xc1", b"\xc1"):
        assert split_superframe(data) == [data]


def test_frames_of_nothing_are_left_out() -> None:
    assert split_superframe(superframe([b"", b"x"], 1)) == [b"x"]


def test_a_frame_past_the_end_is_refused() -> None:
    with pytest.raises(CodecConfigError, match="a frame ends at byte 9 of 1"):
        split_superframe(b"x\xc0\x09\xc0")
