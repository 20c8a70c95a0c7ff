"""What a chunk stream may hold: the defaults, and what an error says."""

from __future__ import annotations

from trio_srs.wire.rtmp.chunk_limits import ChunkLimits, MessageTooLongError


def test_by_default_a_longest_message_may_be_half_read_in_each_of_two_chunk_streams() -> None:
    limits = ChunkLimits()
    assert limits.message == 2**24 - 1, "what the length field can say"
    assert limits.half_read == 2 * limits.message


def test_a_message_that_is_too_long_is_told_with_its_numbers() -> None:
    error = MessageTooLongError(length=1001, limit=1000, csid=4, offset=17)
    assert str(error) == (
        "byte 17: message of 1001 bytes on chunk stream 4; the limit is 1000 bytes"
    )
    assert (error.length, error.limit, error.csid) == (1001, 1000, 4)
