"""H.264 and H.265: SEI without what encoders write about themselves. Floor 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from trio_srs.wire.bits import unescape
from trio_srs.wire.codec.config_record import CodecConfigError, RecordReader

__all__ = ["Sei", "iter_sei", "read_sei"]

_USER_DATA: Final = frozenset({4, 5})
"""user_data_registered_itu_t_t35 (captions, HDR10+...) and user_data_unregistered."""
_STOP = 0x80
_MOST_MESSAGES: Final = 256
"""In one NALU: more than any encoder writes, and few enough to be walked once per picture."""


def iter_sei(rbsp: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Walk the messages of a SEI NALU: payload type, payload, and the whole message as it stands.

    Of a message cut short comes what there is of it.

    Args:
        rbsp: behind the NALU's header, emulation bytes taken out.

    Raises:
        CodecConfigError: a message cut short, or over 256 of them.

    Source:
        ITU-T H.264 (08/2021), 7.3.2.3.1; ITU-T H.265 (08/2021), 7.3.5.
    """
    record = RecordReader(rbsp, "SEI")
    end = len(rbsp.rstrip(b"\x00"))
    if end and rbsp[end - 1] == _STOP:
        end -= 1
    for _ in range(_MOST_MESSAGES):
        if record.pos >= end:
            return
        start = record.pos
        kind = _number(record, "payload type")
        size = _number(record, "payload size")
        if size > len(rbsp) - record.pos:
            yield kind, rbsp[record.pos :], rbsp[start:]
        payload = record.take(size, "payload")
        yield kind, payload, rbsp[start : record.pos]
    if record.pos < end:
        raise record.fail(f"over {_MOST_MESSAGES} messages before byte {record.pos} of {end}")


def _number(record: RecordReader, field: str) -> int:
    total = byte = record.u8(field)
    while byte == 0xFF:
        byte = record.u8(field)
        total += byte
    return total


@attrs.define
class Sei:
    """What is in a SEI NALU."""

    messages: list[tuple[int, bytes]]
    """Payload type and payload of each."""
    clean: bytes | None
    """The NALU without its user data; None if it has no other messages.

    One that has none at all is here as it is, the same object. Otherwise what is left has its
    emulation bytes taken out and no stop bit: it is to be compared, not to be sent.
    """
    trouble: str | None
    """What is wrong with the rest of it."""


def read_sei(nalu: bytes, header_size: int) -> Sei:
    """Read a SEI NALU as far as it goes.

    Args:
        header_size: of the NALU, 1 for H.264 and 2 for H.265.
    """
    messages, kept, trouble = list[tuple[int, bytes]](), list[bytes](), None
    try:
        for kind, payload, raw in iter_sei(unescape(nalu[header_size:])):
            messages.append((kind, payload))
            if kind not in _USER_DATA:
                kept.append(raw)
    except CodecConfigError as error:
        trouble = str(error)
    if len(kept) == len(messages):
        return Sei(messages, nalu, trouble)
    return Sei(messages, nalu[:header_size] + b"".join(kept) if kept else None, trouble)
