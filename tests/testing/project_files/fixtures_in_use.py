"""Tests as somebody writes them who has only ``pip install trio-srs[test]``.

They are run in projects of their own, by :mod:`tests.testing.test_plugin` and
:mod:`tests.testing.test_install`.
"""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from trio_srs.hub.sessions import RequestFacts
from trio_srs.testing import (
    NothingPublishedError,
    NotInTimeError,
    PlayerProcess,
    PublisherProcess,
    ServerProcess,
    at_least,
    between,
    expect,
)

Publish = Callable[..., PublisherProcess]
Play = Callable[..., PlayerProcess]
NAME = "live/cam1"


@pytest.fixture(autouse=True)
def noted(rtmp_server: ServerProcess) -> None:
    """Write down the process, so that somebody can see whether it is gone afterwards."""
    with Path(__file__).with_name("pids").open("a") as file:
        print(rtmp_server.pid, file=file)


def test_ten_frames_are_seen_whole(rtmp_server: ServerProcess, rtmp_publisher: Publish) -> None:
    publisher = rtmp_publisher(NAME, seconds=0.4, audio="none", speed=math.inf)
    report = rtmp_server.wait_for_end(NAME)
    assert publisher.wait() == "complete"
    assert report.facts.messages == 12  # the metadata, the header, ten frames
    assert report.facts.digests is not None
    assert report.facts.digests.exact == publisher.digest
    assert (report.end, report.end_detail) == ("stream_closed", "FCUnpublish")
    assert len(report.trace) == 10
    expect(report).video(codec="h264", size=(320, 180), frames=10, messages=11, keyframes=1)
    expect(report).digest(exact=publisher.digest).end(reason="stream_closed")


def test_what_is_published_is_what_is_played(
    rtmp_server: ServerProcess, rtmp_publisher: Publish, rtmp_player: Play
) -> None:
    player = rtmp_player(NAME)
    publisher = rtmp_publisher(NAME, seconds=1.0, speed=math.inf)
    assert player.wait() == "NetStream.Play.UnpublishNotify"
    report = rtmp_server.wait_for_end(NAME)
    assert player.digest == publisher.digest
    expect(report).digest(exact=player.digest).video(frames=25)
    assert player.facts.tracks == report.facts.tracks
    assert "NetStream.Play.PublishNotify" in player.statuses


def test_the_waits_come_in_order(rtmp_server: ServerProcess, rtmp_publisher: Publish) -> None:
    publisher = rtmp_publisher(NAME)
    assert rtmp_server.wait_for_publish(NAME).end is None
    expect(rtmp_server.wait_for_keyframe(NAME)).video(keyframes=at_least(1))
    expect(rtmp_server.wait_for_frames(NAME, 5)).video(frames=at_least(5))
    publisher.stop()
    assert rtmp_server.wait_for_end(NAME).end is not None
    assert rtmp_server.wait_for_publish(NAME).end is not None  # it was published, after all


def test_a_wait_can_begin_before_anything_has(
    rtmp_server: ServerProcess, rtmp_publisher: Publish
) -> None:
    found = []
    thread = threading.Thread(target=lambda: found.append(rtmp_server.wait_for_end(NAME)))
    thread.start()
    rtmp_publisher(NAME, seconds=0.4, speed=math.inf)
    thread.join()
    assert found[0].stream == NAME


def test_a_wait_in_vain_tells_what_did_happen(
    rtmp_server: ServerProcess, rtmp_publisher: Publish
) -> None:
    with pytest.raises(NotInTimeError, match=r"no publisher on live/cam1 within 0\.05 s"):
        rtmp_server.wait_for_publish(NAME, timeout=0.05)
    rtmp_publisher("live/cam2")
    with pytest.raises(Exception, match="already published"):
        rtmp_publisher("live/cam2")
    message = r"no publisher on live/cam1 .*refused: live/cam2 by 127\.0\.0\.1, stream_busy"
    with pytest.raises(NotInTimeError, match=message):
        rtmp_server.wait_for_publish(NAME, timeout=0.05)


def test_a_report_of_nothing_tells_what_there_is(
    rtmp_server: ServerProcess, rtmp_publisher: Publish
) -> None:
    rtmp_publisher("live/cam2")
    with pytest.raises(NothingPublishedError, match="published live/cam1; published: live/cam2"):
        rtmp_server.report(NAME)
    assert rtmp_server.streams == ("live/cam2",)
    assert rtmp_server.reports(NAME) == ()


def test_a_kick_ends_the_publish_and_not_the_server(
    rtmp_server: ServerProcess, rtmp_publisher: Publish
) -> None:
    first = rtmp_publisher(NAME)
    since = rtmp_server.last_event
    assert rtmp_server.kick(NAME, "enough")
    assert not rtmp_server.kick("live/nobody")
    first.wait()
    report = rtmp_server.wait_for_end(NAME)
    assert (report.end, report.end_detail) == ("kicked", "enough")
    with pytest.raises(NotInTimeError):
        rtmp_server.wait_for_publish(NAME, timeout=0.05, since=since)
    rtmp_publisher(NAME)
    assert rtmp_server.wait_for_publish(NAME, since=since).end is None
    assert len(rtmp_server.reports(NAME)) == 2


