"""NALU streams: Annex B and length-prefixed, split and joined. Floor 0."""

from __future__ import annotations

from collections.abc import Iterable

from trio_srs.errors import ProtocolError

__all__ = ["NaluError", "join_annexb", "join_prefixed", "split_annexb", "split_prefixed"]

_START = b"\x00\x00\x01"


class NaluError(ProtocolError):
    """An access unit that cannot be cut into NALUs. The text names the byte."""

    code = "nalu_error"


def split_prefixed(data: bytes, length_size: int) -> list[bytes]:
    """Split an access unit of RTMP or MP4: each NALU after its size, big-endian.

    Args:
        data: the access unit, without any FLV header.
        length_size: bytes per size, 1, 2 or 4, from the configuration record.

    Returns:
        The NALUs, emulation bytes left in. Empty ones, which some encoders write, are left out.

    Raises:
        NaluError: a size cut short or past the end.

    Source:
        ISO/IEC 14496-15:2022, 5.2.2.
    """
    nalus, pos = [], 0
    while pos < len(data):
        start = pos + length_size
        end = start + int.from_bytes(data[pos:start], "big")
        if end > len(data) or start > len(data):
            raise NaluError(f"the NALU at byte {pos} ends at byte {end} of {len(data)}")
        if end > start:
            nalus.append(data[start:end])
        pos = end
    return nalus


def join_prefixed(nalus: Iterable[bytes], length_size: int = 4) -> bytes:
    """Join NALUs the way :func:`split_prefixed` splits them.

    Raises:
        OverflowError: a NALU whose size does not fit. A caller's mistake.
    """
    return b"".join(len(nalu).to_bytes(length_size, "big") + nalu for nalu in nalus)


def split_annexb(data: bytes) -> list[bytes]:
    """Split a byte stream at its start codes, of three or four bytes.

    Returns:
        The NALUs, emulation bytes left in; zeros around them, and empty ones, left out.

    Raises:
        NaluError: something other than zeros before the first start code.

    Source:
        ITU-T H.264 and H.265, annex B.
    """
    if not data.strip(b"\x00"):
        return []
    at = data.find(_START)
    if at < 0 or data[:at].strip(b"\x00"):
        raise NaluError(f"byte 0 is no start code but {data[:4].hex()}")
    # A NALU never ends in 00, so zeros before a start code belong to the stream.
    pieces = (piece.rstrip(b"\x00") for piece in data[at + 3 :].split(_START))
    return [piece for piece in pieces if piece]


def join_annexb(nalus: Iterable[bytes]) -> bytes:
    """Join NALUs into a byte stream, four-byte start codes throughout."""
    return b"".join(b"\x00" + _START + nalu for nalu in nalus)
