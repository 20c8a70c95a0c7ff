"""The short way of media into the log: whatever a peer says and however it is cut, nobody can tell
it from the way on which each message is an event."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Final

import attrs
import pytest
import trio
from hypothesis import example, given
from hypothesis import strategies as st
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import run_virtually
from tests.service.rtmp.house import House
from trio_srs.hub.bus import Event, PublishBegan
from trio_srs.hub.cursor import Begin, Cursor
from trio_srs.hub.policy import Lossless
from trio_srs.hub.settings import InspectLevel, StreamSettings, TimestampMode
from trio_srs.session.rtmp_server import RtmpServerSession
from trio_srs.testing.bodies import (
    audio,
    audio_header,
    command,
    data,
    header,
    inter,
    key,
    metadata,
)
from trio_srs.units import Seconds
from trio_srs.wire.rtmp.aggregate import join_aggregate
from trio_srs.wire.rtmp.chunk_reader import NO_MEDIA
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.control import Abort, PingRequest, SetChunkSize, WindowAckSize
from trio_srs.wire.rtmp.message import Message, MessageType

SETTINGS: Final = StreamSettings(
    send_interval=Seconds(0.0), inspect=InspectLevel.FULL, timestamps=TimestampMode.REBASE
)
RECORD: Final = (
    "type_id", "timestamp_ms", "sent_ms", "body", "sent_body", "flags", "arrived_at",
)  # fmt: skip
EVERYTHING: Final = Lossless(most_bytes=2**30, most_s=2**30)
TIMES: Final = st.sampled_from([0, 20, 40, 41, 0xFFFFFE, 0xFFFFFF, 0x1000000, 2**32 - 1])
STREAMS: Final = st.sampled_from([1, 1, 1, 1, 1, 0, 2])
SIZES: Final = st.sampled_from([12, 20, 127, 128, 129, 500])
MEDIA: Final = st.builds(
    lambda make, at, size, stream_id: make(at, size, stream_id=stream_id),
    st.sampled_from([audio, audio, inter, inter, key]), TIMES, SIZES, STREAMS,
)  # fmt: skip
RARE: Final = st.sampled_from(
    [
        header(),
        audio_header(),
        metadata(),
        data("onCuePoint", 1.0),
        join_aggregate([audio(60), inter(80), audio(80)], 1),
        Message(99, 1, 0, b"of no known type"),
        Message(MessageType.VIDEO, 1, 0, b""),
        Message(MessageType.VIDEO, 1, 0, b"\x17"),
        Message(MessageType.AUDIO, 1, 0, b"\xaf"),
        Message(MessageType.SHARED_OBJECT_AMF0, 1, 0, b"abc"),
        *(
            Message(each.TYPE_ID, 0, 0, each.encode())
            for each in (SetChunkSize(64), SetChunkSize(4096), WindowAckSize(300), Abort(6))
        ),
        Message(PingRequest.TYPE_ID, 0, 0, PingRequest(5).encode()),
        command("FCUnpublish", None, "a"),
        command("deleteStream", None, 1.0),
        command("closeStream", stream_id=1),
        command("createStream", None, transaction_id=9.0),
        command("publish", None, "a", stream_id=1),
        command("publish", None, "b", stream_id=1),
        command("publish", None, "c", stream_id=2),
        command("whatever", None, transaction_id=10.0),
    ]
)
CSIDS: Final = st.sampled_from([None, None, 4, 5, 70])
ITEMS: Final = st.tuples(MEDIA | RARE, CSIDS).map(lambda item: [item])
RUNS: Final = st.builds(
    lambda began, count, size, csid: [
        ((inter if at % 3 else audio)(began + 7 * at, size, fill=at), csid) for at in range(count)
    ],
    st.sampled_from([0, 500, 0xFFFFA0]), st.integers(2, 20), SIZES, CSIDS,
)  # fmt: skip
"""What encoders send nearly always, and most of what goes the short way."""
SAID: Final = st.lists(RUNS | RUNS | ITEMS, min_size=2, max_size=12).map(
    lambda parts: [item for part in parts for item in part]
)


def written(items: Sequence[tuple[Message, int | None]]) -> bytes:
    """All of it, as one client writes it behind its publish."""
    writer, wire = ChunkWriter(), b""
    for message, csid in items:
        wire += writer.write(message, csid=csid)
        if message.type_id == MessageType.SET_CHUNK_SIZE:
            writer.chunk_size = int.from_bytes(message.payload, "big")
    return wire


def pieces(wire: bytes, places: Sequence[int]) -> list[bytes]:
    cuts = sorted(place % (len(wire) + 1) for place in places)
    return [wire[a:b] for a, b in itertools.pairwise([0, *cuts, len(wire)])]


async def outcome(said: Sequence[bytes]) -> dict[str, Any]:
    """All that anybody can see of a publisher that says this after its publish was accepted."""
    house, heard = House(settings=SETTINGS), b""
    cursors: list[Cursor] = []

    def look_on(event: Event) -> None:
        if isinstance(event, PublishBegan):
            live = house.hub.find(event.stream)
            assert live is not None
            cursors.append(live.feed.cursor(EVERYTHING, Begin.NOW, follow=False))

    async with trio.open_nursery() as nursery:
        await nursery.start(house.run)
        with house.bus.listening(look_on):
            peer = house.dial()
            assert await peer.publish("a") == "NetStream.Publish.Start"
            for piece in said:
                await trio.sleep(0.01)
                await peer.say_bytes(piece)
                await wait_all_tasks_blocked()
            peer.transport.shutdown_write()
            while some := await peer.hear_bytes():
                heard += some
            await house.end_of(peer)
        nursery.cancel_scope.cancel()
    return {
        "heard": heard,
        "events": [attrs.evolve(event, session="") for event in house.events],
        "reports": [
            attrs.evolve(report, session="", began_at=0.0)
            for name in ("live/a", "live/b", "live/c")
            for report in house.reports.history(name)
        ],
        "records": [
            (
                it.type_id,
                it.timestamp_ms,
                it.sent_ms,
                it.body,
                it.sent_body,
                it.flags,
                it.arrived_at,
            )
            for cursor in cursors
            for it in cursor.take()
        ],
    }


@pytest.mark.property
@given(
    SAID,
    st.lists(st.integers(0, 5000), max_size=8),
    st.none() | st.tuples(st.integers(0, 5000), st.integers(1, 255)),
)
@example([(key(0), None), (audio(20), None), (inter(40), None)] * 50, [], None)
@example([(command("closeStream", stream_id=1), None), (audio(20), None)] * 3, [30], None)
def test_nobody_can_tell_the_short_way_from_the_other(
    items: list[tuple[Message, int | None]], places: list[int], damage: tuple[int, int] | None
) -> None:
    wire = bytearray(written(items))
    if damage is not None and wire:
        wire[damage[0] % len(wire)] ^= damage[1]
    said = pieces(bytes(wire), places)
    short = run_virtually(outcome, said)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RtmpServerSession, "take_media", lambda *_: NO_MEDIA)
        assert run_virtually(outcome, said) == short
