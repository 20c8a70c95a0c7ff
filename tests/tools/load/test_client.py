"""A client on a socket pair: what happens when a server is slow, silent, rude or gone."""

from __future__ import annotations

import socket
import sys
from typing import TypeVar

import pytest

from trio_srs.testing import bodies
from trio_srs.tools.load.client import S0_S1_S2_SIZE, LoadClient
from trio_srs.tools.load.loop import READ, WRITE, Loop
from trio_srs.tools.load.plan import Load, LoadPlan
from trio_srs.tools.load.player import LoadPlayer
from trio_srs.tools.load.publisher import LoadPublisher
from trio_srs.tools.load.skim_chunks import ChunkSkimmer
from trio_srs.tools.load.source import synthetic
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_writer import encode_message
from trio_srs.wire.rtmp.command import Command, on_status
from trio_srs.wire.rtmp.control import PingRequest, WindowAckSize
from trio_srs.wire.rtmp.message import Message

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux's")

PLAN = LoadPlan(load=Load.PLAY, url="rtmp://127.0.0.1/live/s")
C = TypeVar("C", bound=LoadClient)
HELLO = b"\x03" + bytes(S0_S1_S2_SIZE - 1)
STARTED = on_status("NetStream.Play.Start", "go").message(1)


@pytest.fixture
def player(loop: Loop, pair: tuple[socket.socket, socket.socket]) -> LoadPlayer:
    return connected(loop, LoadPlayer(loop, PLAN, 0, ChunkSkimmer(40)), pair[0])


@pytest.fixture
def server(pair: tuple[socket.socket, socket.socket]) -> socket.socket:
    return pair[1]


def connected(loop: Loop, client: C, sock: socket.socket) -> C:
    client.sock = sock
    loop.add(sock.fileno(), READ, client.ready)
    return client


def say(server: socket.socket, player: LoadClient, *messages: Message) -> None:
    server.send(b"".join(encode_message(message, 128) for message in messages))
    player.ready(READ)


def play(server: socket.socket, player: LoadPlayer) -> None:
    """Up to the first keyframe."""
    server.send(HELLO)
    player.ready(READ)
    say(server, player, STARTED, bodies.key(0))


def heard(server: socket.socket) -> list[Message]:
    """What the client said behind its handshake."""
    data = server.recv(10**6)
    reader = ChunkReader(chunk_size=4096)
    reader.feed(data[1536:] if len(data) > 1536 else data)
    return list(iter(reader.next_message, None))


def test_a_handshake_in_pieces_is_answered_when_it_is_whole(
    player: LoadPlayer, server: socket.socket
) -> None:
    server.send(HELLO[:2000])
    player.ready(READ)
    with pytest.raises(BlockingIOError):
        server.recv(1)
    server.send(HELLO[2000:] + encode_message(Command("_result", 1.0, ({}, {})).message(), 128))
    player.ready(READ)
    assert [Command.decode(m).name for m in heard(server)[1:]] == ["connect", "createStream"]


def test_the_first_media_settles_a_player(player: LoadPlayer, server: socket.socket) -> None:
    server.send(HELLO)
    player.ready(READ)
    say(server, player, STARTED)
    assert (player.started, player.settled) == (True, False)
    say(server, player, bodies.header(), bodies.inter(0))
    assert player.settled
    assert player.first_media_s > 0
    assert not player.first_keyframe_s > 0
    say(server, player, bodies.key(40))
    assert player.first_keyframe_s >= player.first_media_s


def test_the_short_way_counts_as_the_long_one_does(
    loop: Loop, player: LoadPlayer, server: socket.socket
) -> None:
    skimmer = player._skimmer
    ours, theirs = socket.socketpair()
    other = connected(loop, LoadPlayer(loop, PLAN, 1, skimmer), ours)
    frames = [bodies.inter(40), bodies.audio(41), bodies.inter(120), bodies.key(80)]
    for each, end in ((player, server), (other, theirs)):
        play(end, each)
        for frame in frames:
            say(end, each, frame)
    assert other.count() == player.count()
    assert (player.messages, player.keyframes) == (5, 2)
    assert (player.skipped, player.backward) == (1, 1)
    ours.close()
    theirs.close()


def test_two_seconds_without_media_are_a_gap(
    loop: Loop, player: LoadPlayer, server: socket.socket
) -> None:
    play(server, player)
    loop.now += 2.1
    assert player.count().gaps == 1  # also when it is not over
    say(server, player, bodies.inter(40))
    say(server, player, bodies.inter(80))
    assert player.count().gaps == 1


def test_what_is_received_is_acknowledged_every_window(
    player: LoadPlayer, server: socket.socket
) -> None:
    play(server, player)
    window = Message(5, 0, 0, WindowAckSize(100_000).encode())
    say(server, player, window)
    server.recv(10**6)
    for i in range(2000):
        say(server, player, bodies.inter(40 * i + 40, 100))
    said = [m for m in heard(server) if m.type_id == 3]
    # Asked for it late: it is looked at again after 64 KiB, and from there in windows.
    assert [int.from_bytes(m.payload, "big") for m in said] == pytest.approx(
        [65_600, 165_600], abs=200
    )


def test_a_ping_is_answered_while_playing(player: LoadPlayer, server: socket.socket) -> None:
    play(server, player)
    server.recv(10**6)
    say(server, player, Message(4, 0, 0, PingRequest(77).encode()))
    assert [m.payload[:2] for m in heard(server)] == [b"\0\x07"]


def test_the_end_of_a_play_is_a_loss_and_has_a_reason(
    player: LoadPlayer, server: socket.socket
) -> None:
    play(server, player)
    server.recv(10**6)
    server.close()
    player.ready(READ)
    assert (player.lost, player.failure) == (True, "closed by the server")


def test_an_end_before_the_play_is_a_failure_and_no_loss(
    player: LoadPlayer, server: socket.socket
) -> None:
    server.close()
    player.ready(READ)
    assert (player.lost, player.settled, player.failure) == (False, True, "closed by the server")


@pytest.mark.parametrize("playing", [False, True])
def test_a_broken_connection_is_called_by_its_name(
    player: LoadPlayer, server: socket.socket, playing: bool
) -> None:
    if playing:
        play(server, player)
    player.send(b"unread")  # closed with something unread, the other end is reset
    server.close()
    player.ready(READ)
    assert player.failure == "ECONNRESET"


def test_a_server_that_talks_nonsense_is_left(player: LoadPlayer, server: socket.socket) -> None:
    play(server, player)
    server.send(encode_message(bodies.inter(40, 300), 128)[:140])
    say(server, player, bodies.inter(80))
    assert "expected 3" in player.failure
    assert player.lost


def test_what_the_kernel_does_not_take_is_sent_later_and_counted_as_late(
    loop: Loop, pair: tuple[socket.socket, socket.socket]
) -> None:
    plan = LoadPlan(load=Load.PUBLISH, url="rtmp://127.0.0.1/live/s")
    publisher = connected(
        loop, LoadPublisher(loop, plan, 0, ChunkSkimmer(), synthetic(200)), pair[0]
    )
    while publisher.send(bytes(100_000)):
        pass
    assert not publisher.send(b"the end")  # behind what is kept
    got = b""
    while not got.endswith(b"the end"):
        got += pair[1].recv(10**6)
        publisher.ready(WRITE)
    assert len(got) == publisher.bytes_out
    assert len(publisher.lags_s) == 1
