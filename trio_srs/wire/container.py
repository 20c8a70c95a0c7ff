"""Which container some bytes begin with. Floor 0."""

from __future__ import annotations

import enum
from typing import Final

from trio_srs.errors import ProtocolError
from trio_srs.wire.ts.packet import PACKET_SIZE, SYNC

__all__ = ["Container", "UnknownContainerError", "find_container"]

_FLV: Final = b"FLV"
_BOX_HEAD: Final = 8
_FIRST_BOXES: Final = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"sidx", b"free", b"skip"})
"""What an MP4 may begin with (ISO/IEC 14496-12, 4.3); and fragments without a beginning."""
_PACKETS: Final = 3
"""So many in a row are no chance."""
_ENOUGH: Final = _PACKETS * PACKET_SIZE
_SHOWN: Final = 40


class Container(enum.StrEnum):
    """What carries a stream over HTTP, or in a file."""

    FLV = "FLV"
    TS = "MPEG-TS"
    MP4 = "MP4"


class UnknownContainerError(ProtocolError):
    """Bytes that are no stream, or one in a container that is not read. The text has what was
    seen."""

    code = "unknown_container"


def find_container(
    head: bytes, *, may_be_inside: bool = False, is_all: bool = False
) -> Container | None:
    """Say what some bytes are the beginning of; None if more bytes have to tell.

    Args:
        may_be_inside: they may begin inside a packet of a transport stream, as somebody said that
            they are of one.
        is_all: no more bytes follow.

    Raises:
        UnknownContainerError: they are of none that is known.
    """
    if head[: len(_FLV)] == _FLV:
        return Container.FLV
    if head[4:_BOX_HEAD] in _FIRST_BOXES:
        return Container.MP4
    starts = range(PACKET_SIZE if may_be_inside else 1)
    if any(_has_packets(head[start:], is_all=is_all) for start in starts):
        return Container.TS
    if is_all or not _may_become_one(head, may_be_inside=may_be_inside):
        raise UnknownContainerError(_words(head))
    return None


def _has_packets(data: bytes, *, is_all: bool) -> bool:
    """Whether packets follow each other: three, or all there are."""
    if len(data) < (PACKET_SIZE if is_all else _ENOUGH):
        return False
    return set(data[:_ENOUGH:PACKET_SIZE]) == {SYNC}


def _may_become_one(head: bytes, *, may_be_inside: bool) -> bool:
    """Whether more bytes could make a container of it."""
    if len(head) < _BOX_HEAD:
        return True
    if may_be_inside:
        return len(head) < _ENOUGH + PACKET_SIZE
    return len(head) < _ENOUGH and set(head[::PACKET_SIZE]) == {SYNC}


def _words(head: bytes) -> str:
    if not head:
        return "there is nothing in it"
    if head.startswith(b"#EXTM3U"):
        return "it is an HLS playlist, expected a stream in FLV, MPEG-TS or MP4"
    if b"<MPD" in head:
        return "it is a DASH manifest, expected a stream in FLV, MPEG-TS or MP4"
    line = head[:_SHOWN].partition(b"\n")[0].decode("ascii", errors="replace").strip()
    is_text = line.isascii() and line.isprintable() and line
    shown = repr(line) if is_text else head[:_BOX_HEAD].hex()
    return f"it begins with {shown}, expected FLV, MPEG-TS or MP4"
