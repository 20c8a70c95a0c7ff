"""Byte streams: one delimiter first, parameter sets before keyframes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.remux.records import AVC, HEVC, IDR, INTER, IRAP, TRAIL
from trio_srs.media.remux.byte_stream import ByteStreamWriter, split_units
from trio_srs.media.remux.track_format import TrackFormat, format_of_record
from trio_srs.wire.codec.nalu import NaluError, join_annexb, join_prefixed

AUD, HEVC_AUD = b"\x09\xf0", b"\x46\x01\x50"


def avc() -> ByteStreamWriter:
    return ByteStreamWriter(format_of_record("h264", AVC))


SETS = format_of_record("h264", AVC).sets


@pytest.mark.parametrize(
    ("nalus", "is_key", "written"),
    [
        ([INTER], False, [AUD, INTER]),
        ([IDR], True, [AUD, *SETS, IDR]),
        ([AUD, INTER, b"\x0a", b"\x0b"], False, [AUD, INTER]),  # its own delimiter, ends
        ([b"\x06sei", IDR], True, [AUD, *SETS, b"\x06sei", IDR]),
        ([*SETS, IDR], True, [AUD, *SETS, IDR]),  # it has them already
        ([SETS[1], IDR], True, [AUD, *SETS, SETS[1], IDR]),  # not all
    ],
)
def test_a_picture_of_h264(nalus: list[bytes], is_key: bool, written: list[bytes]) -> None:
    assert avc().write(join_prefixed(nalus), is_key=is_key) == join_annexb(written)


def test_a_picture_of_h265() -> None:
    track_format = format_of_record("hevc", HEVC)
    writer = ByteStreamWriter(track_format)
    assert writer.write(join_prefixed([IRAP]), is_key=True) == join_annexb(
        [HEVC_AUD, *track_format.sets, IRAP]
    )
    assert writer.write(join_prefixed([HEVC_AUD, TRAIL]), is_key=False) == join_annexb(
        [HEVC_AUD, TRAIL]
    )


def test_the_rest_of_a_picture_has_no_delimiter() -> None:
    data = join_prefixed([INTER])
    assert avc().write(data, is_key=False, continues=True) == join_annexb([INTER])


@pytest.mark.parametrize("data", [b"", join_prefixed([AUD]), join_prefixed([b"\x0a"])])
def test_what_has_nothing_in_it_is_empty(data: bytes) -> None:
    assert avc().write(data, is_key=True) == b""


def test_parameter_sets_that_come_with_a_picture_hold_from_there_on() -> None:
    writer, new = avc(), (b"\x67new", b"\x68new")
    writer.write(join_prefixed([*new, IDR]), is_key=True)
    assert writer.write(join_prefixed([IDR]), is_key=True) == join_annexb([AUD, *new, IDR])


def test_more_nalus_than_a_picture_has_are_left_out() -> None:
    data = avc().write(join_prefixed([INTER] * 5000), is_key=False)
    assert data.count(b"\x00\x00\x00\x01") == 4097


def test_lengths_of_two_bytes_are_read() -> None:
    writer = ByteStreamWriter(TrackFormat("h264", length_size=2))
    assert writer.write(join_prefixed([INTER], 2), is_key=False) == join_annexb([AUD, INTER])


@pytest.mark.parametrize(
    ("nalus", "rest", "units"),
    [
        ([], [], []),
        ([AUD, INTER], [], [[INTER]]),
        ([INTER, AUD, IDR, AUD, INTER, b"\x0a"], [INTER], [[IDR], [INTER]]),
        ([AUD], [], [[]]),
    ],
)
def test_units_begin_at_delimiters(
    nalus: list[bytes], rest: list[bytes], units: list[list[bytes]]
) -> None:
    assert split_units("h264", join_annexb(nalus)) == (rest, units)


def test_what_begins_with_no_start_code_is_blamed_on_the_peer() -> None:
    with pytest.raises(NaluError):
        split_units("hevc", b"\x46\x01")


NALU = st.binary(min_size=1, max_size=9).map(
    lambda tail: b"\x41" + bytes(1 + b % 255 for b in tail)
)


@pytest.mark.property
@given(st.lists(st.lists(NALU, min_size=1, max_size=4), max_size=5))
def test_what_is_written_is_cut_apart_again(units: list[list[bytes]]) -> None:
    writer = avc()
    data = b"".join(writer.write(join_prefixed(unit), is_key=False) for unit in units)
    assert split_units("h264", data) == ([], units)


def test_more_start_codes_than_pictures_have_are_blamed_on_the_peer() -> None:
    with pytest.raises(NaluError, match="8193 start codes at once"):
        split_units("h264", b"\x00\x00\x01\x09" * 8193)
    assert len(split_units("h264", b"\x00\x00\x01\x09" * 8192)[1]) == 8192
