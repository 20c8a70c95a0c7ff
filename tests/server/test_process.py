"""A server as a process: its ready line, its signals, its exit code, its log."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import trio

from tests import preloaded
from tests.server.process import Running, running
from trio_srs.net.dial import DialError
from trio_srs.server.process import favour_the_loop
from trio_srs.testing.bodies import inter, key
from trio_srs.testing.peer import Peer

pytestmark = [pytest.mark.interop, pytest.mark.timeout(40)]

STARTED = "NetStream.Publish.Start"


def run(*words: str, pass_fds: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run a server that is expected not to come up."""
    return preloaded.run([sys.executable, "-m", "trio_srs", *words], timeout=15, pass_fds=pass_fds)


async def playing(server: Running) -> tuple[Peer, Peer]:
    publisher, player = await server.dial(), await server.dial()
    assert await publisher.publish("a") == STARTED
    assert await player.play("a") == "NetStream.Play.Start"
    return publisher, player


# ----------------------------------------------------------------------- ready


async def test_it_is_ready_when_it_says_so(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    file = tmp_path / "ready"
    async with running(
        f"--ready-file={file}", f"--ready-fd={writing}", pass_fds=(writing,)
    ) as server:
        os.close(writing)
        async with await server.dial() as peer:
            assert await peer.publish("a") == STARTED
        assert server.ready == {
            "event": "ready",
            "pid": server.process.pid,
            "rtmp": [f"rtmp://127.0.0.1:{server.port}"],
            "rtmps": [],
            "http": [],
            "https": [],
            "api": [],
        }
        assert json.loads(file.read_text()) == server.ready
        async with trio.lowlevel.FdStream(reading) as pipe:
            said = b"".join([some async for some in pipe])  # up to the end: it was closed
        assert json.loads(said) == server.ready


async def test_it_says_every_address(tmp_path: Path) -> None:
    secure = ['--set=rtmps.listen=["127.0.0.1:0"]', "--set=rtmps.self_signed=true"]
    listen = f'--set=rtmp.listen=["127.0.0.1:0","[::1]:0","unix:{tmp_path}/s"]'
    async with running(listen, *secure) as server:
        patterns = [r"rtmp://127\.0\.0\.1:\d+", r"rtmp://\[::1\]:\d+", f"unix:{tmp_path}/s"]
        for said, pattern in zip(server.ready["rtmp"], patterns, strict=True):
            assert re.fullmatch(pattern, said)
        assert re.fullmatch(r"rtmps://127\.0\.0\.1:\d+", server.ready["rtmps"][0])


async def test_it_runs_although_nobody_reads_that_it_is_ready(tmp_path: Path) -> None:
    file = tmp_path / "ready"
    script = 'exec 1>&-; exec "$@"'
    words = [sys.executable, "-m", "trio_srs", '--set=rtmp.listen=["127.0.0.1:0"]']
    process = await trio.lowlevel.open_process(
        ["sh", "-c", script, "sh", *words, f"--ready-file={file}"], stderr=subprocess.DEVNULL
    )
    with trio.fail_after(15):
        while not file.exists():  # noqa: ASYNC110 - a file tells nobody
            await trio.sleep(0.02)
    process.terminate()
    assert await process.wait() == 0


def test_a_thread_that_computes_lets_the_loop_go_on_soon() -> None:
    before = sys.getswitchinterval()
    try:
        favour_the_loop()
        assert sys.getswitchinterval() < 0.001
    finally:
        sys.setswitchinterval(before)


# ------------------------------------------------------------------ not coming up


def test_an_address_that_is_taken_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run(f'--set=rtmp.listen=["127.0.0.1:0","{address}"]')
    assert done.returncode == 1
    assert done.stderr == f"trio-srs: cannot listen on {address}: Address already in use\n"
    assert done.stdout == ""


def test_a_certificate_that_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    done = run(
        '--set=rtmp.listen=["127.0.0.1:0"]',
        '--set=rtmps.listen=["127.0.0.1:0"]',
        f'--set=rtmps.certificate="{tmp_path}/no.pem"',
        f'--set=rtmps.key="{tmp_path}/no.key"',
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"{tmp_path}/no.pem" in done.stderr


def test_a_ready_descriptor_that_cannot_be_written_is_said_in_one_line() -> None:
    with open("/dev/full", "w") as unwritable:
        number = unwritable.fileno()
        done = run(
            '--set=rtmp.listen=["127.0.0.1:0"]',
            "--set=log.level='error'",
            f"--ready-fd={number}",
            pass_fds=(number,),
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("trio-srs: cannot say that the server is ready:")


# --------------------------------------------------------------------- signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_is_gone_at_once_with_nobody_there(number: signal.Signals) -> None:
    async with running('--set=rtmp.shutdown_grace="1m"') as server:
        server.send(number)
        with trio.fail_after(10):  # a busy machine may take a while, and not a grace
            assert await server.process.wait() == 0
        await server.exit()
        assert f"got {number.name}" in server.log


async def test_peers_are_told_and_closed_within_the_grace() -> None:
    async with running() as server:
        publisher, player = await playing(server)
        server.send(signal.SIGTERM)
        for peer in (publisher, player):
            with trio.fail_after(5):
                said = await peer.hear_end()  # a FIN: a reset would raise
            assert "NetConnection.Connect.AppShutdown" in str(said)
            peer.close()
        assert await server.exit() == 0


async def test_peers_that_do_not_go_are_cut_off_after_the_grace() -> None:
    words = ['--set=rtmp.shutdown_grace="200ms"', '--set=rtmp.close_timeout="1m"']
    async with running(*words) as server:
        publisher, player = await playing(server)
        began = time.perf_counter()
        server.send(signal.SIGTERM)
        assert await server.exit() == 0
        assert 0.2 <= time.perf_counter() - began < 3
        publisher.close()
        player.close()


async def test_a_second_signal_ends_the_grace() -> None:
    words = ['--set=rtmp.shutdown_grace="1m"', '--set=rtmp.close_timeout="1m"']
    async with running(*words) as server:
        publisher, player = await playing(server)
        server.send(signal.SIGTERM)
        await server.logged("got SIGTERM")
        await player.hear_end()
        assert server.process.returncode is None
        server.send(signal.SIGTERM)
        assert await server.exit() == 0
        publisher.close()
        player.close()


async def test_sigquit_lets_sessions_finish() -> None:
    async with running() as server:
        publisher, player = await playing(server)
        server.send(signal.SIGQUIT)
        await server.logged("got SIGQUIT")
        with trio.fail_after(10):
            while await is_accepting(server):  # noqa: ASYNC110 - nobody tells us
                await trio.sleep(0.01)
        await publisher.say(key(0), inter(40))
        assert (await player.hear_media(3))[1:] == [key(0), inter(40)]
        publisher.close()
        await server.logged("publishes live/a no more")
        assert server.process.returncode is None
        player.close()
        assert await server.exit() == 0


async def test_sighup_takes_over_what_it_can_and_says_what_not(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[rtmp]\nchunk_size = 4096\n")
    async with running(command=[sys.executable, "-m", "trio_srs", str(file)]) as server:
        old = await server.dial()
        assert await old.publish("a") == STARTED
        file.write_text('[rtmp]\nchunk_size = 8192\nbacklog = 7\n[stream]\npublish_busy="wat"\n')
        server.send(signal.SIGHUP)
        await server.logged("configuration not reloaded: stream.publish_busy")
        assert await size_of(server) == 4096
        file.write_text("[rtmp]\nchunk_size = 8192\nbacklog = 7\n")
        server.send(signal.SIGHUP)
        await server.logged("configuration: rtmp.backlog: 4096 -> 7, after a restart")
        await server.logged("configuration: rtmp.chunk_size: 4096 -> 8192, now")
        assert await size_of(server) == 8192
        file.write_text("[rtmp]\nchunk_size = 8192\n")
        server.send(signal.SIGHUP)
        await server.logged("configuration reloaded: nothing changed")
        await old.say(key(0))  # and the publish of before goes on
        await old.call("getStreamLength", None, "a")
        old.close()


async def is_accepting(server: Running) -> bool:
    try:
        (await server.dial()).close()
    except DialError:
        return False
    return True


async def size_of(server: Running) -> int:
    async with await server.dial() as peer:
        await peer.connect()
        return peer.reader.chunk_size


async def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    program = (
        "import subprocess, sys, time, pathlib\n"
        "subprocess.Popen([sys.executable, '-m', 'trio_srs', *sys.argv[1:]])\n"
        "time.sleep(60)\n"
    )
    words = ["--die-with-parent", f"--ready-file={ready}", '--set=rtmp.listen=["127.0.0.1:0"]']
    parent = await trio.lowlevel.open_process(
        [sys.executable, "-c", program, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with trio.fail_after(15):
            while not ready.exists():  # noqa: ASYNC110 - a file tells nobody
                await trio.sleep(0.02)
    finally:
        parent.kill()
        with trio.CancelScope(shield=True):
            await parent.wait()
    pid = json.loads(ready.read_text())["pid"]
    with trio.fail_after(10):
        while is_alive(pid):  # noqa: ASYNC110 - it is nobody's child any more
            await trio.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# ------------------------------------------------------------------------- log


async def test_a_session_has_a_line_when_it_connects_and_ends_with_its_id() -> None:
    async with running() as server:
        publisher, player = await playing(server)
        publisher.close()
        player.close()
        server.send(signal.SIGQUIT)
        assert await server.exit() == 0
        lines = [json.loads(line) for line in server.log.splitlines()]
        for session in ("c1", "c2"):
            said = [line["event"] for line in lines if line.get("session") == session]
            assert said[0].startswith("connected to live: ")
            assert said[-1].startswith("session ended: peer_")
        assert {"timestamp", "level", "logger"} <= set(lines[0])


async def test_a_log_for_people_is_text() -> None:
    async with running("--set=log.format='human'") as server:
        async with await server.dial() as peer:
            assert await peer.publish("a") == STARTED
        server.send(signal.SIGTERM)
        assert await server.exit() == 0
        assert "publishes live/a" in server.log
        assert "session=c1" in server.log
        assert "\x1b" not in server.log  # nobody looks at it on a terminal


async def test_a_quiet_log_says_nothing_of_sessions() -> None:
    async with running("--set=log.level='error'") as server:
        async with await server.dial() as peer:
            assert await peer.publish("a") == STARTED
        server.send(signal.SIGTERM)
        assert await server.exit() == 0
        assert server.log == ""
