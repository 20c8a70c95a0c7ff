"""What holds for any bytes whatever, and for any values; shared by the tests and the fuzzer."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from trio_srs.wire.amf import amf0, amf3
from trio_srs.wire.amf.reader import AmfError
from trio_srs.wire.amf.values import MAX_DEPTH, Limits
from trio_srs.wire.amf.writer import AmfEncodeError

VERSIONS: Final = {"amf0": amf0, "amf3": amf3}

ANYTHING_WRITTEN: Final = Limits(depth=MAX_DEPTH, count=1 << 20, size=1 << 24)
"""Reads what was written by ourselves: names may count twice that were sent once."""

_SWITCH: Final = b"\x11"


def check(data: bytes) -> None:
    """Any bytes are read or blamed on the peer, by both versions; see :func:`read_again`."""
    for version in VERSIONS.values():
        read_again(version, data)


def read_again(version: ModuleType, data: bytes) -> bool:
    """Whether ``data`` is read. If so, it can be written, and that is read as the same.

    Nothing but :class:`AmfError` may come out of reading. Writing may fail only where AMF3
    inside AMF0 shares objects between the two, or has names that AMF0 has no room for.
    """
    try:
        values = version.decode_all(data)
    except AmfError:
        return False
    try:
        written = version.encode(*values)
    except AmfEncodeError:
        assert version is amf0, "what AMF3 reads, it can write"
        assert _SWITCH in data, "what AMF0 alone reads, it can write"
        return True
    reread = version.decode_all(written, limits=ANYTHING_WRITTEN)
    assert len(reread) == len(values)
    assert version.encode(*reread) == written
    return True
