"""SEI: what is user data goes, and the rest stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.sei import iter_sei, read_sei

TIMING = b"\x01\x02\xaa\xbb"
UNREGISTERED = b"\x05\x03xyz"
REGISTERED = b"\x04\x01q"


def test_messages_are_walked_whatever_their_size() -> None:
    long = b"\xff\x01" + b"\xff\x02" + bytes(257)
    rbsp = TIMING + long + b"\x80\x00"
    assert list(iter_sei(rbsp)) == [(1, b"\xaa\xbb", TIMING), (256, bytes(257), long)]
    assert list(iter_sei(b"")) == []


@pytest.mark.parametrize(
    ("messages", "kept"),
    [
        (UNREGISTERED, None),
        (REGISTERED + UNREGISTERED, None),
        (TIMING + UNREGISTERED, TIMING),
        (REGISTERED + TIMING, TIMING),
    ],
)
def test_user_data_is_left_out(messages: bytes, kept: bytes | None) -> None:
    for header in (b"\x06", b"\x4e\x01"):
        sei = read_sei(header + messages + b"\x80", len(header))
        assert (sei.clean, sei.trouble) == (None if kept is None else header + kept, None)


def test_a_nalu_without_user_data_is_the_same_object() -> None:
    nalu = b"\x06" + TIMING + b"\x80"
    assert read_sei(nalu, 1).clean is nalu


def test_a_message_cut_short_is_named() -> None:
    with pytest.raises(CodecConfigError, match="SEI: payload at byte 2 ends at 11 of 3"):
        list(iter_sei(b"\x05\x09x"))


@pytest.mark.parametrize(
    ("cut", "messages", "clean"),
    [
        (TIMING + b"\x05\x09xyz", [(1, b"\xaa\xbb"), (5, b"xyz")], TIMING),
        (TIMING + b"\x01\x09x", [(1, b"\xaa\xbb"), (1, b"x")], TIMING + b"\x01\x09x"),
        (TIMING + b"\xff", [(1, b"\xaa\xbb")], TIMING + b"\xff"),
        (b"\x05\xff\x20x", [(5, b"x")], None),
    ],
)
def test_a_message_cut_short_spoils_only_itself(
    cut: bytes, messages: list[tuple[int, bytes]], clean: bytes | None
) -> None:
    sei = read_sei(b"\x06" + cut, 1)
    assert sei.messages == messages
    assert sei.clean == (None if clean is None else b"\x06" + clean)
    assert sei.trouble is not None
    assert sei.trouble.startswith("SEI: payload ")


def test_messages_without_end_are_refused() -> None:
    assert len(list(iter_sei(TIMING * 256 + b"\x80"))) == 256
    with pytest.raises(CodecConfigError, match="over 256 messages before byte 1024 of 1028"):
        list(iter_sei(TIMING * 257 + b"\x80"))


@given(st.binary(max_size=40))
def test_garbage_is_read_as_far_as_it_goes(data: bytes) -> None:
    left = read_sei(b"\x06" + data, 1).clean
    assert left is None or len(left) <= len(data) + 1
