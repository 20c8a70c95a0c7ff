"""What holds for any bytes whatever, and for any values; shared by the tests and the fuzzer."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from trio_srs.wire.amf import amf0, amf3
from trio_srs.wire.amf.amf_reader import AmfError
from trio_srs.wire.amf.amf_writer import AmfEncodeError
from trio_srs.wire.amf.values import DEFAULT_LIMITS, MAX_DEPTH, Limits

VERSIONS: Final = {"amf0": amf0, "amf3": amf3}

ANYTHING_WRITTEN: Final = Limits(depth=MAX_DEPTH, count=1 << 20, size=1 << 24)
"""Reads what was written by ourselves: names may count twice that were sent once."""

MOST_PRINTED: Final = 16 * DEFAULT_LIMITS.size
"""Characters that ``repr`` makes of anything read, at the very most: references multiply nothing.
A byte may take four, and each of the 4096 values a hundred or two around it."""

_SWITCH: Final = b"\x11"


def check(data: bytes) -> None:
    """Any bytes are read or blamed on the peer, by both versions; see :func:`read_again`."""
    for version in VERSIONS.values():
        read_again(version, data)


def read_again(version: ModuleType, data: bytes) -> bool:
    """Whether ``data`` is read. If so, it can be written, and that is read as the same.

    Nothing but :class:`AmfError` may come out of reading. What AMF0 and AMF3 share with each
    other in one message may be put so by writing that it is too deep, or refers to a part of a
    loop, or has names that AMF0 has no room for; all else is read the second time too.
    """
    try:
        values = version.decode_all(data)
    except AmfError:
        return False
    try:
        written = version.encode(*values)
        reread = version.decode_all(written, limits=ANYTHING_WRITTEN)
    except (AmfEncodeError, AmfError):
        assert version is amf0, "what AMF3 reads, it can write and read again"
        assert _SWITCH in data, "what AMF0 alone reads, it can write and read again"
        return True
    assert len(reread) == len(values)
    assert version.encode(*reread) == written
    assert len(repr(values)) <= MOST_PRINTED
    return True
