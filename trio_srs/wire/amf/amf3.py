"""AMF3: values <-> bytes, with its three tables of references. Floor 0.

Source: "Action Message Format - AMF 3" (Adobe, 2013).
"""

from __future__ import annotations

from trio_srs.wire.amf.amf3_decoder import Amf3Decoder
from trio_srs.wire.amf.amf3_encoder import Amf3Encoder
from trio_srs.wire.amf.amf_reader import AmfReader
from trio_srs.wire.amf.values import DEFAULT_LIMITS, Limits, Value

__all__ = ["decode", "decode_all", "encode"]


def encode(*values: Value) -> bytes:
    """Write values, one after the other, with one set of reference tables.

    Strings, and objects that are the same instance, are written once. A ``dict`` becomes a
    dynamic object, a :class:`TypedObject` one of sealed members only.

    Raises:
        AmfEncodeError: a value has no form in AMF3, is nested too deep or is too long.
    """
    encoder = Amf3Encoder(bytearray())
    for value in values:
        encoder.value(value)
    return bytes(encoder.out)


def decode(
    data: bytes | memoryview, pos: int = 0, *, limits: Limits = DEFAULT_LIMITS
) -> tuple[Value, int]:
    """Read one value at ``pos``, with fresh tables; returns it and the offset just past it.

    Raises:
        AmfError: it is not AMF3, is cut short, exceeds ``limits``, or is an object of an
            externalizable class not in ``amf3_format.EXTERNALIZABLE``.
    """
    decoder = Amf3Decoder(AmfReader(data, pos, limits))
    return decoder.value(), decoder.reader.pos


def decode_all(data: bytes | memoryview, *, limits: Limits = DEFAULT_LIMITS) -> list[Value]:
    """Read values until the data ends, with one set of tables.

    Raises:
        AmfError: as :func:`decode`; the limits hold for all values together.
    """
    decoder = Amf3Decoder(AmfReader(data, 0, limits))
    values = []
    while decoder.reader.pos < decoder.reader.end:
        values.append(decoder.value())
    return values
