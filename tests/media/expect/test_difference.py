"""The first frame that differs is found, in each mode of a digest."""

from __future__ import annotations

import pytest

from trio_srs.media.expect.difference import first_difference
from trio_srs.media.probe import StreamProbe
from trio_srs.media.trace import Trace
from trio_srs.testing import bodies
from trio_srs.wire.rtmp.message import Message, MessageType

PLAIN = bytes.fromhex("1701000000 00000002 6588")
SIGNED = bytes.fromhex("1701000000 00000005 0605026d65 00000002 6588")


def traced(*messages: Message) -> Trace:
    probe = StreamProbe()
    for message in (bodies.header(), *messages):
        probe.see(message)
    return probe.trace()


def picture(payload: bytes, timestamp_ms: int = 0) -> Message:
    return Message(MessageType.VIDEO, 1, timestamp_ms, payload)


GOLDEN = traced(picture(PLAIN), bodies.audio(5, fill=1), picture(PLAIN, 40))
LATER = traced(picture(PLAIN), bodies.audio(5, fill=1), picture(PLAIN, 41))
NAMED = traced(picture(PLAIN), bodies.audio(5, fill=1), picture(SIGNED, 40))
LOUDER = traced(picture(PLAIN), bodies.audio(5, fill=2), picture(PLAIN, 40))


@pytest.mark.parametrize(
    ("trace", "digest", "expected"),
    [
        (GOLDEN, "exact", None),
        (LATER, "exact", ("video", 1)),
        (LATER, "payload", None),
        (LATER, "without_user_data", ("video", 1)),
        (NAMED, "exact", ("video", 1)),
        (NAMED, "payload", ("video", 1)),
        (NAMED, "without_user_data", None),
        (LOUDER, "exact", ("audio", 0)),
        (traced(picture(PLAIN), bodies.audio(5, fill=1)), "exact", ("video", 0)),
        (
            traced(picture(PLAIN), bodies.audio(5, fill=1), *[picture(PLAIN, 40)] * 2),
            "exact", ("video", 2),
        ),
        (traced(picture(PLAIN, 40), bodies.audio(5, fill=2)), "exact", ("audio", 0)),
        (traced(), "exact", None),
    ],
)  # fmt: skip
def test_the_first_frame_that_differs_is_found(
    trace: Trace, digest: str, expected: tuple[str, int] | None
) -> None:
    frame = first_difference(trace, GOLDEN, digest)
    assert (None if frame is None else (frame.kind, frame.index)) == expected


def test_only_one_track_may_be_compared() -> None:
    assert first_difference(LOUDER, GOLDEN, "exact", "video") is None
    assert first_difference(LOUDER, GOLDEN, "exact", "audio") is not None


def test_the_first_that_differs_is_the_earliest_where_timestamps_go_round() -> None:
    """-40 is a large number where there is no sign."""
    golden = traced(picture(PLAIN, 2**32 - 40), bodies.audio(5, fill=1))
    louder = traced(picture(SIGNED, 2**32 - 40), bodies.audio(5, fill=2))
    found = first_difference(louder, golden, "payload")
    assert found is not None
    assert found.kind == "video"
