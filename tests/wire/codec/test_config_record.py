"""Reading records: what is missing is blamed by record, field and byte."""

from __future__ import annotations

import pytest

from trio_srs.wire.bits import BitReader
from trio_srs.wire.codec.config_record import CodecConfigError, RecordReader, blame


def test_fields_follow_each_other() -> None:
    record = RecordReader(bytes.fromhex("01 0203 0002aabb 0001cc ff"), "xxxC")
    assert (record.u8("a"), record.u16("b")) == (1, 0x0203)
    assert (record.nalu("SPS"), record.nalu("SPS")) == (b"\xaa\xbb", b"\xcc")
    assert (record.pos, record.rest(), record.rest()) == (10, b"\xff", b"")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "xxxC: SPS size at byte 0 ends at 2 of 0"),
        ("0003aa", "xxxC: SPS at byte 2 ends at 5 of 3"),
        ("0000", "xxxC: an empty SPS at byte 0"),
    ],
)
def test_a_short_record_is_blamed(data: str, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        RecordReader(bytes.fromhex(data), "xxxC").nalu("SPS")


def test_bits_that_run_out_are_blamed_on_the_record() -> None:
    with pytest.raises(CodecConfigError, match="xxx: 9 bits wanted at bit 0 of 8"), blame("xxx"):
        BitReader(b"\x00").u(9)


def test_a_complaint_names_the_record() -> None:
    assert str(RecordReader(b"", "xxxC").fail("is odd")) == "xxxC: is odd"
