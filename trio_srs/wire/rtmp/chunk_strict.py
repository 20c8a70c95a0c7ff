"""A chunk reader that lets nothing odd pass. Floor 0."""

from __future__ import annotations

from collections.abc import Collection

from trio_srs.errors import ProtocolError
from trio_srs.wire.rtmp.chunk_limits import ChunkLimits
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.oddity import OddityKind

__all__ = ["OddityRefusedError", "StrictChunkReader"]


class OddityRefusedError(ProtocolError):
    """The peer did something that is odd, and this server is to refuse that (``rtmp.strict``)."""

    code = "oddity_refused"


class StrictChunkReader(ChunkReader):
    """One for which what is odd, here or for whoever reads the messages, is an error.

    Args:
        refused: the kinds that are; others are only noted.
    """

    def __init__(self, *, limits: ChunkLimits, refused: Collection[OddityKind]) -> None:
        super().__init__(limits=limits)
        self._refused = refused

    def note(self, kind: OddityKind, detail: str) -> None:
        """Note it, and refuse it.

        Raises:
            OddityRefusedError: it is of a kind that is refused.
        """
        super().note(kind, detail)
        if kind in self._refused:
            raise OddityRefusedError(f"{kind.value} is refused: {detail}")
