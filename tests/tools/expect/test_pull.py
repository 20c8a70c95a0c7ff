"""A stream is pulled for as long as it is wanted; whatever goes wrong is in the report."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from tests.media.remux.records import DATA
from tests.net.scripted import STREAM, URL, Script, accept, accept_connect, say_status, scripted
from tests.tools.expect.test_http_feed import CLOSED, answering
from tests.tools.files import clip, flv
from trio_srs.errors import EndReason
from trio_srs.media.report import StepKind
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.testing.peer import Peer
from trio_srs.tools.expect.pull import Pull
from trio_srs.tools.expect.stream_observer import Enough
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusCode
from trio_srs.wire.url import UrlError


def here(message: Message) -> Message:
    return Message(message.type_id, STREAM, message.timestamp_ms, message.payload)


def pull(url: str = URL, **enough: float) -> Pull:
    return Pull(url, Enough(**enough), timeout_s=5.0, settings=ClientSettings(timeout_s=2.0))


def playing(seconds: int, then: Callable[[Peer], object] | None = None) -> Script:
    async def script(peer: Peer) -> None:
        await accept(peer)
        began = trio.current_time()
        for message in clip(seconds):
            await trio.sleep_until(began + message.timestamp_ms / 1000)
            await peer.say(here(message))
        if then is None:
            await say_status(peer, StatusCode.PLAY_UNPUBLISH_NOTIFY)
            await peer.hear_end()
            peer.close()
        else:
            then(peer)
            await trio.sleep_forever()

    return script


async def test_a_stream_is_pulled_to_its_end(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    job = pull()
    async with scripted(monkeypatch, playing(3)):
        await job.run()
    report = job.report()
    assert report is not None
    assert (report.stream, report.peer) == ("rtmp://server/live/a", "server")
    assert report.facts.video is not None
    assert report.facts.video.frames == 75
    assert report.facts.arrival.longest_silence_s < 0.1
    assert (report.end, report.end_detail) == (
        EndReason.STREAM_CLOSED,
        "NetStream.Play.UnpublishNotify",
    )
    assert [step.what for step in report.timeline] == [
        StepKind.PUBLISH, StepKind.FIRST_MEDIA, StepKind.FIRST_KEYFRAME, StepKind.END,
    ]  # fmt: skip
    assert (report.conduct.handshake, report.conduct.client) == ("plain", "FMS/1,2,3,4")


async def test_a_stream_is_pulled_until_there_is_enough(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    job = pull(frames=10)
    async with scripted(monkeypatch, playing(60)):
        await job.run()
    report = job.report()
    assert report is not None
    assert report.facts.video is not None
    assert (report.facts.video.frames, report.end) == (10, None)
    assert report.end_detail == "judged up to here: there are enough frames"


@pytest.mark.parametrize(
    ("then", "end", "detail"),
    [
        (Peer.close, EndReason.PEER_FIN, "closed"),
        (lambda peer: peer.transport.reset(), EndReason.PEER_RST, "the peer reset the connection"),
        (lambda peer: None, EndReason.PUBLISH_IDLE_TIMEOUT, "nothing more came for 5 s"),
    ],
    ids=["closed", "reset", "silent"],
)
async def test_however_it_ends_what_came_is_reported(
    monkeypatch: pytest.MonkeyPatch,
    autojump_clock: MockClock,
    then: Callable[[Peer], object],
    end: EndReason,
    detail: str,
) -> None:
    job = pull()
    async with scripted(monkeypatch, playing(1, then)):
        await job.run()
    report = job.report()
    assert report is not None
    assert (report.end, report.end_detail) == (end, detail)
    assert report.timeline[-1].what is StepKind.END


async def test_what_does_not_come_is_explained(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async def refuse(peer: Peer) -> None:
        await accept_connect(peer)
        await peer.hear_command("play")
        await say_status(peer, StatusCode.PLAY_STREAM_NOT_FOUND, "no such stream")
        await peer.hear_end()

    async def say_nothing(peer: Peer) -> None:
        await accept(peer)
        await trio.sleep_forever()

    for script, absence in (
        (refuse, "rtmp://server/live/a: NetStream.Play.StreamNotFound: no such stream"),
        (say_nothing, "no audio or video came for 5 s"),
    ):
        job = pull()
        async with scripted(monkeypatch, script):
            await job.run()
        assert (job.report(), job.absence) == (None, absence)


async def test_an_interrupted_pull_has_what_came(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    job = pull()
    assert (job.report(), job.absence) == (None, "interrupted before the server had answered")
    async with scripted(monkeypatch, playing(60)):
        with trio.move_on_after(2):
            await job.run()
    report = job.report()
    assert report is not None
    assert report.facts.clock.duration_ms == pytest.approx(1980, abs=50)
    assert (report.end, report.end_detail) == (None, "interrupted")


async def test_flv_over_http_is_pulled_likewise(monkeypatch: pytest.MonkeyPatch) -> None:
    job = pull("http://host:8080/live/a.flv?token=secret")
    async with answering(monkeypatch, CLOSED + flv(clip(1))):
        await job.run()
    report = job.report()
    assert report is not None
    assert (report.stream, report.peer) == ("http://host:8080/live/a.flv", "host:8080")
    assert (report.end, report.conduct.flow) == (EndReason.PEER_FIN, "HTTP-FLV")


async def test_a_transport_stream_over_http_is_pulled_likewise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = pull("http://host/live/a")
    data = (DATA / "ts" / "ffmpeg_h264_aac.ts").read_bytes()
    # Its counters begin anew, so that the picture that came last before counts as broken.
    async with answering(monkeypatch, CLOSED + data + data):
        await job.run()
    report = job.report()
    assert report is not None
    video, audio = report.facts.video, report.facts.audio
    assert video is not None
    assert audio is not None
    assert (video.codec, video.frames, audio.codec) == ("h264", 7, "aac")
    assert (report.end, report.conduct.flow) == (EndReason.PEER_FIN, "HTTP-TS")
    assert "continuity" in [oddity.code for oddity in report.conduct.oddities]
    assert (report.facts.digests, video.digests, audio.digests) == (None, None, None)
    assert report.facts.metadata is None


async def test_why_nothing_came_is_told_by_what_was_odd(monkeypatch: pytest.MonkeyPatch) -> None:
    job = pull("http://host/live/a.ts")
    data = (DATA / "ts" / "ffmpeg_h264_aac.ts").read_bytes()
    async with answering(monkeypatch, CLOSED + data[: 188 * 5] + data[188 * 6 : 188 * 8]):
        await job.run()
    assert (job.report(), job.absence) == (
        None,
        "the server ended the answer; PID 0x100, counter 3, expected 2; "
        "video h264: packets are missing in it",
    )


async def test_a_url_of_another_kind_is_refused() -> None:
    with pytest.raises(UrlError, match="is no RTMP URL"):
        pull("srt://host/a")
    with pytest.raises(UrlError, match="names no stream"):
        await pull("rtmp://host/live").run()
