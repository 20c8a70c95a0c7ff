"""The chunk stream by the letter: each clause and each fault, one chunk after the other."""

from __future__ import annotations

import pytest

from tests.wire.rtmp.chunk_cases import CASES, FAULTS, Expected, Fault
from tests.wire.rtmp.plain_chunks import PlainReader, Verdict, drain, drain_pieces, in_steps
from trio_srs.wire.rtmp.chunk_limits import ChunkLimits
from trio_srs.wire.rtmp.chunk_parts import ChunkParts
from trio_srs.wire.rtmp.message import MessageType


def read(wire: bytes, chunk_size: int, limits: ChunkLimits | None = None) -> Verdict:
    """What comes of ``wire``, after making sure that it is the same however it arrives."""
    plain = drain(PlainReader(wire, chunk_size=chunk_size, limits=limits))
    for step in (1, 2, 3, 5, 127, 129, len(wire) or 1):
        reader = ChunkParts(chunk_size=chunk_size, limits=limits)
        assert drain_pieces(reader, in_steps(wire, step)) == plain, f"in steps of {step}"
    return plain


@pytest.mark.parametrize(("chunk_size", "wire", "expected"), CASES.values(), ids=list(CASES))
def test_the_letter_is_read_without_a_short_way(
    chunk_size: int, wire: str, expected: Expected
) -> None:
    got, complaint = read(bytes.fromhex(wire), chunk_size)
    assert complaint == ""
    media = [m for m in got if m.type_id not in {MessageType.SET_CHUNK_SIZE, MessageType.ABORT}]
    assert [(m.timestamp_ms, m.stream_id, m.payload.hex()) for m in media] == expected


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_named_without_a_short_way(fault: Fault) -> None:
    _, complaint = read(bytes.fromhex(fault.wire), fault.chunk_size, fault.limits)
    assert complaint == fault.text


def test_an_abort_gives_back_what_was_held() -> None:
    reader = ChunkParts(chunk_size=4)
    reader.feed(bytes.fromhex("04 000000 000006 09 01000000 aabbccdd"))
    assert reader.next_message() is None
    assert (reader.half_read, reader.held) == (4, 0)
    reader.abort(5)
    assert reader.half_read == 4
    reader.abort(4)
    reader.abort(4)
    assert reader.half_read == 0
