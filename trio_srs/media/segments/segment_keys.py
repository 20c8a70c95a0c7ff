"""Keys of encrypted segments: another one every so many segments, the same in all renditions.
Floor 1.

Source:
    RFC 8216, 4.3.2.4 and 5.2: a segment of ``AES-128`` is one run of CBC with PKCS7 padding; its
    initialization vector is its media sequence number, where none is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import attrs

__all__ = ["SegmentCipher", "SegmentKey", "SegmentKeys"]

_IV_BYTES: Final = 16
_MARGIN: Final = 8
"""Segments that a rendition may be behind another."""


class SegmentCipher(Protocol):
    """What encrypts, and draws keys."""

    def new_key(self) -> bytes:
        """16 bytes that nobody can guess."""
        ...

    def encrypt(self, key: bytes, iv: bytes, chunks: Sequence[bytes]) -> bytes:
        """All chunks together, by AES-128 in CBC mode with PKCS7 padding."""
        ...


@attrs.frozen(eq=False)
class SegmentKey:
    """A key for some segments in a row."""

    name: str
    """Of the file that it is asked for by."""
    data: bytes = attrs.field(repr=False)


class SegmentKeys:
    """The keys of one presentation.

    Args:
        front: what all names begin with: another for each presentation of a stream, ever.
        per_key: segments that have the same key.
    """

    def __init__(self, cipher: SegmentCipher, front: str, per_key: int) -> None:
        self._cipher, self._front, self._per_key = cipher, front, per_key
        self._keys: dict[int, SegmentKey] = {}  # by the first number divided by how many have it

    def encrypt(self, number: int, chunks: Sequence[bytes]) -> tuple[SegmentKey, bytes]:
        """A segment by its number: its key, and what it is then."""
        group = number // self._per_key
        key = self._keys.get(group)
        if key is None:
            name = f"{self._front}-{group}.key"
            key = self._keys[group] = SegmentKey(name, self._cipher.new_key())
        return key, self._cipher.encrypt(key.data, number.to_bytes(_IV_BYTES, "big"), chunks)

    def find(self, name: str) -> SegmentKey | None:
        """A key by its name, if a segment may still need it."""
        return next((key for key in self._keys.values() if key.name == name), None)

    def forget_before(self, number: int) -> None:
        """No rendition has a segment before that any more."""
        least = (number - _MARGIN) // self._per_key
        for group in [each for each in self._keys if each < least]:
            del self._keys[group]
