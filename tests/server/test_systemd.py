"""systemd hands sockets over, and is told how the service stands."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from trio_srs.server.systemd import Notifier, handed_over


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, []),
        ({"LISTEN_FDS": "2"}, []),
        ({"LISTEN_FDS": "2", "LISTEN_PID": "1"}, []),
        ({"LISTEN_FDS": "2", "LISTEN_PID": str(os.getpid())}, [3, 4]),
        ({"LISTEN_FDS": "x", "LISTEN_PID": str(os.getpid())}, []),
    ],
)
def test_descriptors_are_for_the_process_that_is_named(
    environ: dict[str, str], expected: list[int]
) -> None:
    assert list(handed_over(environ)) == expected


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(20)
        yield sock


def test_each_state_is_said(systemd: socket.socket) -> None:
    notifier = Notifier(systemd.getsockname())
    notifier.reloading()
    notifier.ready()
    notifier.stopping()
    said = [systemd.recv(100) for _ in range(3)]
    assert said[0].startswith(b"RELOADING=1\nMONOTONIC_USEC=")
    assert said[1:] == [b"READY=1", b"STOPPING=1"]


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")
def test_a_name_may_be_abstract() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0trio-srs-{os.getpid()}")
        Notifier(f"@trio-srs-{os.getpid()}").ready()
        assert sock.recv(100) == b"READY=1"


def test_nobody_to_be_told_is_no_trouble(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    Notifier().ready()
    assert caplog.text == ""
    Notifier(str(tmp_path / "nowhere")).ready()
    assert "cannot notify systemd: " in caplog.text


AS_SYSTEMD = """\
import os, sys
for number, given in zip((3, 4), sys.argv[1:3]):
    os.dup2(int(given), number)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[3], sys.argv[3:])
"""


@pytest.mark.interop
async def test_a_service_is_ready_on_the_socket_that_it_was_given(systemd: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock, socket.create_server(("", 0)) as other:
        port = sock.getsockname()[1]
        given = [str(sock.fileno()), str(other.fileno())]
        words = [sys.executable, "-ISc", AS_SYSTEMD, *given, sys.executable, "-m", "trio_srs"]
        process = await trio.lowlevel.open_process(
            [*words, f'--set=rtmp.listen=["127.0.0.1:{port}"]'],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(sock.fileno(), other.fileno()),
            env={**os.environ, "LISTEN_FDS": "2", "NOTIFY_SOCKET": systemd.getsockname()},
        )
        try:
            assert await trio.to_thread.run_sync(systemd.recv, 100) == b"READY=1"
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(b"\x03" + bytes(1536))
                assert bytes(await stream.receive_some(1)) == b"\x03"
            process.terminate()
            assert await trio.to_thread.run_sync(systemd.recv, 100) == b"STOPPING=1"
            assert process.stderr is not None
            log = b"".join([some async for some in process.stderr])
            assert await process.wait() == 0
        finally:
            process.kill()
            await process.wait()
            if process.stderr is not None:
                await process.stderr.aclose()
    assert b"nothing is served on the socket that was handed over" in log
