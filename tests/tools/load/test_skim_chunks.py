"""A skimmed stream has as many messages as a read one, whatever its chunks look like."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.testing import bodies
from trio_srs.tools.load.skim import Position, SkimError
from trio_srs.tools.load.skim_chunks import ChunkPosition, ChunkSkimmer
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter, encode_message
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.message import Message, MessageType

Writer = Callable[[list[Message], int], bytes]


@attrs.define
class Total:
    """What a whole connection brought."""

    messages: int = 0
    keyframes: int = 0
    backward: int = 0
    skipped: int = 0
    handed_out: list[tuple[int, bytes]] = attrs.field(factory=list)
    position: Position = attrs.field(factory=ChunkPosition)


def skim(pieces: list[bytes], skimmer: ChunkSkimmer | None = None) -> Total:
    skimmer = skimmer or ChunkSkimmer(40)
    total = Total(position=skimmer.start)
    for piece in pieces:
        step = skimmer.step(total.position, piece)
        total.position = step.after
        total.messages += step.messages
        total.keyframes += step.keyframes
        total.backward += step.backward
        total.skipped += step.skipped
        total.handed_out += step.handed_out
    return total


def as_we_do(messages: list[Message], chunk_size: int) -> bytes:
    """Every header in full."""
    return b"".join(encode_message(message, chunk_size) for message in messages)


def as_encoders_do(messages: list[Message], chunk_size: int) -> bytes:
    """Headers as short as they may be."""
    writer = ChunkWriter(chunk_size=chunk_size)
    return b"".join(map(writer.write, messages))


WRITERS: Final = {"full headers": as_we_do, "short headers": as_encoders_do}


def resized(size: int) -> Message:
    return Message(MessageType.SET_CHUNK_SIZE, 0, 0, SetChunkSize(size).encode())


def stream(frames: int, begin: int = 0) -> list[Message]:
    """Video every 40 ms with a keyframe in ten, and audio between."""
    messages = []
    for i in range(frames):
        ms = begin + i * 40
        make = bodies.key if i % 10 == 0 else bodies.inter
        messages += [make(ms, 300), bodies.audio(ms + 5, 90)]
    return messages


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("chunk_size", [128, 4096, 60_000])
@pytest.mark.parametrize("slice_size", [1, 7, 1000, 10**6])
def test_messages_and_keyframes_are_counted(
    write: Writer, chunk_size: int, slice_size: int
) -> None:
    wire = write([resized(chunk_size)], 128) + write(stream(20), chunk_size)
    total = skim([wire[i : i + slice_size] for i in range(0, len(wire), slice_size)])
    assert (total.messages, total.keyframes) == (40, 2)
    assert (total.skipped, total.backward) == (0, 0)
    assert (total.position.video_ms, total.position.audio_ms) == (760, 765)


@pytest.mark.parametrize("begin", [0xFFFFFF - 100, 0xFFFFFF, 2**31 - 200, 2**32 - 400])
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_long_running_timestamps_are_followed(write: Writer, begin: int) -> None:
    messages = [attrs.evolve(m, timestamp_ms=m.timestamp_ms % 2**32) for m in stream(20, begin)]
    total = skim([write([resized(128)], 128), write(messages, 128)])
    assert (total.messages, total.skipped, total.backward) == (40, 0, 0)
    assert total.position.video_ms == (begin + 760) % 2**32


def test_fmt_3_chunks_may_leave_the_extended_timestamp_out() -> None:
    whole = encode_message(bodies.inter(0x2000000, 300), 128)
    extended = (0x2000000).to_bytes(4, "big")
    head, rest = whole[:16], whole[16:]
    without = head + rest.replace(b"\xc6" + extended, b"\xc6")
    assert len(without) == len(whole) - 8
    for wire in (whole, without):
        assert skim([wire, as_we_do([bodies.inter(0x2000028, 300)], 128)]).messages == 2


def test_missing_frames_are_noticed_by_their_timestamps() -> None:
    messages = [bodies.key(0), bodies.inter(40), bodies.inter(160), bodies.inter(200)]
    assert skim([as_we_do(messages, 128)]).skipped == 2


def test_a_timestamp_below_the_last_of_its_kind_is_noticed() -> None:
    messages = [bodies.key(100), bodies.audio(90), bodies.inter(60), bodies.audio(95)]
    assert skim([as_we_do(messages, 128)]).backward == 1


def test_a_codec_header_is_no_keyframe() -> None:
    enhanced = Message(MessageType.VIDEO, 1, 0, b"\x90hvc1" + bytes(20))
    total = skim([as_we_do([bodies.header(), enhanced, bodies.key(0)], 128)])
    assert (total.messages, total.keyframes) == (3, 1)


def test_enhanced_keyframes_are_keyframes() -> None:
    coded = Message(MessageType.VIDEO, 1, 0, b"\x91hvc1" + bytes(20))
    assert skim([as_we_do([coded], 128)]).keyframes == 1


def test_commands_and_control_are_handed_out_whole() -> None:
    command = bodies.command("onStatus", None, "x" * 400)
    wire = as_we_do([resized(256)], 128) + as_we_do([bodies.metadata(), command], 256)
    handed_out = skim([wire[i : i + 50] for i in range(0, len(wire), 50)]).handed_out
    assert handed_out == [(1, resized(256).payload), (20, command.payload)]


def test_a_new_header_inside_a_message_is_the_servers_fault() -> None:
    wire = encode_message(bodies.inter(0, 300), 128)[:140]
    with pytest.raises(SkimError, match="fmt 0 inside a message on chunk stream 6, expected 3"):
        skim([wire + encode_message(bodies.inter(40, 300), 128)])


def test_players_who_joined_apart_soon_share_their_positions() -> None:
    skimmer = ChunkSkimmer(40)
    shared = [as_we_do(stream(10, 400), 60_000), as_we_do(stream(10, 800), 60_000)]
    early = [as_we_do([resized(60_000)], 128), as_we_do(stream(10), 60_000), *shared]
    late_metadata = attrs.evolve(bodies.metadata(), timestamp_ms=400)
    late = [as_we_do([resized(60_000)], 128), as_we_do([late_metadata], 60_000), *shared]
    first = skim([early[0], as_we_do([bodies.metadata()], 60_000), *early[1:]], skimmer)
    assert skim(late, skimmer).position is first.position


@st.composite
def sliced(draw: st.DrawFn, data: bytes) -> list[bytes]:
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=20)))
    return [data[a:b] for a, b in pairwise([0, *cuts, len(data)])]


@given(st.data(), st.sampled_from([128, 333, 4096]), st.sampled_from(list(WRITERS.values())))
def test_slicing_does_not_matter(data: st.DataObject, chunk_size: int, write: Writer) -> None:
    wire = write([resized(chunk_size)], 128) + write(stream(12), chunk_size)
    whole, pieces = skim([wire]), skim(data.draw(sliced(wire)))
    assert attrs.asdict(pieces, filter=_but_position) == attrs.asdict(whole, filter=_but_position)
    assert pieces.position.video_ms == whole.position.video_ms


def _but_position(attribute: attrs.Attribute[object], _value: object) -> bool:
    return attribute.name != "position"


@given(st.binary(max_size=300))
def test_garbage_is_skimmed_or_blamed_on_the_server(garbage: bytes) -> None:
    """Never another exception, never an endless loop, and always the same verdict."""

    def verdict(pieces: list[bytes]) -> tuple[int, int] | str:
        try:
            total = skim(pieces)
        except SkimError as error:
            return str(error)
        return total.messages, total.position.video_ms

    bytewise = [garbage[i : i + 1] for i in range(len(garbage))]
    assert verdict(bytewise) == verdict([garbage])
