"""What is odd is an error, unless it is allowed."""

from __future__ import annotations

import pytest

from trio_srs.wire.rtmp.chunk_limits import ChunkLimits
from trio_srs.wire.rtmp.chunk_strict import OddityRefusedError, StrictChunkReader
from trio_srs.wire.rtmp.oddity import OddityKind

FMT_1_FIRST = b"\x44\0\0\0\0\0\x01\x08x"


def test_what_is_refused_is_an_error_that_says_what_it_was() -> None:
    reader = StrictChunkReader(limits=ChunkLimits(), refused=frozenset(OddityKind))
    reader.feed(FMT_1_FIRST)
    with pytest.raises(OddityRefusedError, match="first_chunk_fmt is refused: chunk stream 4"):
        reader.next_message()


def test_what_is_allowed_is_only_noted() -> None:
    reader = StrictChunkReader(limits=ChunkLimits(), refused={OddityKind.ABORT})
    reader.feed(FMT_1_FIRST)
    assert reader.next_message() is not None
    assert list(reader.oddities or ()) == [OddityKind.FIRST_CHUNK_FMT]
