"""Opus in PES packets: each packet stands behind a header that says how long it is. Floor 0.

Source:
    "Opus in MPEG-TS" (draft 0.1.3 of an ETSI TS), opus_control_header. As ffmpeg writes it.
"""

from __future__ import annotations

from typing import Final

__all__ = ["opus_control", "split_opus"]

_PREFIX: Final = 0x3FF
_START_TRIM, _END_TRIM, _EXTENSION = 0x10, 0x08, 0x04
_LACE: Final = 0xFF


def opus_control(size: int) -> bytes:
    """The header before a packet of Opus of so many bytes, without trimming."""
    laces, rest = divmod(size, _LACE)
    return b"\x7f\xe0" + b"\xff" * laces + bytes((rest,))


def split_opus(data: bytes) -> tuple[list[bytes], int]:
    """Cut the data of a PES packet into packets of Opus; trimming is passed over.

    Layout::

        0..1   u16     0b01111111111SEX00: prefix of 11 bits; trims at start and end, an extension
        2..    u8 each size of the packet: the sum, up to the first that is not 255
               u16     samples to drop at the start, if S
               u16     likewise at the end, if E
               u8      size of the extension, if X, and as many bytes

    Returns:
        The packets, and how many bytes at the end are no whole packet.
    """
    packets: list[bytes] = []
    pos = 0
    while pos + 2 < len(data) and data[pos] << 3 | data[pos + 1] >> 5 == _PREFIX:
        flags, at, size = data[pos + 1], pos + 2, 0
        while at < len(data) and data[at] == _LACE:
            size += _LACE
            at += 1
        size += data[at] if at < len(data) else len(data)
        at += 1 + 2 * bool(flags & _START_TRIM) + 2 * bool(flags & _END_TRIM)
        if flags & _EXTENSION:
            at += 1 + (data[at] if at < len(data) else 0)
        if at + size > len(data):
            break
        packets.append(data[at : at + size])
        pos = at + size
    return packets, len(data) - pos
