"""Data messages: their names, the words cut off and spliced in, and what metadata says."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.wire.amf.strategies import amf0_values, amf3_values
from trio_srs.wire.amf import amf0, amf3
from trio_srs.wire.amf.amf_reader import AmfError
from trio_srs.wire.amf.values import EcmaArray, MixedArray, TypedObject, Value
from trio_srs.wire.flv.script import (
    METADATA_LIMITS,
    Metadata,
    cleared_data_frame,
    data_frame_name,
    parse_metadata,
    strip_set_data_frame,
    with_server_name,
    without_flags,
)

FFMPEG = (
    Path(__file__).parents[2] / "data" / "amf" / "amf0_set_data_frame_ffmpeg.bin"
).read_bytes()
SET = amf0.encode("@setDataFrame")
ON_METADATA = amf0.encode("onMetaData")

field_values: st.SearchStrategy[Any] = amf0_values
fields = st.dictionaries(st.text(max_size=8), field_values, max_size=5)
bodies = st.binary(max_size=60) | st.builds(
    lambda value, rest: ON_METADATA + amf0.encode(value) + rest, amf0_values, st.binary(max_size=9)
)


# --- @setDataFrame


def test_set_data_frame_is_the_bytes_that_publishers_send() -> None:
    assert bytes.fromhex("02 000d 40736574446174614672616d65") == SET
    assert FFMPEG.startswith(SET)


def test_set_data_frame_is_cut_off_and_the_rest_is_byte_exact() -> None:
    assert strip_set_data_frame(FFMPEG) == FFMPEG[16:]
    assert strip_set_data_frame(b"\0" + FFMPEG, amf3=True) == b"\0" + FFMPEG[16:]


@given(st.binary(max_size=40))
def test_set_data_frame_is_cut_off_once_whatever_follows(rest: bytes) -> None:
    assert strip_set_data_frame(SET + rest) == rest
    assert strip_set_data_frame(SET + SET + rest) == SET + rest
    assert strip_set_data_frame(b"\0" + SET + rest, amf3=True) == b"\0" + rest


@pytest.mark.parametrize(
    "body", [b"", b"\0", SET[:-1], ON_METADATA, b"\0" + ON_METADATA, amf3.encode("onMetaData")]
)
def test_a_body_without_set_data_frame_is_the_same_object(body: bytes) -> None:
    assert strip_set_data_frame(body) is body
    assert strip_set_data_frame(body, amf3=True) is body


def test_pure_amf3_is_written_anew_as_its_strings_are_numbered() -> None:
    body = amf3.encode("@setDataFrame", "onMetaData", {"name": "onMetaData"})
    stripped = strip_set_data_frame(body, amf3=True)
    assert stripped == amf3.encode("onMetaData", {"name": "onMetaData"})


def test_pure_amf3_that_cannot_be_read_is_the_same_object() -> None:
    body = amf3.encode("@setDataFrame") + b"\x06\x04"
    assert strip_set_data_frame(body, amf3=True) is body


# --- names

NAMES = {
    "AMF0": (amf0.encode("onTextData", {}), False, "onTextData"),
    "AMF0, a long string": (b"\x0c\0\0\0\x01a", False, "a"),
    "AMF0, then garbage": (ON_METADATA + b"\xff", False, "onMetaData"),
    "AMF0, as sent": (FFMPEG, False, "@setDataFrame"),
    "type 15, AMF0 after its first byte": (b"\0" + ON_METADATA, True, "onMetaData"),
    "type 15, AMF3 by marker": (b"\0\x11" + amf3.encode("onMetaData"), True, "onMetaData"),
    "type 15, AMF3": (amf3.encode("onMetaData", {}), True, "onMetaData"),
    "no string": (amf0.encode(1.0), False, None),
    "nothing": (b"", False, None),
    "type 15, nothing": (b"\0", True, None),
    "cut short": (ON_METADATA[:-1], False, None),
    "AMF3 where AMF0 should be": (amf3.encode("onMetaData"), False, None),
}


@pytest.mark.parametrize(("body", "is_amf3", "name"), NAMES.values(), ids=NAMES)
def test_a_data_message_is_named_by_its_first_string(
    body: bytes, is_amf3: bool, name: str | None
) -> None:
    assert data_frame_name(body, amf3=is_amf3) == name


def test_clear_data_frame_says_what_is_cleared() -> None:
    assert cleared_data_frame(amf0.encode("@clearDataFrame", "onMetaData")) == "onMetaData"
    switched = b"\0" + amf0.encode("@clearDataFrame", "onMetaData")
    assert cleared_data_frame(switched, amf3=True) == "onMetaData"
    pure = amf3.encode("@clearDataFrame", "@clearDataFrame")  # the second refers to the first
    assert cleared_data_frame(pure, amf3=True) == "@clearDataFrame"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        FFMPEG,
        amf0.encode("@clearDataFrame"),
        amf0.encode("@clearDataFrame", None),
        amf0.encode("@clearDataFrame") + b"\x02\xff",
    ],
)
def test_other_messages_clear_nothing(body: bytes) -> None:
    assert cleared_data_frame(body) is None


# --- metadata


def test_the_metadata_of_ffmpeg() -> None:
    metadata = parse_metadata(FFMPEG)
    assert metadata == parse_metadata(strip_set_data_frame(FFMPEG))
    assert metadata == parse_metadata(b"\0" + FFMPEG, amf3=True)
    assert (metadata.width, metadata.height, metadata.fps) == (320, 180, 25.0)
    assert (metadata.video_codec, metadata.audio_codec) == (7, 10)
    assert (metadata.video_kbps, metadata.audio_kbps) == (None, 67.3828125)
    assert (metadata.sample_rate_hz, metadata.channels) == (44100, 1)
    assert (metadata.encoder, metadata.server) == ("Lavf63.1.102", None)
    assert metadata.duration_s == 5.0
    assert metadata.values["title"] == "Grüße"


CARRIERS: dict[str, tuple[bytes, bool]] = {
    "object": (amf0.encode("onMetaData", {"width": 1920.0}), False),
    "ECMA array": (amf0.encode("onMetaData", EcmaArray(width=1920.0)), False),
    "typed object": (amf0.encode("onMetaData", TypedObject("Meta", {"width": 1920.0})), False),
    "AMF3 object by marker": (ON_METADATA + b"\x11" + amf3.encode({"width": 1920}), False),
    "AMF3 object": (amf3.encode("@setDataFrame", "onMetaData", {"width": 1920}), True),
    "AMF3 array": (amf3.encode("onMetaData", MixedArray([None], {"width": 1920})), True),
}


@pytest.mark.parametrize(("body", "is_amf3"), CARRIERS.values(), ids=CARRIERS)
def test_metadata_comes_in_any_container_with_names(body: bytes, is_amf3: bool) -> None:
    assert parse_metadata(body, amf3=is_amf3).width == 1920


NOT_METADATA = {
    "another name": (amf0.encode("onTextData", {}), "begins with 'onTextData', expected 'onMeta"),
    "no name": (amf0.encode(1.0), "begins with float, expected 'onMetaData'"),
    "nothing": (b"", "begins with NoneType, expected 'onMetaData'"),
    "only the order to set it": (SET, "begins with NoneType, expected 'onMetaData'"),
    "no values": (ON_METADATA, "onMetaData carries NoneType, expected an object or an ECMA"),
    "a list": (amf0.encode("onMetaData", []), "onMetaData carries list, expected an object"),
    "cut short": (FFMPEG[:-1], "byte 324, where the data ends"),
}


@pytest.mark.parametrize(("body", "message"), NOT_METADATA.values(), ids=NOT_METADATA)
def test_what_is_not_metadata_is_said(body: bytes, message: str) -> None:
    with pytest.raises(AmfError, match=message):
        parse_metadata(body)


def test_an_index_of_keyframes_is_not_too_much() -> None:
    times: list[Any] = [0.0] * 20_000
    body = amf0.encode("onMetaData", {"keyframes": {"times": times}, "width": 2.0})
    assert parse_metadata(body).width == 2


WRONG: list[Any] = [None, "1920", True, -1.0, 0.0, math.nan, math.inf, []]


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_a_number_that_is_none_or_makes_no_sense_counts_as_not_said(value: Any) -> None:
    keys = ["width", "framerate", "duration", "audiodatarate", "audiochannels", "audiosamplerate"]
    metadata = Metadata(dict.fromkeys(keys, value))
    assert metadata.width is None
    assert metadata.fps is None
    assert metadata.duration_s is None
    assert metadata.audio_kbps is None
    assert metadata.channels is None
    assert metadata.sample_rate_hz is None


def test_less_than_a_pixel_is_no_width() -> None:
    assert Metadata({"width": 0.5}).width is None


def test_a_text_that_is_none_counts_as_not_said() -> None:
    assert Metadata({"encoder": 1.0}).encoder is None


def test_fps_has_two_names() -> None:
    assert Metadata({"fps": 30.0}).fps == 30.0
    assert Metadata({"fps": 30.0, "framerate": 29.97}).fps == 29.97


def test_codecs_are_numbers_or_words() -> None:
    assert Metadata({"videocodecid": "hvc1"}).video_codec == "hvc1"
    assert Metadata({"videocodecid": float(0x68766331)}).video_codec == 0x68766331
    assert Metadata({"videocodecid": True}).video_codec is None


@pytest.mark.parametrize(
    ("values", "channels"),
    [
        ({"stereo": True}, 2),
        ({"stereo": False}, 1),
        ({"stereo": 1.0}, None),
        ({"stereo": True, "audiochannels": 6.0}, 6),
        ({}, None),
    ],
)
def test_channels_are_counted_or_told_by_stereo(
    values: dict[str, Any], channels: int | None
) -> None:
    assert Metadata(values).channels == channels


# --- the server's name


def test_the_servers_name_is_added_to_an_ecma_array_and_counted() -> None:
    body = with_server_name(FFMPEG, "trio-srs")
    at = len(SET) + len(ON_METADATA)
    count = int.from_bytes(FFMPEG[at + 1 : at + 5], "big")
    assert body[at + 1 : at + 5] == (count + 1).to_bytes(4, "big")
    assert body[: at + 1] == FFMPEG[: at + 1]
    assert body[at + 5 :] == FFMPEG[at + 5 : -3] + bytes.fromhex(
        "0006 736572766572 02 0008 7472696f2d737273 000009"
    )
    assert parse_metadata(body).server == "trio-srs"


def test_the_servers_name_is_added_to_an_object() -> None:
    body = amf0.encode("onMetaData", {"a": 1.0})
    assert with_server_name(body, "s") == amf0.encode("onMetaData", {"a": 1.0, "server": "s"})
    empty = amf0.encode("onMetaData", {})
    assert with_server_name(empty, "s") == amf0.encode("onMetaData", {"server": "s"})


def test_a_servers_name_is_replaced_where_it_stands() -> None:
    before = amf0.encode("onMetaData", EcmaArray({"server": "another", "a": 1.0}))
    after = amf0.encode("onMetaData", EcmaArray({"server": "s", "a": 1.0}))
    assert with_server_name(before, "s") == after
    assert with_server_name(b"\0" + before, "s", amf3=True) == b"\0" + after


def test_of_several_servers_names_the_last_is_replaced() -> None:
    server = b"\0\x06server\x05"
    body = ON_METADATA + b"\x03" + server + server + b"\0\0\x09"
    expected = ON_METADATA + b"\x03" + server + server[:-1] + amf0.encode("s") + b"\0\0\x09"
    assert with_server_name(body, "s") == expected


def test_a_wrong_count_is_set_right() -> None:
    array = b"\x08\xff\xff\xff\xff\0\x01a\x05\0\0\x09"
    changed = with_server_name(ON_METADATA + array, "s")
    assert changed == amf0.encode("onMetaData", EcmaArray({"a": None, "server": "s"}))


UNCHANGED: dict[str, tuple[bytes, bool]] = {
    "another message": (amf0.encode("onTextData", {"a": 1.0}), False),
    "no string": (amf0.encode(1.0, {}), False),
    "no values": (ON_METADATA, False),
    "a list": (amf0.encode("onMetaData", []), False),
    "nothing": (b"", False),
    "cut short": (FFMPEG[:-1], False),
    "pure AMF3": (amf3.encode("onMetaData", {"a": 1}), True),
    "AMF3 by marker": (ON_METADATA + b"\x11" + amf3.encode({"a": 1}), False),
    "a server that is an object": (amf0.encode("onMetaData", {"server": {}}), False),
}


@pytest.mark.parametrize(("body", "is_amf3"), UNCHANGED.values(), ids=UNCHANGED)
def test_what_takes_no_servers_name_is_the_same_object(body: bytes, is_amf3: bool) -> None:
    assert with_server_name(body, "s", amf3=is_amf3) is body


@given(fields, st.booleans(), st.text(max_size=10), st.binary(max_size=5))
def test_only_the_servers_name_changes(
    sent: dict[str, Any], array: bool, server: str, rest: bytes
) -> None:
    body = amf0.encode("onMetaData", EcmaArray(sent) if array else sent) + rest
    changed = with_server_name(body, server)
    found = parse_metadata(changed).values
    if isinstance(sent.get("server"), dict | list | TypedObject):
        assert changed is body
        return
    assert repr(found) == repr(type(found)({**sent, "server": server}))
    assert changed.endswith(rest)
    assert with_server_name(changed, server) == changed


# --- whatever comes


@given(bodies, st.booleans())
@example(b"\0" * 3, True)
@example(amf3.encode("@setDataFrame")[:-1], True)
def test_whatever_comes_is_passed_on_and_only_parsing_complains(body: bytes, is_amf3: bool) -> None:
    strip_set_data_frame(body, amf3=is_amf3)
    data_frame_name(body, amf3=is_amf3)
    cleared_data_frame(body, amf3=is_amf3)
    changed = with_server_name(body, "s", amf3=is_amf3)
    try:
        metadata = parse_metadata(body, amf3=is_amf3)
    except AmfError:
        return
    assert isinstance(metadata.values, dict)
    if changed is not body:
        assert parse_metadata(changed, amf3=is_amf3).server == "s"


@given(st.lists(amf3_values, max_size=3))
def test_pure_amf3_keeps_all_its_values_but_the_first(values: list[Any]) -> None:
    stripped = strip_set_data_frame(amf3.encode("@setDataFrame", *values), amf3=True)
    assert repr(amf3.decode_all(stripped)) == repr(values)


def test_more_than_the_limits_allow_is_passed_on_but_not_parsed() -> None:
    values: list[Any] = [None] * METADATA_LIMITS.count
    body = amf0.encode("onMetaData", {"a": values})
    assert with_server_name(body, "s") is body
    assert data_frame_name(body) == "onMetaData"
    with pytest.raises(AmfError, match="one too many; the limit is 65536 values"):
        parse_metadata(body)


def test_a_body_as_long_as_a_message_can_be_still_has_a_name() -> None:
    assert data_frame_name(amf0.encode("onTextData", "x" * (0xFFFFFF - 18))) == "onTextData"


# --- flags


def test_flags_are_taken_out_and_all_else_stays() -> None:
    before: dict[str, Value] = {"hasAudio": True, "a": 1.0, "b": True, "hasVideo": False, "c": "x"}
    after: dict[str, Value] = {"a": 1.0, "b": True, "c": "x"}
    names = {"hasAudio", "hasVideo"}
    for kind in (dict, EcmaArray):
        changed = without_flags(ON_METADATA + amf0.encode(kind(before)), names)
        assert changed == ON_METADATA + amf0.encode(kind(after))
    said = SET + ON_METADATA + amf0.encode(before)
    assert without_flags(said, names) == SET + ON_METADATA + amf0.encode(after)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        amf0.encode("other", {"hasAudio": True}),
        amf0.encode("onMetaData", 1.0),
        amf0.encode("onMetaData", {"hasAudio": 1.0}),
        amf0.encode("onMetaData", {"hasVideo": True})[:-1],
    ],
)
def test_what_has_no_such_flags_or_cannot_be_read_is_the_same_object(body: bytes) -> None:
    assert without_flags(body, {"hasAudio"}) is body
