"""What a test can ask of a server, in a process and in a thread alike."""

from __future__ import annotations

import json
import math
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.testing.processes import is_running
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PublishBegan, SessionBegan
from trio_srs.testing import (
    NothingPublishedError,
    NotInTimeError,
    PublisherProcess,
    ServerProcess,
    ServerThread,
    expect,
)
from trio_srs.testing.channel import ProcessRefusedError
from trio_srs.testing.server import ServerHandle
from trio_srs.testing.server_process import LeakError
from trio_srs.tools.expect.media_file import report_of_file
from trio_srs.wire.url import StreamNameError, UrlError

pytestmark = pytest.mark.interop

NAME = "live/cam1"


@pytest.fixture(params=[ServerProcess, ServerThread])
def server(request: pytest.FixtureRequest) -> Iterator[ServerHandle]:
    with request.param() as server:
        yield server


def publish(server: ServerHandle, seconds: float = 0.4) -> PublisherProcess:
    return PublisherProcess(server.url(NAME), seconds=seconds, audio="none", speed=math.inf)


def test_waits_return_the_report_of_that_moment(server: ServerHandle) -> None:
    with publish(server, seconds=math.inf) as publisher:
        publisher.stall()
        assert server.wait_for_publish(NAME).end is None
        publisher.resume()
        server.wait_for_keyframe(NAME)
        report = server.wait_for_frames(NAME, 5)
        assert report.facts.video is not None
        assert report.facts.video.frames >= 5
        publisher.stop()
    assert server.wait_for_end(NAME).end is EndReason.STREAM_CLOSED


def test_ten_frames_have_exact_counters_a_digest_and_an_end(server: ServerHandle) -> None:
    with publish(server) as publisher:
        report = server.wait_for_end(NAME)
        expect(report).video(frames=10, messages=11, keyframes=1).digest(exact=publisher.digest)
    assert (report.facts.messages, len(report.trace)) == (12, 10)
    assert (report.end, report.end_detail) == (EndReason.STREAM_CLOSED, "FCUnpublish")


def test_a_wait_in_vain_says_what_did_happen(server: ServerHandle) -> None:
    with pytest.raises(NotInTimeError, match=r"^no keyframe on live/cam1 within 0\.01 s; nothing"):
        server.wait_for_keyframe(NAME, timeout=0.01)
    with publish(server):
        message = r"no publisher on live/b within 0\.01 s; published: live/cam1 by 127\.0\.0\.1"
        with pytest.raises(NotInTimeError, match=message):
            server.wait_for_publish("live/b", timeout="10ms")


def test_no_frames_cannot_be_waited_for(server: ServerHandle) -> None:
    with pytest.raises(ValueError, match="to wait for 0 frames: expected at least 1"):
        server.wait_for_frames(NAME, 0)


def test_only_what_happens_since_counts(server: ServerHandle) -> None:
    with publish(server):
        server.wait_for_end(NAME)
    since = server.last_event
    with pytest.raises(NotInTimeError):
        server.wait_for_publish(NAME, timeout=0.01, since=since)
    with publish(server):
        server.wait_for_end(NAME, since=since)
    assert len(server.reports(NAME)) == 2


def test_the_newest_report_is_there_at_any_time(server: ServerHandle) -> None:
    with pytest.raises(
        NothingPublishedError, match=r"nobody has published live/cam1; nothing happened$"
    ):
        server.report(NAME)
    with publish(server):
        assert server.report(NAME).stream == NAME
    assert server.streams == (NAME,)


def test_a_publisher_can_be_kicked(server: ServerHandle) -> None:
    with publish(server, seconds=math.inf):
        assert server.kick(NAME, "out")
        report = server.wait_for_end(NAME)
        assert (report.end, report.end_detail) == (EndReason.KICKED, "out")
    assert not server.kick(NAME)


def test_sessions_and_events_are_told(server: ServerHandle) -> None:
    with publish(server):
        report = server.wait_for_end(NAME)
    [session] = server.sessions
    assert (session.id, session.requests[0].stream) == (report.session, NAME)
    events = [entry.event for entry in server.events]
    assert isinstance(events[0], SessionBegan)
    assert [each.stream for each in events if isinstance(each, PublishBegan)] == [NAME]
    assert server.last_event >= len(events)


def test_what_it_does_not_listen_for_has_no_url(server: ServerHandle) -> None:
    with pytest.raises(LookupError, match="this server does not listen for rtmps"):
        server.url(NAME, protocol="rtmps")


def test_it_can_serve_over_tls() -> None:
    with ServerProcess(rtmps={"listen": ["127.0.0.1:0"], "self_signed": True}) as server:
        assert server.url(NAME, protocol="rtmps").startswith("rtmps://127.0.0.1:")


def test_the_text_of_a_file_and_sections_configure_it() -> None:
    text = '[stream]\ninspect = "off"\n[log]\nlevel = "error"'
    with ServerProcess(text, stream={"inspect": "headers"}) as server, publish(server):
        assert server.wait_for_end(NAME).facts.level == "headers"
        assert server.log == ""


def test_what_cannot_be_listened_on_is_refused() -> None:
    with ServerProcess() as server:
        address = server.url().removeprefix("rtmp://").rstrip("/")
        with pytest.raises(ProcessRefusedError, match="in use") as refusal:
            ServerProcess(rtmp={"listen": [address]})
    assert refusal.value.why == "listen_failed"


