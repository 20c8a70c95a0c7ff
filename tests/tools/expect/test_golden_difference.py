"""What differs from a golden file is said frame by frame, field by field, NAL by NAL."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from trio_srs.media.pattern import Pattern
from trio_srs.tools.expect.golden_difference import differences
from trio_srs.wire.rtmp.message import Message

GOLDEN = list(Pattern.parse("h264:160x90@25", "aac:44100x1", seconds=0.4))
VIDEO = [index for index, each in enumerate(GOLDEN) if each.type_id == 9]
AUDIO = [index for index, each in enumerate(GOLDEN) if each.type_id == 8]
Change = Callable[[Message], Message]


def changed(index: int, change: Change) -> list[Message]:
    return [change(each) if at == index else each for at, each in enumerate(GOLDEN)]


def flip(at: int) -> Change:
    def change(message: Message) -> Message:
        data = bytearray(message.payload)
        data[at] ^= 0xFF
        return attrs.evolve(message, payload=bytes(data))

    return change


def payload(make: Callable[[bytes], bytes]) -> Change:
    return lambda message: attrs.evolve(message, payload=make(message.payload))


def later(message: Message) -> Message:
    return attrs.evolve(message, timestamp_ms=message.timestamp_ms + 7)


def test_the_same_is_no_difference() -> None:
    assert differences(GOLDEN, iter(GOLDEN)) == []


def has_sei(data: bytes) -> bytes:
    return data[:5] + b"\0\0\0\x02\x06\x05" + data[5:]


@pytest.mark.parametrize(
    ("index", "change", "words"),
    [
        (VIDEO[2], later, "video message 2 at 47 ms: timestamp 47 ms, golden 40 ms"),
        (VIDEO[2], flip(-1), "NAL 2 of 2 (slice): byte "),
        (VIDEO[1], payload(has_sei), "NAL units SEI, SEI, IDR slice; golden SEI, IDR slice"),
        (
            VIDEO[1],
            payload(lambda data: data[:5] + b"\0\0\0\0" + data[5:]),
            "byte 3 is 00, golden ",
        ),
        (VIDEO[2], payload(lambda data: data[:5] + b"\0\0\0\x02\x1f"), "byte 3 is 02, golden"),
        (VIDEO[2], payload(lambda data: data + b"\0\0\0\x01\x15"), "slice, type 21; golden"),
        (VIDEO[1], payload(lambda data: b"\x27" + data[1:]), "frame_type inter, golden key"),
        (
            VIDEO[1],
            payload(lambda data: data[:4] + b"\x09" + data[5:]),
            "composition_ms 9, golden 0",
        ),
        (VIDEO[0], flip(8), "level "),
        (VIDEO[0], payload(lambda data: data[:9]), "header: the same up to byte 4"),
        (VIDEO[1], payload(lambda data: b""), "the same up to byte 0; 0 bytes, golden "),
        (AUDIO[0], payload(lambda data: data[:2] + b"\x12\x10"), "channels 2, golden 1"),
        (AUDIO[1], flip(3), "audio message 1 at 0 ms: byte 1 is "),
    ],
)
def test_one_that_differs_is_said_with_what_differs(index: int, change: Change, words: str) -> None:
    told = differences(changed(index, change), GOLDEN)
    assert [each for each in told if words in each], told


def test_hevc_units_have_their_names() -> None:
    def frame(*units: bytes) -> list[Message]:
        data = b"".join(len(each).to_bytes(4, "big") + each for each in units)
        return [Message(9, 1, 0, b"\x91hvc1\0\0\0" + data)]

    ours, golden = frame(b"\x4e\x01a", b"\x26\x01b"), frame(b"\x4e\x01a", b"\x26\x01c")
    assert differences(ours, golden) == [
        "video message 0 at 0 ms: NAL 2 of 2 (IDR slice): byte 2 is 62, golden 63"
    ]


def test_one_more_and_one_less_do_not_make_the_others_differ() -> None:
    more = [*GOLDEN[: VIDEO[3]], Message(9, 1, 90, b"\x27\x01\0\0\0x"), *GOLDEN[VIDEO[3] :]]
    assert differences(more, GOLDEN) == ["video message 3 at 90 ms is not in the golden file"]
    assert differences(GOLDEN, more) == [
        "video message 3 of the golden file, at 90 ms, is not there"
    ]
    assert differences(GOLDEN[: VIDEO[-1]], GOLDEN)[:1] == [
        f"video: {len(VIDEO) - 1} messages, in the golden file {len(VIDEO)}"
    ]


def test_of_many_the_first_few_are_told() -> None:
    told = differences([later(each) for each in GOLDEN], GOLDEN)
    assert len(told) == 12
    assert told[5] == f"video: {len(VIDEO) - 5} messages more differ"
