"""The shapes of AMF values, and the limits of reading them."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from trio_srs.wire.amf.values import (
    DEFAULT_LIMITS,
    MAX_DEPTH,
    UNDEFINED,
    UNSUPPORTED,
    AmfDate,
    EcmaArray,
    Limits,
    Special,
    Xml,
    XmlDocument,
)


def test_the_default_limits_are_as_documented() -> None:
    assert Limits(depth=32, count=4096, size=1024 * 1024) == DEFAULT_LIMITS


@pytest.mark.parametrize(
    "wrong", [{"depth": 0}, {"depth": MAX_DEPTH + 1}, {"count": 0}, {"size": 0}]
)
def test_limits_that_could_not_be_kept_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Limits(**wrong)


def test_the_greatest_depth_is_allowed() -> None:
    assert Limits(depth=MAX_DEPTH).depth == MAX_DEPTH


def test_the_special_values_are_themselves() -> None:
    assert list(Special) == [UNDEFINED, UNSUPPORTED]


def test_an_ecma_array_is_a_dict_that_says_what_it_is() -> None:
    array = EcmaArray(width=1920.0)
    assert array == {"width": 1920.0}
    assert repr(array) == "EcmaArray({'width': 1920.0})"


def test_an_ecma_array_that_holds_itself_can_be_printed() -> None:
    array = EcmaArray()
    array["a"] = array
    assert repr(array) == "EcmaArray({'a': EcmaArray({...})})"


def test_xml_and_xml_documents_differ() -> None:
    both: list[object] = [Xml("a"), XmlDocument("a")]
    assert both[0] == Xml("a")
    assert both[0] != both[1]


@pytest.mark.parametrize("value", [AmfDate(0.0), Xml("a"), XmlDocument("a"), DEFAULT_LIMITS])
def test_values_without_members_do_not_change(value: Any) -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(value, attrs.fields(type(value))[0].name, None)
