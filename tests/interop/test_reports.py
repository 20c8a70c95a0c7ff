"""What was published, what was captured and what was played are the same, over real ports."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from tests.interop.expected import a_late_player_gets
from tests.interop.media import Library
from tests.interop.programs import FFMPEG, copying, run
from tests.interop.server import watched
from tests.interop.tap import tapped
from tests.tools.test_capture import digest, read
from trio_srs.errors import EndReason
from trio_srs.media.pattern import Pattern
from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import StepKind
from trio_srs.net.rtmp_player import open_player
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.tools.capture import capturing
from trio_srs.wire.rtmp.message import Message, MessageType

pytestmark = pytest.mark.interop

MEDIA = (MessageType.AUDIO, MessageType.VIDEO)
FULL = 'inspect = "full"'


class Listener:
    """A player, and the audio and video that it has heard so far."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self._news = trio.Event()

    async def play(self, url: str, *, task_status: trio.TaskStatus[None]) -> None:
        async with open_player(url) as player:
            task_status.started()
            async for message in player:
                if message.type_id in MEDIA:
                    self.heard.append(message)
                    self._news.set()
                    self._news = trio.Event()

    async def until(self, last: Message) -> None:
        """Wait until this was heard."""
        while items(self.heard[-1:]) != items([last]):
            await self._news.wait()


def items(messages: list[Message]) -> list[tuple[int, int, bytes]]:
    return [(each.type_id, each.timestamp_ms, each.payload) for each in messages]


def frames_in(messages: list[Message]) -> int:
    probe = StreamProbe("headers")
    for message in messages:
        probe.see(message)
    video = probe.facts().video
    assert video is not None
    return video.frames


async def test_digests_are_equal_wherever_they_are_taken(tmp_path: Path) -> None:
    said = list(Pattern(seconds=1.5, gop_s=0.5))
    cut = len(said) * 3 // 4
    media = [message for message in said if message.type_id in MEDIA]
    before = [message for message in said[:cut] if message.type_id in MEDIA]
    early, late = Listener(), Listener()
    async with (
        watched(FULL) as house,
        capturing(house.server, tmp_path) as captures,
        trio.open_nursery() as nursery,
    ):
        await nursery.start(early.play, house.url())
        async with open_publisher(house.url()) as publisher:
            for message in said[:cut]:
                await publisher.send(message)
            await early.until(before[-1])
            await nursery.start(late.play, house.url())
            for message in said[cut:]:
                await publisher.send(message)
            await early.until(media[-1])
            await late.until(media[-1])
        await house.server.wait_for("live/a", "unpublished")
        await captures.settled()
        nursery.cancel_scope.cancel()
    report = house.server.reports.find("live/a")
    assert report is not None
    assert report.facts.video is not None
    assert report.facts.video.frames == frames_in(said)
    assert report.facts.digests == digest(media) == digest(early.heard)
    assert read(report)[1].facts().digests == report.facts.digests
    assert items(late.heard) == a_late_player_gets(items(media), len(before))
    assert report.conduct.oddities == ()


async def test_what_ffmpeg_publishes_in_a_moment_is_seen_whole(
    library: Library, tmp_path: Path
) -> None:
    source = library.file("avc_aac")
    async with (
        watched(FULL) as house,
        tapped(house.url()) as tap,
        capturing(house.server, tmp_path),
    ):
        ended = await run(copying(FFMPEG, source, tap.url, "-t", "0.4"))
        reached = await house.server.wait_for("live/a", "unpublished")
    assert ended.returncode == 0
    report = house.server.reports.find("live/a")
    assert report is not None
    assert report.facts.video is not None
    assert reached.frames == report.facts.video.frames == frames_in(tap.messages) < 15
    sent = [message for message in tap.messages if message.type_id in MEDIA]
    assert report.facts.digests == digest(sent) == read(report)[1].facts().digests
    assert report.end is EndReason.STREAM_CLOSED
    assert (report.conduct.flow, report.conduct.handshake) == ("fmle", "digest_schema1")
    assert report.conduct.encoder is not None
    assert report.conduct.encoder.startswith("Lavf")
    assert [step.what for step in report.timeline] == [
        StepKind.ACCEPTED,
        StepKind.HANDSHAKE,
        StepKind.CONNECT,
        StepKind.PUBLISH,
        StepKind.FIRST_MEDIA,
        StepKind.FIRST_KEYFRAME,
        StepKind.END,
    ]
    assert report.conduct.oddities == ()
