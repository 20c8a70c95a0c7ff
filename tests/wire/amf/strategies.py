"""Hypothesis strategies of AMF values, each reading back as the very same value."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from trio_srs.wire.amf.amf3_format import EXTERNALIZABLE
from trio_srs.wire.amf.values import (
    UNDEFINED,
    UNSUPPORTED,
    AmfDate,
    Dictionary,
    EcmaArray,
    Externalized,
    MixedArray,
    TypedObject,
    Vector,
    VectorOf,
    Xml,
    XmlDocument,
)

Values = st.SearchStrategy[Any]

_UTF8: Final = st.text(max_size=12)
_BYTES: Final = st.binary(max_size=6).map(lambda data: data.decode("utf-8", "surrogateescape"))
texts: Final = _UTF8 | _BYTES
names: Final = texts
some_names: Final = texts.filter(bool)
doubles: Final = st.floats(allow_nan=True)

_LEAVES: Final = st.none() | st.booleans() | doubles | texts | st.just(UNDEFINED)


def _amf0_containers(inner: Values) -> Values:
    fields = st.dictionaries(names, inner, max_size=4)
    return (
        fields
        | fields.map(EcmaArray)
        | st.lists(inner, max_size=4)
        | st.builds(TypedObject, names, fields)
    )


amf0_values: Final[Values] = st.recursive(
    _LEAVES
    | st.just(UNSUPPORTED)
    | st.builds(AmfDate, doubles, st.integers(-(2**15), 2**15 - 1))
    | st.builds(XmlDocument, texts),
    _amf0_containers,
    max_leaves=12,
)
"""What AMF0 can say without AMF3."""


def _vectors(inner: Values) -> Values:
    numbers: list[tuple[VectorOf, Values]] = [
        (VectorOf.INT, st.integers(-(2**31), 2**31 - 1)),
        (VectorOf.UINT, st.integers(0, 2**32 - 1)),
        (VectorOf.DOUBLE, doubles),
    ]
    of_numbers = [
        st.builds(Vector, st.just(of), st.lists(items, max_size=4), st.booleans())
        for of, items in numbers
    ]
    of_objects = st.builds(
        Vector, st.just(VectorOf.OBJECT), st.lists(inner, max_size=4), st.booleans(), texts
    )
    return st.one_of(*of_numbers, of_objects)


def _amf3_containers(inner: Values) -> Values:
    fields = st.dictionaries(names, inner, max_size=4)
    named = st.dictionaries(some_names, inner, min_size=1, max_size=4)
    return (
        fields
        | named.map(EcmaArray)
        | st.lists(inner, max_size=4)
        | st.builds(MixedArray, st.lists(inner, min_size=1, max_size=3), named)
        | st.builds(TypedObject, some_names, fields)
        | st.builds(Externalized, st.sampled_from(sorted(EXTERNALIZABLE)), inner)
        | st.builds(Dictionary, st.lists(st.tuples(inner, inner), max_size=3), st.booleans())
        | _vectors(inner)
    )


amf3_values: Final[Values] = st.recursive(
    _LEAVES
    | st.integers(-(2**28), 2**28 - 1)
    | st.builds(AmfDate, doubles)
    | st.builds(XmlDocument, texts)
    | st.builds(Xml, texts)
    | st.binary(max_size=8),
    _amf3_containers,
    max_leaves=12,
)
"""What AMF3 can say."""
