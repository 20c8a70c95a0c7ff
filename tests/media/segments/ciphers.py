"""A cipher for tests: what it does can be seen, and undone."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["PlainCipher"]


class PlainCipher:
    """Puts key and vector in front of what it should hide."""

    def __init__(self) -> None:
        self._drawn = 0

    def new_key(self) -> bytes:
        self._drawn += 1
        return bytes([self._drawn]) * 16

    def encrypt(self, key: bytes, iv: bytes, chunks: Sequence[bytes]) -> bytes:
        return b"".join((key, iv, *chunks))