def test_the_log_can_be_read_before_and_after_the_end() -> None:
    with ServerProcess() as server, publish(server):
        server.wait_for_end(NAME)
        assert f"publishes {NAME}" in server.log
    assert "session ended" in server.log


def test_a_server_that_has_given_everything_back_leaks_nothing() -> None:
    with ServerProcess() as server, publish(server, seconds=math.inf):
        server.check_leaks()
        server.check_leaks()
        assert server.report(NAME).end is EndReason.SHUTDOWN


@pytest.mark.parametrize("kind", [ServerProcess, ServerThread])
def test_every_publish_is_captured_whole(
    kind: type[ServerProcess] | type[ServerThread], tmp_path: Path
) -> None:
    with kind(captures=tmp_path / "new") as server:
        for number in (1, 2):
            since = server.last_event
            with publish(server) as publisher:
                report = server.wait_for_end(NAME, since=since)
            path = tmp_path / "new" / f"live-cam1-{number}.flv"
            assert report.captured == str(path)
            expect(report_of_file(path)).digest(exact=publisher.digest)


def test_a_leak_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with ServerProcess() as server:
        monkeypatch.setattr(server, "_ask", lambda *_, **__: ["task a", "session c1"])
        with pytest.raises(LeakError, match=r"when all have left: task a, session c1$"):
            server.check_leaks()


def test_its_failure_report_is_in_words_and_files(tmp_path: Path) -> None:
    with ServerProcess() as server:
        with publish(server):
            server.wait_for_end(NAME)
        said = server.write_failure_report(tmp_path / "kept")
    assert f"{NAME}, published by 127.0.0.1:" in said
    assert "first_keyframe  at 0 ms" in said
    assert "accepted, 12 messages" in said
    files = {path.name for path in (tmp_path / "kept").iterdir()}
    assert files == {"report-live-cam1-1.json", "sessions.json", "events.json", "server.log"}
    report = json.loads((tmp_path / "kept" / "report-live-cam1-1.json").read_text())
    assert report["facts"]["messages"] == 12


def test_the_failure_report_of_one_that_died_says_how(tmp_path: Path) -> None:
    with ServerProcess() as server:
        os.kill(server.pid, signal.SIGSEGV)
        said = server.write_failure_report(tmp_path)
        assert said == "the server's process was ended by signal 11; its log is empty"
        assert (tmp_path / "server.log").exists()


def test_it_answers_a_publisher_that_holds_pythons_lock() -> None:
    """PyAV does, in this very process, until the server has said yes."""
    av = pytest.importorskip("av", reason="there is no PyAV for this Python yet")
    with ServerProcess() as server:
        with av.open(server.url(NAME), "w", format="flv") as container:
            stream = container.add_stream("h264", rate=25, width=64, height=64, pix_fmt="yuv420p")
            for _ in range(10):
                container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
            container.mux(stream.encode(None))
        expect(server.wait_for_end(NAME)).video(frames=10, size=(64, 64))


def test_a_killed_one_is_gone() -> None:
    with ServerProcess() as server:
        assert is_running(server.pid)
        server.kill()
        assert not is_running(server.pid)
        assert server.is_over


WRITTEN: Final = (
    "live/cam1",
    "/live/cam1",
    "live//cam1",
    "{}/live/cam1",
    "rtmp://any.host/live/cam1",
)
WRONG: Final = {
    "cam1": "has no application: .* did you mean 'live/cam1'\\?",
    "/cam1": "has no application: .* did you mean 'live/cam1'\\?",
    "live/": "names an application and no stream",
    "": "the name of the stream is empty",
    "rtmp://127.0.0.1/live": "names an application and no stream",
    "http://127.0.0.1/live/cam1": "is no RTMP URL",
    "127.0.0.1:1935/live/cam1": "did you mean 'rtmp://127.0.0.1:1935/live/cam1'\\?",
}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_name_is_understood_however_it_is_written(server: ServerHandle, written: str) -> None:
    name = written.format(server.url().rstrip("/"))
    with publish(server, seconds=math.inf):
        assert server.wait_for_publish(name).stream == NAME
        assert server.report(name).stream == NAME
        assert [each.stream for each in server.reports(name)] == [NAME]
        assert server.kick(name)
        assert server.wait_for_end(name).stream == NAME


@pytest.mark.parametrize("written", WRONG)
def test_what_names_no_stream_is_refused_at_once(server: ServerHandle, written: str) -> None:
    calls: list[Callable[[str], object]] = [
        *(server.wait_for_publish, server.wait_for_keyframe, server.wait_for_end),
        *(server.report, server.reports, server.kick),
        *((server.url,) if written else ()),
    ]
    for call in calls:
        with pytest.raises((StreamNameError, UrlError), match=WRONG[written]):
            call(written)


def test_a_url_of_a_server_is_one_of_it(server: ServerHandle) -> None:
    base = server.url().rstrip("/")
    assert server.url("/live/cam1?token=x") == f"{base}/live/cam1?token=x"
    assert server.url(f"{base}/live/cam1") == f"{base}/live/cam1"
    with pytest.raises(UrlError, match=f"is not on this server, which is {base}$"):
        server.url("rtmp://127.0.0.2:5/live/cam1")
    with pytest.raises(LookupError, match='not listen for rtmq; did you mean "rtmp"'):
        server.url("live/cam1", "rtmq")
