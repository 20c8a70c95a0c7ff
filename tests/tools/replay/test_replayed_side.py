"""What was captured is done again, and goes as it went."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.tools.inspect.scenes import SHAKEN, Scene
from tests.tools.replay.stage import SOON, Stage, on_stage
from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.bus import SessionEnded
from trio_srs.media.report import StreamReport
from trio_srs.session.rtmp_mask import SecretMask
from trio_srs.testing.bodies import command, header, inter, key
from trio_srs.testing.memory import memory_transport_pair
from trio_srs.testing.peer import Peer
from trio_srs.tools.inspect.conversation import conversation
from trio_srs.tools.inspect.said_as_json import as_json_object
from trio_srs.tools.inspect.said_in_words import in_one_line
from trio_srs.tools.replay.replayed_side import (
    NothingToReplayError,
    Replay,
    ReplayOptions,
    ReplayResult,
)
from trio_srs.units import NEVER
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.session_capture import (
    MAGIC,
    CaptureKind,
    SessionCapture,
    SessionCaptureError,
    decode_capture,
    encode_record,
    facts_record,
)
from trio_srs.wire.url import RtmpUrl

Say = Callable[[Peer], Awaitable[None]]


async def publish(peer: Peer) -> None:
    """A publish with many frames, chunks of another size on the way, and a good end."""
    await peer.publish("a?key=secret")
    await peer.say(header(), key(0, 700))
    await peer.say(*(inter(40 * at, 150 + at) for at in range(1, 30)))
    await peer.say_control(SetChunkSize(1000))
    await peer.say(*(inter(40 * at, 3000 + at) for at in range(30, 40)))
    await trio.sleep(2)
    await peer.say(key(3000, 500), command("deleteStream", None, 1.0))


async def a_chunk_out_of_order(peer: Peer) -> None:
    await publish_a_bit(peer)
    await peer.say_bytes(b"\x03" * 500)


async def a_command_that_cannot_be_read(peer: Peer) -> None:
    await publish_a_bit(peer)
    await peer.say(Message(20, 0, 0, b"\x02\0\x50abc"))


async def no_handshake(peer: Peer) -> None:
    await peer.say_bytes(b"GET / HTTP/1.1\r\n\r\n")


async def half_a_handshake(peer: Peer) -> None:
    await peer.say_bytes(SHAKEN[:700])


async def silence_behind_a_frame(peer: Peer) -> None:
    await publish_a_bit(peer)


async def nothing_behind_connect(peer: Peer) -> None:
    await peer.connect()


async def a_name_that_is_taken(peer: Peer) -> None:
    await peer.publish("taken")


async def publish_a_bit(peer: Peer) -> None:
    await peer.publish("b")
    await peer.say(header(), key(0))


FAILURES: Final[dict[str, tuple[Say, EndReason]]] = {
    say.__name__: (say, end)
    for say, end in (
        (a_chunk_out_of_order, EndReason.PROTOCOL_ERROR),
        (a_command_that_cannot_be_read, EndReason.PROTOCOL_ERROR),
        (no_handshake, EndReason.PROTOCOL_ERROR),
        (half_a_handshake, EndReason.HANDSHAKE_TIMEOUT),
        (silence_behind_a_frame, EndReason.PUBLISH_IDLE_TIMEOUT),
        (nothing_behind_connect, EndReason.COMMAND_IDLE_TIMEOUT),
        (a_name_that_is_taken, EndReason.REFUSED),
    )
}


@pytest.mark.parametrize(("say", "reason"), FAILURES.values(), ids=FAILURES)
def test_a_session_that_failed_fails_in_the_same_way_when_it_is_done_again(
    say: Say, reason: EndReason
) -> None:
    async def play(stage: Stage) -> None:
        if say is a_name_that_is_taken:
            await stage.house.publisher("taken")
        peer = stage.dial()
        await say(peer)
        before = await stage.house.end_of(peer)
        await stage.settled()
        result = await stage.replay(stage.capture(), patience_s=600)
        assert result.differences == []
        assert result.ended_by == "server"
        after = stage.house.told(SessionEnded)[-1]
        assert before.reason is reason
        assert (after.reason, after.detail) == (before.reason, before.detail)
        assert after.session != before.session

    on_stage(play, publish_idle_timeout=NEVER if say is a_name_that_is_taken else SOON)


def digests(report: StreamReport) -> object:
    return report.facts.digests


@pytest.mark.parametrize("speed", [1.0, float("inf")])
def test_the_digest_of_a_publish_that_is_done_again_is_that_of_the_first(speed: float) -> None:
    async def play(stage: Stage) -> None:
        peer = stage.dial()
        await publish(peer)
        peer.hang_up()
        await stage.house.end_of(peer)
        first = stage.report("live/a")
        began = trio.current_time()
        result = await stage.replay(stage.capture(), speed=speed)
        assert result.differences == []
        assert (trio.current_time() - began >= 1.9) is (speed == 1.0)
        again = stage.report("live/a")
        assert again.session != first.session
        assert digests(again) == digests(first)
        assert digests(first) is not None
        url = RtmpUrl.parse("rtmp://example.com/other/name?key=right")
        assert (await stage.replay(stage.capture(0), speed=speed, url=url)).differences == []
        assert digests(stage.report("other/name")) == digests(first)

    on_stage(play, inspect="full")


def test_a_masked_capture_is_done_again_with_the_secrets_of_the_url() -> None:
    async def play(stage: Stage) -> None:
        peer = stage.dial()
        await publish(peer)
        peer.hang_up()
        await stage.house.end_of(peer)
        mask, records = SecretMask(), []
        for record in stage.capture().records:
            records += mask.add(record)
        capture = SessionCapture({}, (*records, *mask.finish()))
        assert b"secret" not in b"".join(each.data for each in capture.records)
        url = RtmpUrl.parse("rtmp://example.com/live/a?key=secret")
        assert (await stage.replay(capture, speed=float("inf"), url=url)).differences == []
        said = b"".join(each.data for each in stage.captures[-1])
        assert b"a?key=secret" in said

    on_stage(play)


async def both(
    capture: SessionCapture, server: SessionCapture | None = None, **options: Any
) -> tuple[ReplayResult, ReplayResult]:
    """A capture's client and a capture's server, done again against each other."""
    ours, theirs = memory_transport_pair(capacity=2**20)
    results: dict[bool, ReplayResult] = {}

    async def run(which: SessionCapture, end: object, is_client: bool) -> None:
        replay = Replay(which, ReplayOptions(**options), is_client=is_client)
        results[is_client] = await replay.run(end)  # type: ignore[arg-type]  # one of two

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run, capture, theirs, True)
        nursery.start_soon(run, server or capture, ours, False)
    return results[True], results[False]


def run_virtually(main: Callable[[], Awaitable[object]]) -> None:
    trio.run(main, clock=MockClock(autojump_threshold=0))


def ended_scene() -> Scene:
    scene = Scene().publish().happened(CaptureKind.PEER_ENDED)
    return scene.happened(CaptureKind.CLOSED)


def test_both_sides_of_a_capture_understand_each_other() -> None:
    async def play() -> None:
        scene = ended_scene()
        client, server = await both(scene.capture())
        assert client.differences == server.differences == []
        assert client.ended_by == server.ended_by == "client"
        assert client.bytes_sent == server.bytes_received == 3398 + 1
        assert client.answers == ["_result ok", "_result", "onStatus NetStream.Publish.Start"]

    run_virtually(play)


def other_server() -> Scene:
    """One that numbers message streams otherwise, and refuses in the end."""
    scene = Scene().client(SHAKEN).server(SHAKEN)
    scene.client(command("connect", {"app": "x"}, transaction_id=5.0))
    scene.server(command("_result", None, {"code": "ok"}, transaction_id=5.0))
    scene.client(command("createStream", None, transaction_id=6.0))
    scene.server(command("_result", None, 7.0, transaction_id=6.0))
    scene.client(command("publish", None, "x", stream_id=7))
    bad = command("onStatus", None, {"code": "NetStream.Publish.BadName"}, stream_id=7)
    return scene.server(bad).happened(CaptureKind.WE_ENDED)


def test_numbers_that_the_other_side_chooses_are_taken_over_and_other_answers_are_said() -> None:
    async def play() -> None:
        scene = Scene().publish().client(command("deleteStream", None, 1.0))
        client, server = await both(scene.capture(), other_server().capture(), patience_s=1.0)
        assert client.differences == [
            "status 1: onStatus NetStream.Publish.BadName, in the capture "
            "onStatus NetStream.Publish.Start",
        ]
        assert client.ended_by == server.ended_by == "server"
        assert server.differences == []

    run_virtually(play)


def test_media_of_a_stream_with_another_number_is_the_same_but_for_that() -> None:
    async def play() -> None:
        scene = ended_scene()
        server, client = memory_transport_pair(capacity=2**20)
        peer = Peer(server, is_server=True)
        async with trio.open_nursery() as nursery:
            replay = Replay(scene.capture(), ReplayOptions(), is_client=True)
            nursery.start_soon(replay.run, client)
            await peer.hear_command("connect")
            await peer.say(command("_result", None, {"code": "ok"}, transaction_id=1.0))
            await peer.hear_command("createStream")
            await peer.say(command("_result", None, 7.0, transaction_id=2.0))
            publish = await peer.hear()
            assert publish.stream_id == 7
            await peer.say(command("onStatus", None, {"code": "x"}, stream_id=7))
            media = await peer.hear_media(3)
            assert [(each.stream_id, each.timestamp_ms) for each in media] == [
                (7, 0),
                (7, 0),
                (7, 40),
            ]
            assert media[1].payload == key(0).payload
            peer.close()

    run_virtually(play)


def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_is_said() -> None:
    async def play() -> None:
        server, client = memory_transport_pair(capacity=2**20)
        peer = Peer(server, is_server=True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peer.hear_command, "deleteStream")
            scene = Scene().publish().client(command("deleteStream", None, 1.0))
            replay = Replay(scene.capture(), ReplayOptions(patience_s=3.0), is_client=True)
            began = trio.current_time()
            result = await replay.run(client)
        assert trio.current_time() - began < 13
        assert result.differences[:2] == [
            "no answer to connect 1 of the server within 3 s",
            "no answer to createStream 1 of the server within 3 s",
        ]
        assert "answer to connect 1: nothing, in the capture _result ok" in result.differences

    run_virtually(play)


def test_a_capture_with_nothing_of_a_side_cannot_be_done_again() -> None:
    with pytest.raises(NothingToReplayError, match="the server says nothing in this capture"):
        Replay(Scene().client(SHAKEN).capture(), ReplayOptions(), is_client=False)


def test_one_that_is_not_whole_is_done_up_to_the_gap_which_is_said() -> None:
    async def play(stage: Stage) -> None:
        scene = Scene().publish().lost(500, 0).client(b"whatever")
        result = await stage.replay(scene.capture(), speed=float("inf"))
        assert result.bytes_sent == 3399
        assert result.differences == [
            "the capture is not whole: it was done up to where bytes are left out"
        ]

    on_stage(play)


# ------------------------------------------------------------------- mutated captures


def written() -> bytes:
    """A whole file, of a session that was captured at a server."""

    async def play(stage: Stage) -> SessionCapture:
        peer = stage.dial()
        await publish(peer)
        peer.hang_up()
        await stage.house.end_of(peer)
        return stage.capture()

    records = on_stage(play).records
    about = facts_record(CaptureKind.ABOUT, 0, {"session": "c1"})
    return MAGIC + b"".join(map(encode_record, (about, *records)))


_WRITTEN: list[bytes] = []


def mutated(seed: int) -> bytes:
    """The file with a few bytes that are others, not there, or there twice."""
    if not _WRITTEN:
        _WRITTEN.append(written())
    chance, data = random.Random(seed), bytearray(_WRITTEN[0])
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data)) if chance.random() < 0.5 else chance.randrange(4000, 8000)
        size = chance.choice((1, 1, 1, 4, 200))
        match chance.randrange(4):
            case 0:
                data[at : at + size] = chance.randbytes(size)
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = data[at : at + size]
            case _:
                data[at] ^= 1 << chance.randrange(8)
    return bytes(data)


@pytest.mark.property
@given(st.integers(0, 2**32))
def test_a_mutated_capture_crashes_neither_reader_nor_server(seed: int) -> None:
    try:
        capture = decode_capture(mutated(seed))
    except SessionCaptureError:
        return
    for said in conversation(capture):
        in_one_line(said)
        as_json_object(said)
    mask = SecretMask()
    for record in capture.records:
        mask.add(record)
    mask.finish()

    async def play(stage: Stage) -> None:
        try:
            await stage.replay(capture, speed=float("inf"), patience_s=0.5)
        except RefusedError:
            return
        assert stage.house.hub.supervisor.internal_errors == 0
        await wait_all_tasks_blocked()
        good = await stage.house.publisher("good")
        await good.say(inter(40))

    on_stage(play)
