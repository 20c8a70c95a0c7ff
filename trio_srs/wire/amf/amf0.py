"""AMF0: values <-> bytes. Floor 0.

Source: "Action Message Format - AMF 0" (Adobe, 2007), whose clauses are named below.
"""

from __future__ import annotations

from trio_srs.wire.amf.amf0_decoder import Amf0Decoder, FieldSpan
from trio_srs.wire.amf.amf0_encoder import Amf0Encoder
from trio_srs.wire.amf.amf_reader import AmfReader
from trio_srs.wire.amf.values import DEFAULT_LIMITS, Limits, Value

__all__ = ["FieldSpan", "decode", "decode_all", "encode", "field_spans"]


def encode(*values: Value) -> bytes:
    """Write values, one after the other, as one message does.

    An object that appears twice, as the same instance, is written the second time as a
    reference to the first (2.9). What only AMF3 can say is written as AMF3 behind the
    marker 0x11 (3.1).

    Raises:
        AmfEncodeError: a value has no form in AMF, is nested too deep or is too long.
    """
    encoder = Amf0Encoder(bytearray())
    for value in values:
        encoder.value(value)
    return bytes(encoder.out)


def decode(
    data: bytes | memoryview, pos: int = 0, *, limits: Limits = DEFAULT_LIMITS
) -> tuple[Value, int]:
    """Read one value at ``pos``; returns it and the offset just past it.

    References are to objects within this value. The number of members that an ECMA array
    announces is not believed (peers write 0, or worse): it ends where it ends.

    Raises:
        AmfError: it is not AMF0, is cut short, or exceeds ``limits``.
    """
    decoder = Amf0Decoder(AmfReader(data, pos, limits))
    return decoder.value(), decoder.reader.pos


def decode_all(data: bytes | memoryview, *, limits: Limits = DEFAULT_LIMITS) -> list[Value]:
    """Read values until the data ends, as one message: references reach all of it.

    Raises:
        AmfError: as :func:`decode`; the limits hold for all values together.
    """
    decoder = Amf0Decoder(AmfReader(data, 0, limits))
    values = []
    while decoder.reader.pos < decoder.reader.end:
        values.append(decoder.value())
    return values


def field_spans(
    data: bytes | memoryview, pos: int = 0, *, limits: Limits = DEFAULT_LIMITS
) -> list[FieldSpan]:
    """Where the fields of the object or ECMA array at ``pos`` stand, in the order sent.

    Its first field starts at ``pos`` + 1, an ECMA array's at ``pos`` + 5; its end marker is
    the three bytes after the last field.

    Raises:
        AmfError: as :func:`decode`, or it is another kind of value.
    """
    decoder = Amf0Decoder(AmfReader(data, pos, limits))
    return decoder.spans()
