"""What holds of the client's side whatever a server says, and however it is cut."""

from __future__ import annotations

import contextlib
import itertools
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from tests.session.pair import (
    PLAY,
    PUBLISH,
    RANDOM,
    ClientScript,
    Event,
    Pair,
    drain,
)
from trio_srs.errors import ProtocolError
from trio_srs.session.rtmp_client import (
    ClientOptions,
    RtmpClientSession,
)
from trio_srs.session.rtmp_events import (
    HandshakeDone,
    PlayStarted,
)
from trio_srs.wire.rtmp.handshake import HandshakeKind, ServerHandshake
from trio_srs.wire.rtmp.message import Message, MessageType


def audio(timestamp_ms: int = 0, stream_id: int = 1, size: int = 5) -> Message:
    return Message(MessageType.AUDIO, stream_id, timestamp_ms, b"\xaf\x01" + bytes(size - 2))


@given(size=st.integers(1, 700), options=st.sampled_from([PUBLISH, PLAY]))
def test_slicing_the_wire_changes_nothing_for_either_end(size: int, options: ClientOptions) -> None:
    events: list[tuple[list[Event], list[Event]]] = []
    for step in (10**6, size):

        def cut(data: bytes, step: int = step) -> list[bytes]:
            return [data[at : at + step] for at in range(0, len(data), step)]

        pair = Pair.of(options)
        pair.slice_at = cut
        pair.client.begin()
        pair.pump()
        if options is PUBLISH:
            pair.client.send_media(audio(20, size=900))
        pair.client.stop()
        pair.pump()
        events.append((pair.client_events, pair.server_events))
    assert events[0] == events[1]
    assert len(events[0][1]) == (5 if options is PUBLISH else 4)


def server_says(options: ClientOptions) -> bytes:
    """Everything our server says to a client of ours, handshake left out."""
    said: list[bytes] = []

    def record(data: bytes) -> list[bytes]:
        said.append(data)
        return [data]

    pair = Pair.of(options)
    pair.client.begin()
    pair.slice_at = record
    pair.pump()
    return b"".join(said[1::2])[1 + 2 * 1536 :]


PLAYED: Final = server_says(PLAY)


def test_what_the_server_says_can_be_said_again_to_another_client() -> None:
    assert ClientScript.begun(PLAY).say_bytes(PLAYED) == [PlayStarted(1)]


@given(at=st.integers(0, len(PLAYED) - 1), bits=st.integers(1, 255), more=st.binary(max_size=3))
def test_a_damaged_answer_is_read_or_blamed_on_the_server(at: int, bits: int, more: bytes) -> None:
    damaged = bytearray(PLAYED)
    damaged[at] ^= bits
    damaged[at:at] = more
    script = ClientScript.begun(PLAY)
    with contextlib.suppress(ProtocolError):
        script.say_bytes(bytes(damaged))


@given(garbage=st.binary(max_size=300))
def test_garbage_behind_the_handshake_is_blamed_on_the_server_and_nothing_else(
    garbage: bytes,
) -> None:
    script = ClientScript.begun(PLAY)
    with contextlib.suppress(ProtocolError):
        script.say_bytes(garbage)


@given(cuts=st.lists(st.integers(1, 3072), max_size=5))
def test_a_sliced_handshake_is_one_handshake(cuts: list[int]) -> None:
    client = RtmpClientSession(random=RANDOM, now=2.0, options=PUBLISH)
    handshake = ServerHandshake(random=RANDOM)
    client.begin()
    answer = handshake.receive(client.data_to_send())
    events: list[Event] = []
    for begin, end in itertools.pairwise([0, *sorted(cuts), len(answer)]):
        client.receive_data(answer[begin:end], 2.0)
        events += drain(client)
    assert events == [HandshakeDone(HandshakeKind.PLAIN)]
    handshake.receive(client.data_to_send())
    assert handshake.done
    assert b"connect" in handshake.trailing
