"""NALU streams: Annex B and length-prefixed, split and joined. Floor 0."""

from __future__ import annotations

from collections.abc import Iterable

from trio_srs.errors import ProtocolError

__all__ = [
    "NaluError",
    "is_annexb",
    "join_annexb",
    "join_prefixed",
    "mended_prefixes",
    "read_prefixed",
    "split_annexb",
    "split_prefixed",
]

_START = b"\x00\x00\x01"
_STARTS = (_START, b"\x00" + _START)


class NaluError(ProtocolError):
    """An access unit that cannot be cut into NALUs. The text names the byte."""

    code = "nalu_error"


def is_annexb(data: bytes) -> bool:
    """Whether the first thing is a start code, where a size or a record is expected."""
    return data.startswith(_STARTS)


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
    nalus, error = read_prefixed(data, length_size)
    if error is not None:
        raise error
    return nalus


def read_prefixed(data: bytes, length_size: int) -> tuple[list[bytes], NaluError | None]:
    """Split as :func:`split_prefixed` does; what cannot be cut off spoils only itself.

    Returns:
        The NALUs, the last one possibly cut short, and what is wrong with them; None if nothing
        is. Where start codes stand in place of sizes (Annex B), what is between them.
    """
    nalus: list[bytes] = []
    pos, size = 0, len(data)
    while pos < size:
        start = pos + length_size
        end = start + int.from_bytes(data[pos:start], "big")
        if end > size or start > size:
            return _salvage(data, nalus, pos, start, end)
        if end > start:
            nalus.append(data[start:end])
        pos = end
    return nalus, None


def _salvage(
    data: bytes, nalus: list[bytes], pos: int, start: int, end: int
) -> tuple[list[bytes], NaluError]:
    if _has_start_codes(data, pos):
        text = f"start codes ({data[:4].hex()}, Annex B) where sizes of NALUs are expected"
        return split_annexb(data), NaluError(text)
    if start < len(data):
        nalus.append(data[start:])
    return nalus, NaluError(f"the NALU at byte {pos} ends at byte {end} of {len(data)}")


def _has_start_codes(data: bytes, pos: int) -> bool:
    """Whether the size at ``pos`` cannot be one because there are none: a start code of four bytes
    is as good as the size of a NALU of one byte, so the next one must be beyond all bounds; one of
    three is as good as that of a NALU of 256 to 511, in which no other can be."""
    if data.startswith(_START):
        return data.find(_START, len(_START)) > 0
    return data.startswith(_STARTS) and data[pos] > 0


def join_prefixed(nalus: Iterable[bytes], length_size: int = 4) -> bytes:
    """Join NALUs the way :func:`split_prefixed` splits them.

    Raises:
        OverflowError: a NALU whose size does not fit. A caller's mistake.
    """
    return b"".join(len(nalu).to_bytes(length_size, "big") + nalu for nalu in nalus)


def mended_prefixes(data: bytes, length_size: int) -> bytes:
    """An access unit whose sizes are right and not 0, made of one that may not be so: the same
    object if it is. Browsers give up a stream for a size past the end, or of 0. Never raises.
    """
    pos, size = 0, len(data)
    while pos < size:
        start = pos + length_size
        pos = start + int.from_bytes(data[pos:start], "big")
        if pos <= start:
            break
    else:
        if pos == size:
            return data
    nalus, _ = read_prefixed(data, length_size)
    longest = (1 << 8 * length_size) - 1
    return join_prefixed((nalu for nalu in nalus if len(nalu) <= longest), length_size)


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
