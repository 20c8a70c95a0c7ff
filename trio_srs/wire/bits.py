"""Bits out of bytes and into them: fixed, Exp-Golomb; emulation prevention of NALUs. Floor 0."""

from __future__ import annotations

import re
from typing import Final

from trio_srs.errors import ProtocolError

__all__ = ["BitReader", "BitWriter", "BitsError", "escape", "unescape"]

_MAX_ZEROS: Final = 32  # no field of H.264 or H.265 has a longer Exp-Golomb prefix
# Three bytes are never 00 00 00..03 inside a NALU; one that ends in 00 00 gets a 03 to end on.
_NEEDS_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03]|\Z)")


class BitsError(ProtocolError):
    """More bits were asked for than there are, or an Exp-Golomb code is overlong."""

    code = "bits_exhausted"


class BitReader:
    """Reads big-endian bit fields, first bit first.

    Every method raises :class:`BitsError` past the end, and moves nothing then.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._end = 8 * len(data)
        self.pos = 0
        """The next bit, counted from 0."""

    @property
    def left(self) -> int:
        """How many bits are left."""
        return self._end - self.pos

    def skip(self, count: int) -> None:
        """Pass over ``count`` bits."""
        if self.pos + count > self._end:
            raise BitsError(f"{count} bits wanted at bit {self.pos} of {self._end}")
        self.pos += count

    def u(self, count: int) -> int:
        """Read an unsigned number of ``count`` bits."""
        start = self.pos
        self.skip(count)
        last = self.pos + 7 >> 3
        span = int.from_bytes(self._data[start >> 3 : last], "big")
        return span >> (8 * last - self.pos) & ((1 << count) - 1)

    def flag(self) -> bool:
        """Read one bit as true or false."""
        return bool(self.u(1))

    def ue(self) -> int:
        """Read an unsigned Exp-Golomb code (H.264, 9.1)."""
        start, zeros = self.pos, 0
        try:
            while not self.u(1):
                zeros += 1
                if zeros > _MAX_ZEROS:
                    raise BitsError(f"Exp-Golomb code at bit {start} with over {_MAX_ZEROS} zeros")
            return (1 << zeros) - 1 + self.u(zeros)
        except BitsError:
            self.pos = start
            raise

    def se(self) -> int:
        """Read a signed Exp-Golomb code (H.264, 9.1.1): 0, 1, -1, 2, -2 and so on."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


class BitWriter:
    """Writes what :class:`BitReader` reads."""

    def __init__(self) -> None:
        self._value = 0
        self._count = 0

    def u(self, count: int, value: int) -> None:
        """Write ``value`` in ``count`` bits.

        Raises:
            ValueError: it does not fit. A caller's mistake.
        """
        if not 0 <= value < 1 << count:
            raise ValueError(f"{value} does not fit {count} bits")
        self._value = self._value << count | value
        self._count += count

    def flag(self, value: bool) -> None:
        """Write true or false as one bit."""
        self.u(1, int(value))

    def ue(self, value: int) -> None:
        """Write an unsigned Exp-Golomb code."""
        self.u(2 * (value + 1).bit_length() - 1, value + 1)

    def se(self, value: int) -> None:
        """Write a signed Exp-Golomb code."""
        self.ue(2 * value - 1 if value > 0 else -2 * value)

    def rbsp_trailing(self) -> None:
        """Write the stop bit of a NALU, and zeros up to a whole byte (H.264, 7.3.2.11)."""
        self.flag(True)
        self.u(-self._count % 8, 0)

    def to_bytes(self) -> bytes:
        """Return all bits so far, with zeros up to a whole byte."""
        padding = -self._count % 8
        return (self._value << padding).to_bytes((self._count + padding) // 8, "big")


def unescape(nalu: bytes) -> bytes:
    """Take the emulation prevention bytes out of a NALU (H.264, 7.3.1; H.265, 7.3.1.1)."""
    return nalu.replace(b"\x00\x00\x03", b"\x00\x00")


def escape(rbsp: bytes) -> bytes:
    """Put emulation prevention bytes in, so that no start code appears inside (H.264, 7.4.1)."""
    return _NEEDS_ESCAPE.sub(b"\x00\x00\x03", rbsp)
