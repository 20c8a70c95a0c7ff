"""The letter of the chunk stream: bytes and what comes of them, for each clause and each fault."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.rtmp.chunk_limits import (
    ChunkLimits,
    ChunkOrderError,
    HalfReadError,
    MessageTooLongError,
    TooManyChunkStreamsError,
)

Expected = list[tuple[int, int, str]]
"""Timestamp, message stream, payload."""

CASES: Final[dict[str, tuple[int, str, Expected]]] = {
    # name: (chunk size, wire, what comes out)
    "5.3.1.1 chunk streams up to 63 take one byte": (
        128,
        "3f 000000 000001 09 00000000 aa",
        [(0, 0, "aa")],
    ),
    "5.3.1.1 chunk stream 64 takes two bytes": (
        128,
        "00 00 000000 000001 09 00000000 aa",
        [(0, 0, "aa")],
    ),
    "5.3.1.1 chunk stream 65599 takes three bytes, and keeps its state": (
        128,
        "01 ffff 000007 000001 09 01000000 aa  81 ffff 000002 bb  c1 ffff cc",
        [(7, 1, "aa"), (9, 1, "bb"), (11, 1, "cc")],
    ),
    "5.3.1.1 chunk stream 64 in two and in three bytes is the same": (
        128,
        "00 00 000007 000001 09 01000000 aa  81 0000 000002 bb",
        [(7, 1, "aa"), (9, 1, "bb")],
    ),
    "5.3.1.1 three bytes are little-endian: 0100 is 65, 0001 is 320": (
        128,
        "01 0100 000007 000001 09 01000000 aa  80 01 000002 bb01 0001 000000 000001 09 02000000 cc",
        [(7, 1, "aa"), (9, 1, "bb"), (0, 2, "cc")],
    ),
    "5.3.1.2.1 fmt 0 has everything, its message stream little-endian": (
        128,
        "04 00000a 000002 09 01020304 aabb",
        [(10, 0x04030201, "aabb")],
    ),
    "5.3.1.2.1 fmt 0 goes backwards": (
        128,
        "04 00000a 000001 09 01000000 aa  04 000003 000001 09 02000000 bb",
        [(10, 1, "aa"), (3, 2, "bb")],
    ),
    "5.3.1.2.2 fmt 1 adds its delta, and has a length of its own": (
        128,
        "04 00000a 000001 09 01000000 aa  44 000005 000002 08 bbcc",
        [(10, 1, "aa"), (15, 1, "bbcc")],
    ),
    "5.3.1.2.3 fmt 2 adds its delta, and has no length": (
        128,
        "04 00000a 000002 09 01000000 aabb  84 000005 ccdd",
        [(10, 1, "aabb"), (15, 1, "ccdd")],
    ),
    "5.3.1.2.4 fmt 3 repeats the delta of fmt 1": (
        128,
        "04 00000a 000001 09 01000000 aa  44 000005 000001 09 bb  c4 cc  c4 dd",
        [(10, 1, "aa"), (15, 1, "bb"), (20, 1, "cc"), (25, 1, "dd")],
    ),
    "5.3.1.2.4 fmt 3 repeats the delta of fmt 2": (
        128,
        "04 00000a 000001 09 01000000 aa  84 000005 bb  c4 cc",
        [(10, 1, "aa"), (15, 1, "bb"), (20, 1, "cc")],
    ),
    "5.3.1.2.4 fmt 3 after fmt 0 adds its timestamp": (
        128,
        "04 00000a 000001 09 01000000 aa  c4 bb  c4 cc",
        [(10, 1, "aa"), (20, 1, "bb"), (30, 1, "cc")],
    ),
    "5.3.1.2.4 fmt 3 inside a message adds nothing": (
        2,
        "04 00000a 000005 09 01000000 aabb c4 ccdd c4 ee  84 000001 1122 c4 3344 c4 55",
        [(10, 1, "aabbccddee"), (11, 1, "1122334455")],
    ),
    "5.3.1.3 the timestamp is longer from 0xffffff": (
        128,
        "04 ffffff 000001 09 01000000 00ffffff aa  04 ffffff 000001 09 01000000 01000000 bb"
        "04 fffffe 000001 09 01000000 cc",
        [(0xFFFFFF, 1, "aa"), (0x1000000, 1, "bb"), (0xFFFFFE, 1, "cc")],
    ),
    "5.3.1.3 a small timestamp may be written long, too": (
        128,
        "04 ffffff 000001 09 01000000 00000005 aa",
        [(5, 1, "aa")],
    ),
    "5.3.1.3 the delta of fmt 1 may be long": (
        128,
        "04 00000a 000001 09 01000000 aa  44 ffffff 000002 09 01000000 bbcc",
        [(10, 1, "aa"), (0x100000A, 1, "bbcc")],
    ),
    "5.3.1.3 the delta of fmt 2 may be long": (
        128,
        "04 00000a 000001 09 01000000 aa  84 ffffff 01000000 bb",
        [(10, 1, "aa"), (0x100000A, 1, "bb")],
    ),
    "fmt 3 after a long delta: repeated, it is added again": (
        128,
        "04 00000a 000001 09 01000000 aa  84 ffffff 01000000 bb  c4 01000000 cc",
        [(10, 1, "aa"), (0x100000A, 1, "bb"), (0x200000A, 1, "cc")],
    ),
    "fmt 3 after a long delta: an absolute time is taken": (
        128,
        "04 00000a 000001 09 01000000 aa  84 ffffff 01000000 bb  c4 0100001e cc",
        [(10, 1, "aa"), (0x100000A, 1, "bb"), (0x100001E, 1, "cc")],
    ),
    "fmt 3 after a long delta: left out, the delta is added": (
        128,
        "04 00000a 000004 09 01000000 aaaaaaaa  84 ffffff 01000000 bbbbbbbb  c4 cccccccc",
        [(10, 1, "aaaaaaaa"), (0x100000A, 1, "bbbbbbbb"), (0x200000A, 1, "cccccccc")],
    ),
    "fmt 3 after a long timestamp: an absolute time is taken": (
        128,
        "04 ffffff 000001 09 01000000 01000000 aa  c4 01000014 bb  c4 01000028 cc",
        [(0x1000000, 1, "aa"), (0x1000014, 1, "bb"), (0x1000028, 1, "cc")],
    ),
    "fmt 3 after a long timestamp: repeated, it is the same time": (
        128,
        "04 ffffff 000001 09 01000000 01000000 aa  c4 01000000 bb",
        [(0x1000000, 1, "aa"), (0x1000000, 1, "bb")],
    ),
    "fmt 3 after a long timestamp: left out, it is the same time": (
        128,
        "04 ffffff 000004 09 01000000 01000000 aaaaaaaa  c4 bbbbbbbb",
        [(0x1000000, 1, "aaaaaaaa"), (0x1000000, 1, "bbbbbbbb")],
    ),
    "fmt 3 after a long timestamp: an hour later is too far to be meant": (
        128,
        "04 ffffff 000004 09 01000000 01000000 aaaaaaaa  c4 0136ee80 c4 0136ee7f 11223344",
        [
            (0x1000000, 1, "aaaaaaaa"),
            (0x1000000, 1, "0136ee80"),
            (0x136EE7F, 1, "11223344"),
        ],
    ),
    "inside a message after fmt 0: the long timestamp is repeated": (
        4,
        "04 ffffff 000006 09 01000000 01000000 aabbccdd  c4 01000000 eeff",
        [(0x1000000, 1, "aabbccddeeff")],
    ),
    "inside a message after fmt 0: the long timestamp is left out": (
        4,
        "04 ffffff 000009 09 01000000 01000000 aabbccdd  c4 11223344 c4 55",
        [(0x1000000, 1, "aabbccdd1122334455")],
    ),
    "inside a message after a long delta: the field is repeated": (
        4,
        "04 00000a 000001 09 01000000 aa44 ffffff 000006 09 01000000 aabbccdd  c4 01000000 eeff",
        [(10, 1, "aa"), (0x100000A, 1, "aabbccddeeff")],
    ),
    "inside a message after a long delta: the absolute time stands there": (
        4,
        "04 00000a 000001 09 01000000 aa44 ffffff 000006 09 01000000 aabbccdd  c4 0100000a eeff",
        [(10, 1, "aa"), (0x100000A, 1, "aabbccddeeff")],
    ),
    "inside a message after a long delta: left out": (
        4,
        "04 00000a 000001 09 01000000 aa"
        "44 ffffff 000006 09 01000000 aabbccdd  c4 eeff  44 000001 000001 09 bb",
        [(10, 1, "aa"), (0x100000A, 1, "aabbccddeeff"), (0x100000B, 1, "bb")],
    ),
    "inside a message of fmt 3 with an absolute time: that is repeated": (
        4,
        "04 ffffff 000005 09 01000000 01000000 aabbccdd c4 01000000 ee"
        "c4 01000014 11223344 c4 01000014 55",
        [(0x1000000, 1, "aabbccddee"), (0x1000014, 1, "1122334455")],
    ),
    "a last chunk of one byte, the long timestamp left out, is not waited for": (
        4,
        "04 ffffff 000005 09 01000000 01000000 aabbccdd  c4 ee",
        [(0x1000000, 1, "aabbccddee")],
    ),
    "a last chunk that looks like the time's first bytes is told by what follows": (
        4,
        "04 ffffff 000006 09 01000000 01000000 aabbccdd  c4 0100  05 000000 000000 09 00000000",
        [(0x1000000, 1, "aabbccdd0100"), (0, 0, "")],
    ),
    "a long timestamp is forgotten when a plain one follows": (
        4,
        "04 ffffff 000001 09 01000000 01000000 aa"
        "44 000005 000006 09 aabbccdd c4 0100  c4 01000000 c4 0000",
        [(0x1000000, 1, "aa"), (0x1000005, 1, "aabbccdd0100"), (0x100000A, 1, "010000000000")],
    ),
    "timestamps go round after 32 bits": (
        128,
        "04 ffffff 000001 09 01000000 fffffff0 aa  44 000020 000001 09 bb  c4 cc"
        "44 ffffff 000001 09 fffffff0 dd",
        [(0xFFFFFFF0, 1, "aa"), (0x10, 1, "bb"), (0x30, 1, "cc"), (0x20, 1, "dd")],
    ),
    "timestamps go round after short deltas, too": (
        128,
        "04 ffffff 00000c 09 01000000 fffffff0"
        + "aa" * 12
        + "84 000005"
        + "bb" * 12
        + "84 000007"
        + "cc" * 12
        + "84 000008"
        + "dd" * 12
        + "c4"
        + "ee" * 12,
        [
            (0xFFFFFFF0, 1, "aa" * 12),
            (0xFFFFFFF5, 1, "bb" * 12),
            (0xFFFFFFFC, 1, "cc" * 12),
            (4, 1, "dd" * 12),
            (12, 1, "ee" * 12),
        ],
    ),
    "fmt 3 with an absolute time goes round after 32 bits": (
        128,
        "04 ffffff 000001 09 01000000 fffffff0 aa  c4 00000010 bb",
        [(0xFFFFFFF0, 1, "aa"), (0x10, 1, "bb")],
    ),
    "the added timestamp of fmt 0 goes round after 32 bits": (
        128,
        "04 ffffff 000004 09 01000000 80000000 aaaaaaaa  44 7fffff 000001 09 bb c4 cc",
        [(0x80000000, 1, "aaaaaaaa"), (0x807FFFFF, 1, "bb"), (0x80FFFFFE, 1, "cc")],
    ),
    "librtmp's ping: fmt 1 on a fresh chunk stream counts from 0": (
        128,
        "42 000005 00000a 04 0003 00000001 00000bb8  c2 0003 00000001 00000bb8",
        [(5, 0, "00030000000100000bb8"), (10, 0, "00030000000100000bb8")],
    ),
    "messages of no length": (
        128,
        "04 00000a 000000 09 01000000  c4 c4  84 000001  04 000000 000001 09 01000000 aa",
        [(10, 1, ""), (20, 1, ""), (30, 1, ""), (31, 1, ""), (0, 1, "aa")],
    ),
    "a message of exactly one chunk has no second one": (
        4,
        "04 00000a 000004 09 01000000 aabbccdd  c4 11223344",
        [(10, 1, "aabbccdd"), (20, 1, "11223344")],
    ),
    "5.4.1 Set Chunk Size works inside a message of another chunk stream": (
        2,
        "04 00000a 000009 09 01000000 aabb  02 000000 000004 01 00000000 0000 c2 0004"
        "c4 ccddee11  02 000000 000004 01 00000000 00000001  c4 22 c4 33 c4 44",
        [(10, 1, "aabbccddee11223344")],
    ),
    "5.4.2 Abort drops what came, and the next chunk begins a message": (
        4,
        "04 00000a 000006 09 01000000 aabbccdd  02 000000 000004 02 00000000 00000004"
        "44 000001 000002 09 eeff",
        [(11, 1, "eeff")],
    ),
    "5.4.2 Abort before fmt 3: a message like the aborted one, a delta later": (
        4,
        "04 00000a 000006 09 01000000 aabbccdd  02 000000 000004 02 00000000 00000004"
        "c4 11223344 c4 5566",
        [(20, 1, "112233445566")],
    ),
    "5.4.2 Abort of what is not begun, or of nothing, changes nothing": (
        4,
        "02 000000 000004 02 00000000 00000004  04 00000a 000002 09 01000000 aabb"
        "c2 00000004  44 000001 000002 09 ccdd",
        [(10, 1, "aabb"), (11, 1, "ccdd")],
    ),
    "interleaved messages come when they are whole": (
        2,
        "04 00000a 000003 09 01000000 a1a2  05 00000b 000005 08 01000000 b1b2"
        "06 00000c 000001 08 01000000 c1  c5 b3b4  c4 a3  c5 b5",
        [(12, 1, "c1"), (10, 1, "a1a2a3"), (11, 1, "b1b2b3b4b5")],
    ),
}


@attrs.frozen
class Fault:
    """Bytes that no peer may send."""

    wire: str
    error: type[ProtocolError]
    text: str
    limits: ChunkLimits | None = None
    chunk_size: int = 4


FAULTS: Final = {
    "fmt 3 first": Fault(
        "c3 aa", ChunkOrderError, "byte 0: chunk stream 3 begins with fmt 3, expected 0"
    ),
    "fmt 2 first": Fault(
        "04 00000a 000001 09 01000000 aa  80 00 000001",
        ChunkOrderError,
        "byte 13: chunk stream 64 begins with fmt 2, expected 0",
    ),
    "fmt 0 inside a message": Fault(
        "04 00000a 000005 09 01000000 aabbccdd  04 00000a 000005 09 01000000 aabbccdd",
        ChunkOrderError,
        "byte 16: fmt 0 inside a message on chunk stream 4, expected 3",
    ),
    "fmt 1 inside a message": Fault(
        "04 00000a 000005 09 01000000 aabbccdd  44",
        ChunkOrderError,
        "byte 16: fmt 1 inside a message on chunk stream 4, expected 3",
    ),
    "fmt 2 inside a message": Fault(
        "01 0000 00000a 000005 09 01000000 aabbccdd  80 00",
        ChunkOrderError,
        "byte 18: fmt 2 inside a message on chunk stream 64, expected 3",
    ),
    "a long message": Fault(
        "04 00000a 000064 09 01000000" + "aa" * 100 + "44 000000 000065 09",
        MessageTooLongError,
        "byte 112: message of 101 bytes on chunk stream 4; the limit is 100 bytes",
        ChunkLimits(message=100),
        128,
    ),
    "a long message, with bytes behind": Fault(
        "04 00000a 000064 09 01000000" + "aa" * 100 + "44 000000 000065 09" + "aa" * 101,
        MessageTooLongError,
        "byte 112: message of 101 bytes on chunk stream 4; the limit is 100 bytes",
        ChunkLimits(message=100),
        128,
    ),
    "a long message on a fresh chunk stream": Fault(
        "05 ffffff ffffff 09 01000000 01000000",
        MessageTooLongError,
        "byte 0: message of 16777215 bytes on chunk stream 5; the limit is 1000000 bytes",
        ChunkLimits(message=1_000_000),
    ),
    "a third chunk stream": Fault(
        "04 000000 000000 09 01000000  45 000000 000000 09  c4 c5 46",
        TooManyChunkStreamsError,
        "byte 22: chunk stream 6 is one more than the limit of 2 chunk streams",
        ChunkLimits(chunk_streams=2),
    ),
    "a chunk that does not fit beside a half message": Fault(
        "04 000000 000006 09 01000000 aabbccdd  05 000000 000007 09 01000000 aabbccdd c5",
        HalfReadError,
        "byte 32: chunk of 3 bytes on chunk stream 5 beside 8 bytes of unfinished messages; "
        "the limit is 10 bytes",
        ChunkLimits(half_read=10),
    ),
    "a whole message that does not fit beside a half one": Fault(
        "05 000000 000004 09 01000000 aabbccdd"
        "04 000000 000006 09 01000000 aabbccdd  45 000000 000004 09 aabbccdd",
        HalfReadError,
        "byte 32: chunk of 4 bytes on chunk stream 5 beside 4 bytes of unfinished messages; "
        "the limit is 7 bytes",
        ChunkLimits(half_read=7),
    ),
    "a message by itself that does not fit": Fault(
        "04 000000 000009 09 01000000 aabbccdd c4 aabbccdd c4 ee",
        HalfReadError,
        "byte 21: chunk of 1 bytes on chunk stream 4 beside 8 bytes of unfinished messages; "
        "the limit is 8 bytes",
        ChunkLimits(half_read=8),
    ),
    "a message whose first chunk does not fit": Fault(
        "04 000000 000009 09 01000000",
        HalfReadError,
        "byte 0: chunk of 9 bytes on chunk stream 4 beside 0 bytes of unfinished messages; "
        "the limit is 8 bytes",
        ChunkLimits(half_read=8),
        128,
    ),
}