def test_sessions_tell_what_was_asked_and_got(
    rtmp_server: ServerProcess, rtmp_publisher: Publish, rtmp_player: Play
) -> None:
    publisher = rtmp_publisher(NAME, seconds=0.4, speed=math.inf)
    player = rtmp_player(NAME)
    publisher.wait()
    player.stop()
    rtmp_server.wait_for_end(NAME)
    asked = {
        (request.what, request.stream, request.outcome)
        for session in rtmp_server.sessions
        for request in session.requests
    }
    assert asked == {("publish", NAME, "accepted"), ("play", NAME, "accepted")}


def test_sessions_tell_what_viewers_over_http_got(
    rtmp_server: ServerProcess, rtmp_publisher: Publish
) -> None:
    rtmp_publisher(NAME, kbps=20_000, speed=8)
    url = urlsplit(rtmp_server.http_url(f"{NAME}.flv"))
    assert rtmp_server.hls_url(NAME) == rtmp_server.http_url(f"{NAME}.m3u8")
    assert rtmp_server.dash_url(NAME) == rtmp_server.http_url(f"{NAME}.mpd")
    with socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect((url.hostname, url.port))
        stuck.sendall(f"GET {url.path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        with urlopen(rtmp_server.http_url(f"{NAME}.ts"), timeout=10) as viewer:
            deadline = time.monotonic() + 20
            while not request_of(rtmp_server, "http-flv").stalls:
                assert time.monotonic() < deadline, "it never was too slow"
                assert viewer.read(100_000)
    good = request_of(rtmp_server, "http-ts")
    assert (good.what, good.stream, good.outcome) == ("play", NAME, "accepted")
    assert good.bytes >= 100_000


def test_hls_is_waited_for_and_there_at_once(
    rtmp_server: ServerProcess, rtmp_publisher: Publish
) -> None:
    rtmp_publisher(NAME, speed=40)
    assert rtmp_server.wait_for_hls(NAME).end is None
    with urlopen(rtmp_server.hls_url(NAME), timeout=10) as playlist:
        assert playlist.read(7) == b"#EXTM3U"
    assert rtmp_server.wait_for_dash(NAME).stream == NAME


def request_of(server: ServerProcess, protocol: str) -> RequestFacts:
    """The one request of the one session of a protocol; before it has asked, an empty one."""
    nothing = RequestFacts(what="", stream="", at_s=0.0, outcome="")
    asked = (it.requests for it in server.sessions if it.protocol == protocol)
    return next(iter(next(asked, ())), nothing)


def test_events_tell_what_happened(rtmp_server: ServerProcess, rtmp_publisher: Publish) -> None:
    rtmp_publisher(NAME, seconds=0.4, speed=math.inf).wait()
    rtmp_server.wait_for_end(NAME)
    entries = rtmp_server.events
    kinds = [type(entry.event).__name__ for entry in entries]
    expected = ["SessionBegan", "SessionConnected", "PublishBegan", "FirstMedia", "FirstKeyframe"]
    assert kinds[:5] == expected
    assert "PublishEnded" in kinds
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert abs(entries[0].at - time.time()) < 60


def test_a_stall_is_in_the_report(rtmp_server: ServerProcess, rtmp_publisher: Publish) -> None:
    publisher = rtmp_publisher(NAME)
    publisher.wait_for_frames(3)
    publisher.stall()
    time.sleep(0.4)
    publisher.resume()
    rtmp_server.wait_for_frames(NAME, publisher.frames + 3)
    publisher.stop()
    report = rtmp_server.wait_for_end(NAME)
    expect(report).stall(seconds=between(0.2, 2.0))


def test_the_log_is_there(rtmp_server: ServerProcess, rtmp_publisher: Publish) -> None:
    rtmp_publisher(NAME)
    assert f"publishes {NAME}" in rtmp_server.log


def test_many_threads_may_ask_at_once(rtmp_server: ServerProcess, rtmp_publisher: Publish) -> None:
    rtmp_publisher(NAME)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(rtmp_server.wait_for_frames(NAME, 5).stream))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [NAME] * 8


@pytest.mark.rtmp_server(stream={"inspect": "headers"}, log={"level": "error"})
def test_a_mark_configures_it(rtmp_server: ServerProcess, rtmp_publisher: Publish) -> None:
    rtmp_publisher(NAME, seconds=0.4, speed=math.inf)
    report = rtmp_server.wait_for_end(NAME)
    assert (report.facts.level, len(report.trace)) == ("headers", 0)
    assert rtmp_server.log == ""


def test_any_number_of_servers(
    rtmp_server: ServerProcess,
    rtmp_server_factory: Callable[..., ServerProcess],
    rtmp_publisher: Publish,
) -> None:
    other = rtmp_server_factory(stream={"publish_busy": "replace"})
    rtmp_publisher(other.url(NAME))
    assert other.wait_for_publish(NAME).end is None
    assert rtmp_server.streams == ()
