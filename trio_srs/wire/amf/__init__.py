"""AMF, Adobe's Action Message Format: the values inside RTMP commands and data messages. Floor 0.

``values`` has the Python shapes and the limits, ``amf0`` and ``amf3`` read and write them;
``reader`` and ``writer`` are what both versions share.
"""

from __future__ import annotations

from trio_srs.wire.amf.amf_reader import AmfError
from trio_srs.wire.amf.amf_writer import AmfEncodeError
from trio_srs.wire.amf.values import (
    DEFAULT_LIMITS,
    MAX_DEPTH,
    UNDEFINED,
    UNSUPPORTED,
    AmfDate,
    Dictionary,
    EcmaArray,
    Externalized,
    Limits,
    MixedArray,
    Special,
    TypedObject,
    Value,
    Vector,
    VectorOf,
    Xml,
    XmlDocument,
)

__all__ = [
    "DEFAULT_LIMITS",
    "MAX_DEPTH",
    "UNDEFINED",
    "UNSUPPORTED",
    "AmfDate",
    "AmfEncodeError",
    "AmfError",
    "Dictionary",
    "EcmaArray",
    "Externalized",
    "Limits",
    "MixedArray",
    "Special",
    "TypedObject",
    "Value",
    "Vector",
    "VectorOf",
    "Xml",
    "XmlDocument",
]
