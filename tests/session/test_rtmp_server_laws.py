"""What holds of the server's side whatever a peer says, and however it is cut."""

from __future__ import annotations

import contextlib
import itertools
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from tests.session.pair import CONNECT, Event, ServerScript, command, drain
from trio_srs.errors import ProtocolError
from trio_srs.session.rtmp_server import RtmpServerSession
from trio_srs.session.rtmp_streams import TRANSITIONS
from trio_srs.wire.rtmp.aggregate import join_aggregate
from trio_srs.wire.rtmp.chunk_writer import encode_message
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.message import Message, MessageType

COMMANDS: Final = sorted({name for _, name in TRANSITIONS})


def audio(stream_id: int = 1, timestamp_ms: int = 0) -> Message:
    return Message(MessageType.AUDIO, stream_id, timestamp_ms, b"\xaf\x01abc")


def conversation() -> bytes:
    """What a client says that publishes, ends, and plays, all written before any answer."""
    said = [
        CONNECT,
        command("releaseStream", "a", transaction_id=2.0),
        command("FCPublish", "a", transaction_id=3.0),
        command("createStream", transaction_id=4.0),
        command("publish", "a", "live", stream_id=1),
        *(audio(timestamp_ms=at) for at in (0, 20, 40)),
        join_aggregate([audio(timestamp_ms=60), audio(timestamp_ms=80)], 1),
        command("FCUnpublish", "a"),
        command("deleteStream", 1.0),
        command("createStream", transaction_id=5.0),
        command("play", "b", stream_id=1),
        command("pause", True, 0.0, stream_id=1),
        command("closeStream", stream_id=1),
    ]
    return b"".join(encode_message(message, 128) for message in said)


def answer_all(session: RtmpServerSession) -> list[Event]:
    events = drain(session)
    while session.undecided:
        session.accept()
        events += drain(session)
    return events


CONVERSATION: Final = conversation()


@given(cuts=st.lists(st.integers(1, len(CONVERSATION) - 1), max_size=30))
def test_slicing_never_changes_events_or_answers(cuts: list[int]) -> None:
    whole, sliced = ServerScript.fresh(), ServerScript.fresh()
    whole.session.receive_data(CONVERSATION, 0.0)
    expected, got = answer_all(whole.session), []
    for begin, end in itertools.pairwise([0, *sorted(cuts), len(CONVERSATION)]):
        sliced.session.receive_data(bytearray(CONVERSATION[begin:end]), 0.0)
        got += answer_all(sliced.session)
        sliced.session.keep()
    assert len(expected) == 11
    assert got == expected
    assert sliced.session.data_to_send() == whole.session.data_to_send()


@given(data=st.binary(max_size=300))
def test_garbage_behind_the_handshake_is_blamed_on_the_peer_and_nothing_else(data: bytes) -> None:
    script = ServerScript.fresh()
    with contextlib.suppress(ProtocolError):
        script.session.receive_data(data, 0.0)
        answer_all(script.session)


@given(
    at=st.integers(0, len(CONVERSATION) - 1), bits=st.integers(1, 255), more=st.binary(max_size=3)
)
def test_a_damaged_conversation_is_read_or_blamed_on_the_peer(
    at: int, bits: int, more: bytes
) -> None:
    damaged = bytearray(CONVERSATION)
    damaged[at] ^= bits
    damaged[at:at] = more
    script = ServerScript.fresh()
    with contextlib.suppress(ProtocolError):
        script.session.receive_data(damaged, 0.0)
        answer_all(script.session)


VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    names=st.lists(st.sampled_from([*COMMANDS, "createStream", "play2", "pauseRaw"]), max_size=6),
    data=st.data(),
)
def test_any_arguments_of_any_command_are_answered_or_blamed_on_the_peer(
    names: list[str], data: st.DataObject
) -> None:
    script = ServerScript.connected()
    with contextlib.suppress(ProtocolError):
        for name in names:
            args = data.draw(st.lists(VALUES, max_size=4))
            said = Command(name, data.draw(st.floats()), tuple(args))
            stream_id = data.draw(st.integers(0, 3))
            script.session.receive_data(script.writer.write(said.message(stream_id)), 0.0)
            answer_all(script.session)
            script.hear()
