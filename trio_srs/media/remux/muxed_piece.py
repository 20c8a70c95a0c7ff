"""What a muxer makes: pieces of a container, in order, for whoever reads it. Floor 1."""

from __future__ import annotations

import attrs

__all__ = ["MuxedPiece"]


@attrs.define
class MuxedPiece:
    """Bytes that are sent whole, and after those before them. Treat as immutable."""

    data: bytes
    dts: int
    """Of its first access unit, in ticks of 90 kHz."""
    is_entry: bool
    """A reader may begin here, if it is sent :attr:`head` first."""
    head: bytes = b""
    """What a reader that begins here needs before it; shared by many pieces. Of a transport stream
    nothing: tables and parameter sets stand in each entry."""
    is_new_head: bool = False
    """The head is another one from here on, and readers that are there need it too, before this
    piece."""
    units: int = 1
    """Access units that are in it."""
