"""Digests of a stream that are exact at any moment, to compare two ends or a golden file by.

Floor 1.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final

import attrs

from trio_srs.media.facts import DigestFacts

__all__ = ["MODES", "Digests", "whole"]

MODES: Final = {
    "exact": "exact",
    "ignoring timestamps": "payload",
    "ignoring SEI user data": "without_user_data",
}
"""How a golden file may be compared: the mode's name, and the field of
:class:`~trio_srs.media.facts.DigestFacts` that has to be equal."""

_HEAD: Final = struct.Struct(">BII")


def whole(type_id: int, timestamp_ms: int, payload: bytes) -> bytes:
    """What exact digests take of a message: type, timestamp and length stand before its payload."""
    return _HEAD.pack(type_id, timestamp_ms, len(payload)) + payload


@attrs.define(eq=False)
class Digests:
    """Takes messages, or one track's part of them."""

    _both: tuple[hashlib._Hash, hashlib._Hash] | None = None
    """Exact, and of payloads alone; made with the first message: of most streams only headers are
    looked at, and a hash takes half a kilobyte."""
    _clean: hashlib._Hash | None = None
    """Without user data: begins as a copy of the exact one where there is some for the first
    time, so that most streams pay for two digests and not three."""

    def add(self, message: bytes, payload: bytes, clean: bytes | None = None) -> None:
        """Take a message.

        Args:
            message: all of it, as :func:`whole` has it.
            payload: only that.
            clean: all of it, but for user data in the payload; None if there is none in it.
        """
        if self._both is None:
            self._both = hashlib.sha256(), hashlib.sha256()
        exact, payloads = self._both
        if clean is not None and self._clean is None:
            self._clean = exact.copy()
        if self._clean is not None:
            self._clean.update(message if clean is None else clean)
        exact.update(message)
        payloads.update(payload)

    def facts(self) -> DigestFacts:
        """What they are so far."""
        exact, payload = (it.hexdigest() for it in self._both or (hashlib.sha256(),) * 2)
        clean = exact if self._clean is None else self._clean.hexdigest()
        return DigestFacts(exact, payload, clean)
