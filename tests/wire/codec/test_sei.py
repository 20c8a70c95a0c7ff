"""SEI: what is user data goes, and the rest stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.codec.record import CodecConfigError
from trio_srs.wire.codec.sei import iter_sei, without_user_data

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
        left = without_user_data(header + messages + b"\x80", len(header))
        assert left == (None if kept is None else header + kept)


def test_a_nalu_without_user_data_is_the_same_object() -> None:
    nalu = b"\x06" + TIMING + b"\x80"
    assert without_user_data(nalu, 1) is nalu


def test_a_message_cut_short_is_named() -> None:
    with pytest.raises(CodecConfigError, match="SEI: payload at byte 2 ends at 11 of 3"):
        list(iter_sei(b"\x05\x09x"))


def test_messages_without_end_are_refused() -> None:
    assert len(list(iter_sei(TIMING * 256 + b"\x80"))) == 256
    with pytest.raises(CodecConfigError, match="over 256 messages before byte 1024 of 1028"):
        list(iter_sei(TIMING * 257 + b"\x80"))


@given(st.binary(max_size=40))
def test_garbage_is_read_or_blamed_on_it(data: bytes) -> None:
    try:
        left = without_user_data(b"\x06" + data, 1)
    except CodecConfigError:
        return
    assert left is None or len(left) <= len(data) + 1
