"""Attribute lists: what is written is read, and what is none is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.hls.attribute_list import (
    Attribute,
    AttributeList,
    PlaylistError,
    Word,
    read_count,
    read_seconds,
    write_attributes,
    write_seconds,
)


def test_the_letter_of_each_type() -> None:
    said = write_attributes(
        {
            "URI": "a,b=c.mp4", "BANDWIDTH": 1280000, "METHOD": Word("AES-128"), "DURATION": 0.2,
            "IV": b"\x00\xaf", "INDEPENDENT": True, "GAP": False, "NAME": None,
        }
    )  # fmt: skip
    assert said == (
        'URI="a,b=c.mp4",BANDWIDTH=1280000,METHOD=AES-128,DURATION=0.2,IV=0x00AF,INDEPENDENT=YES'
    )
    read = AttributeList.read(said)
    assert read.text("URI") == "a,b=c.mp4"
    assert read.count("BANDWIDTH") == 1280000
    assert read.word("METHOD", "NONE", "AES-128") == "AES-128"
    assert read.seconds("DURATION") == 0.2
    assert read.hexadecimal("IV") == b"\x00\xaf"
    assert read.is_yes("INDEPENDENT")
    assert not read.is_yes("GAP")
    assert "GAP" not in read


def test_what_is_not_there_is_nothing() -> None:
    nothing = AttributeList.read("")
    assert nothing.text("A") == nothing.word("A") == ""
    assert nothing.count("A") is None
    assert nothing.seconds("A") is None
    assert nothing.hexadecimal("A") is None
    assert nothing.resolution("A") == (0, 0)
    with pytest.raises(PlaylistError, match="B is missing"):
        AttributeList.read("A=1").need("A", "B")


def test_a_resolution_and_an_odd_number_of_hexadecimal_digits_are_read() -> None:
    read = AttributeList.read("RESOLUTION=1280x720,IV=0xabc")
    assert read.resolution("RESOLUTION") == (1280, 720)
    assert read.hexadecimal("IV") == b"\x0a\xbc"


@pytest.mark.parametrize(
    "text",
    ["A", "A=", "a=1", 'A="x', "A=1,", ",A=1", "A=1,,B=2", "A=1 B=2", 'A=x"y"', "A=1,A=2", "A =1"],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(PlaylistError):
        AttributeList.read(text)


def test_values_of_other_types_are_refused() -> None:
    read = AttributeList.read('A=x,B="1",C=-1,D=1.,E=12')
    asked = (
        lambda: read.text("A"),
        lambda: read.word("B"),
        lambda: read.word("A", "y"),
        lambda: read.is_yes("A"),
        lambda: read.count("B"),
        lambda: read.count("C"),
        lambda: read.seconds("D"),
        lambda: read.hexadecimal("E"),
        lambda: read.resolution("E"),
        lambda: read_count("", "x"),
        lambda: read_seconds("1e3", "x"),
    )
    for ask in asked:
        with pytest.raises(PlaylistError):
            ask()


@pytest.mark.parametrize("value", ['a"b', "a\nb", -1.0, math.inf, math.nan])
def test_what_cannot_be_said_is_the_callers_mistake(value: Attribute) -> None:
    with pytest.raises(ValueError, match="cannot"):
        write_attributes({"A": value})


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0"), (2.0, "2"), (0.2, "0.2"), (1.966666, "1.96667"), (10.0, "10")]
)
def test_seconds_have_as_few_digits_as_say_them(seconds: float, text: str) -> None:
    assert write_seconds(seconds) == text


@given(
    st.dictionaries(
        st.text("ABC-9", min_size=1, max_size=5),
        st.text(st.characters(codec="utf-8", exclude_characters='"', exclude_categories=["C"])),
        max_size=4,
    )
)
@pytest.mark.property
def test_text_comes_back(values: dict[str, str]) -> None:
    read = AttributeList.read(write_attributes(values))
    assert {name: read.text(name) for name in values} == {k: v for k, v in values.items() if v} | {
        k: "" for k, v in values.items() if not v
    }
