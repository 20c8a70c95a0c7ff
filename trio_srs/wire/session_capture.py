"""The file format of session captures: the bytes of one session, both ways, with times. Floor 0.

A file is :data:`MAGIC`, then records: kind (1 byte), microseconds since the session began (8),
length of what follows (4), all big-endian, and so many bytes. The first record is about the
session.
"""

from __future__ import annotations

import enum
import json
import struct
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

import attrs

from trio_srs.errors import RefusedError

__all__ = [
    "MAGIC",
    "CaptureKind",
    "CaptureRecord",
    "SessionCapture",
    "SessionCaptureError",
    "decode_capture",
    "encode_record",
    "facts_record",
    "is_capture",
    "omission",
]

MAGIC: Final = b"RTMPCAP\x01"
"""What a file begins with; the last byte is the version."""
_HEAD: Final = struct.Struct(">BQI")
_OMITTED: Final = struct.Struct(">QQ")


class SessionCaptureError(RefusedError):
    """A file is no capture of a session, or damaged. The text says where."""

    code = "bad_session_capture"
    http_status: ClassVar[int] = 400


class CaptureKind(enum.IntEnum):
    """What a record says. Readers pass over kinds that they do not know."""

    ABOUT = 1
    """Who speaks with whom, as a JSON object; the first record."""
    RECEIVED = 2
    """Bytes from the peer."""
    SENT = 3
    """Bytes to the peer."""
    PEER_ENDED = 4
    """The peer sends nothing more: the end of its stream of bytes."""
    WE_ENDED = 5
    """Nothing more is sent to the peer."""
    BROKEN = 6
    """The connection broke; what the system says of it, in UTF-8."""
    CLOSED = 7
    """The connection was closed at this end."""
    RESET = 8
    """It was closed at this end so that the peer sees it break."""
    OMITTED = 9
    """Bytes are left out here, received and sent: the bound was reached (two 8-byte numbers)."""
    OUTCOME = 10
    """How the session ended, as a JSON object."""


@attrs.frozen
class CaptureRecord:
    """One thing that happened on a connection."""

    kind: int
    """A :class:`CaptureKind`, or a number of a later version."""
    at_us: int
    """Microseconds since the session began."""
    data: bytes = b""

    @property
    def omitted(self) -> tuple[int, int]:
        """Of bytes that are left out: how many received ones, and how many that were sent."""
        received, sent = _OMITTED.unpack(self.data)
        return received, sent


@attrs.frozen
class SessionCapture:
    """All that a file says of a session."""

    about: Mapping[str, object]
    """The session: ``session``, ``protocol``, ``peer``, ``local``, ``began_at`` (Unix time),
    ``server``, ``masked``."""
    records: tuple[CaptureRecord, ...]
    """In the order in which they happened, but for what is said about the session and its end."""
    outcome: Mapping[str, object] | None = None
    """How it ended: ``reason``, ``detail``, ``bytes_in``, ``bytes_out``; None if that is not in the
    file."""
    cut_at: int | None = None
    """Where the file ends in the middle of a record, if it does: its server was killed, or the disk
    was full."""


def encode_record(record: CaptureRecord) -> bytes:
    """A record as it stands in a file."""
    return _HEAD.pack(record.kind, record.at_us, len(record.data)) + record.data


def facts_record(kind: CaptureKind, at_us: int, facts: Mapping[str, object]) -> CaptureRecord:
    """A record of facts: about the session, or how it ended."""
    return CaptureRecord(kind, at_us, json.dumps(facts).encode())


def omission(at_us: int, received: int, sent: int) -> CaptureRecord:
    """The record which says that so many bytes are left out."""
    return CaptureRecord(CaptureKind.OMITTED, at_us, _OMITTED.pack(received, sent))


def is_capture(data: bytes) -> bool:
    """Whether a file begins as one of ours, of any version."""
    return data[: len(MAGIC) - 1] == MAGIC[:-1]


def decode_capture(data: bytes) -> SessionCapture:
    """Read a whole file.

    Raises:
        SessionCaptureError: it is none of ours, of a version that is not known, or what it says is
            no sense. That it ends early is no error.
    """
    if not is_capture(data):
        raise SessionCaptureError(f"a session capture begins with {MAGIC!r}, not {data[:8]!r}")
    if data[: len(MAGIC)] != MAGIC:
        raise SessionCaptureError(f"version {data[7:8].hex()} of the format, expected 01")
    about: Mapping[str, object] | None = None
    outcome: Mapping[str, object] | None = None
    records: list[CaptureRecord] = []
    end = len(MAGIC)
    for offset, record in _records(data):
        end = offset + _HEAD.size + len(record.data)
        if record.kind == CaptureKind.ABOUT:
            about = _facts(record, offset)
        elif record.kind == CaptureKind.OUTCOME:
            outcome = _facts(record, offset)
        elif record.kind == CaptureKind.OMITTED and len(record.data) != _OMITTED.size:
            raise SessionCaptureError(
                f"byte {offset}: what is left out is said in {len(record.data)} bytes, "
                f"expected {_OMITTED.size}"
            )
        elif record.kind in _KNOWN:
            records.append(record)
    if about is None:
        raise SessionCaptureError(f"byte {len(MAGIC)}: nothing is said about the session")
    return SessionCapture(about, tuple(records), outcome, None if end == len(data) else end)


_KNOWN: Final = frozenset(CaptureKind)


def _records(data: bytes) -> Iterator[tuple[int, CaptureRecord]]:
    """The whole records, and where each begins."""
    offset = len(MAGIC)
    while len(data) - offset >= _HEAD.size:
        kind, at_us, length = _HEAD.unpack_from(data, offset)
        begin = offset + _HEAD.size
        if len(data) - begin < length:
            return
        yield offset, CaptureRecord(kind, at_us, data[begin : begin + length])
        offset = begin + length


def _facts(record: CaptureRecord, offset: int) -> Mapping[str, object]:
    try:
        facts = json.loads(record.data)
    except (ValueError, RecursionError) as error:
        raise SessionCaptureError(f"byte {offset}: not JSON: {error}") from error
    if not isinstance(facts, dict):
        raise SessionCaptureError(f"byte {offset}: {type(facts).__name__}, expected an object")
    return facts
