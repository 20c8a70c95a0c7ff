"""A reader for configuration records, and the one error for all of them. Floor 0."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trio_srs.errors import ProtocolError
from trio_srs.wire.bits import BitsError

__all__ = ["CodecConfigError", "RecordReader", "blame"]


class CodecConfigError(ProtocolError):
    """A configuration record, or a header in one, that cannot be read."""

    code = "codec_config_error"


class RecordReader:
    """Reads whole bytes of a record; what is missing is blamed on it by name and byte."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self.pos = 0

    def take(self, count: int, field: str) -> bytes:
        """Read ``count`` bytes.

        Raises:
            CodecConfigError: fewer are left.
        """
        end = self.pos + count
        if end > len(self._data):
            raise CodecConfigError(
                f"{self._what}: {field} at byte {self.pos} ends at {end} of {len(self._data)}"
            )
        start, self.pos = self.pos, end
        return self._data[start:end]

    def u8(self, field: str) -> int:
        """Read one byte. Raises CodecConfigError at the end."""
        return self.take(1, field)[0]

    def u16(self, field: str) -> int:
        """Read two bytes, big-endian. Raises CodecConfigError at the end."""
        return int.from_bytes(self.take(2, field), "big")

    def rest(self) -> bytes:
        """Read what is left."""
        return self.take(len(self._data) - self.pos, "rest")

    def nalu(self, field: str) -> bytes:
        """Read a NALU after its u16 size.

        Raises:
            CodecConfigError: cut short, or an empty NALU.
        """
        size = self.u16(f"{field} size")
        if not size:
            raise CodecConfigError(f"{self._what}: an empty {field} at byte {self.pos - 2}")
        return self.take(size, field)

    def fail(self, text: str) -> CodecConfigError:
        """Make the error that says ``text`` about this record."""
        return CodecConfigError(f"{self._what}: {text}")


@contextmanager
def blame(what: str) -> Iterator[None]:
    """Turn bits that run out into a :class:`CodecConfigError` about ``what``."""
    try:
        yield
    except BitsError as exc:
        raise CodecConfigError(f"{what}: {exc}") from exc
