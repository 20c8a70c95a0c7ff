"""Tests that fail, each in a way that has to be told well. See :mod:`tests.testing.test_told`."""

from __future__ import annotations

import math
import socket
from contextlib import suppress

import pytest

from trio_srs.media.report import StreamReport
from trio_srs.testing import (
    PublisherProcess,
    ServerProcess,
    StartPublisher,
    StartServer,
    expect,
)


@pytest.fixture
def report(rtmp_server: ServerProcess, rtmp_publisher: StartPublisher) -> StreamReport:
    rtmp_publisher("live/cam1", seconds=1, speed=math.inf).wait()
    return rtmp_server.wait_for_end("live/cam1")


def test_right(report: StreamReport) -> None:
    expect(report).video(codec="h264", fps=pytest.approx(25, abs=0.5))


def test_one_fact(report: StreamReport) -> None:
    expect(report).video(codec="hevc")


def test_several_facts(report: StreamReport) -> None:
    with expect(report) as stream:
        stream.audio(codec="aac")
        stream.video(size=(640, 360))
        stream.audio(sample_rate=48000)


def test_asks_nothing(report: StreamReport) -> None:
    expect(report)


def test_asks_nothing_in_a_call(report: StreamReport) -> None:
    expect(report).video()


def test_asks_nothing_in_a_block(report: StreamReport) -> None:
    with expect(report):
        pass


def test_asks_nothing_in_a_helper(report: StreamReport) -> None:
    def judge(each: StreamReport) -> None:
        checked = expect(each)
        assert checked is not None

    judge(report)


def test_fails_otherwise(report: StreamReport) -> None:
    expect(report)
    raise ZeroDivisionError("of its own")


def test_never_came(rtmp_server: ServerProcess) -> None:
    rtmp_server.wait_for_publish("live/cam2", timeout=0.05)


def test_no_report(rtmp_server: ServerProcess) -> None:
    rtmp_server.report("live/cam3")


def test_no_application(rtmp_server: ServerProcess) -> None:
    rtmp_server.wait_for_publish("cam1")


def test_no_application_to_publish_to(rtmp_publisher: StartPublisher) -> None:
    rtmp_publisher("cam1")


def test_misspelt(rtmp_publisher: StartPublisher) -> None:
    rtmp_publisher("live/a", second=2)  # type: ignore[call-arg]  # that is what is told


def test_misspelt_fact(report: StreamReport) -> None:
    expect(report).video(codek="h264")  # type: ignore[call-arg]  # likewise


def test_misspelt_setting(rtmp_server_factory: StartServer) -> None:
    rtmp_server_factory(stream={"publish_busi": "replace"})


def test_no_such_pattern(rtmp_server: ServerProcess) -> None:
    PublisherProcess(rtmp_server.url("live/a"), "h266")


def say(server: ServerProcess, data: bytes) -> None:
    """Connect to the RTMP port, say something that is not RTMP, and wait for the end."""
    port = int(server.url().rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(data)
        with suppress(OSError):
            while sock.recv(4096):
                continue


def test_http_to_wait(rtmp_server: ServerProcess) -> None:
    say(rtmp_server, b"GET /live/cam1 HTTP/1.1\r\nHost: a\r\n\r\n")
    rtmp_server.wait_for_publish("live/cam1", timeout=0.5)


def test_http_to_report(rtmp_server: ServerProcess) -> None:
    say(rtmp_server, b"GET /live/cam1 HTTP/1.1\r\nHost: a\r\n\r\n")
    rtmp_server.report("live/cam1")


def test_tls_to_wait(rtmp_server: ServerProcess) -> None:
    say(rtmp_server, bytes.fromhex("16030100fa010000f60303") + bytes(250))
    rtmp_server.wait_for_end("live/cam1", timeout=0.5)
