"""Publishers and players of tests do what they are told, and know what they did."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.files import clip, flv
from trio_srs.media.pattern import Pattern
from trio_srs.media.probe import StreamProbe
from trio_srs.testing import NotInTimeError, PlayerProcess, PublisherProcess, ServerProcess
from trio_srs.testing.channel import ProcessRefusedError

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess() as server:
        yield server
        server.check_leaks()


@pytest.fixture
def url(server: ServerProcess, request: pytest.FixtureRequest) -> str:
    return server.url(f"live/{abs(hash(request.node.name))}")


def test_a_player_gets_what_the_publisher_sends(url: str) -> None:
    probe = StreamProbe()
    for message in Pattern.parse("h264:320x180@25", seconds=1.0):
        probe.see(message)
    with PlayerProcess(url) as player:
        with PublisherProcess(url, seconds=1.0, speed=math.inf) as publisher:
            assert publisher.wait() == "complete"
        assert player.wait() == "NetStream.Play.UnpublishNotify"
        facts = probe.facts()
        assert facts.digests is not None
        assert {publisher.digest, player.digest} == {facts.digests.exact}
        assert (player.frames, publisher.frames) == (25, 25)
        assert player.statuses == (
            "NetStream.Play.PublishNotify",
            "NetStream.Play.UnpublishNotify",
        )
        got = player.facts
    assert got.digests == facts.digests
    assert got.tracks[0].video == facts.tracks[0].video
    assert player.error is None


def test_a_file_is_published(url: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.flv"
    path.write_bytes(flv(clip(2)))
    with PublisherProcess(url, file=path, speed=math.inf, seconds=1.0) as publisher:
        assert publisher.wait() == "complete"
        assert publisher.frames == 25


def test_a_stream_without_video_counts_its_sound(url: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.flv"
    path.write_bytes(flv(clip(1, video=False)))
    with PublisherProcess(url, file=path, speed=math.inf) as publisher:
        publisher.wait_for_frames(25)


def test_a_publisher_that_stalls_sends_nothing_until_it_goes_on(url: str) -> None:
    with PublisherProcess(url) as publisher:
        publisher.wait_for_frames(3)
        publisher.stall()
        frames = publisher.frames
        time.sleep(0.15)
        assert publisher.frames == frames
        assert not publisher.ended
        publisher.resume()
        publisher.wait_for_frames(frames + 3)


def test_a_player_that_stalls_takes_nothing_until_it_goes_on(url: str) -> None:
    with PublisherProcess(url), PlayerProcess(url) as player:
        player.wait_for_frames(3)
        player.stall()
        frames = player.frames + 1  # the one it may be waiting for
        time.sleep(0.2)
        assert player.frames <= frames
        player.resume()
        player.wait_for_frames(frames + 3)


def test_a_publisher_that_is_told_to_stop_does_so_in_good_order(url: str) -> None:
    with PlayerProcess(url) as player, PublisherProcess(url) as publisher:
        publisher.wait_for_frames(3)
        publisher.stop()
        assert publisher.ended == "stopped"
        assert player.wait() == "NetStream.Play.UnpublishNotify"
        assert player.digest == publisher.digest


def test_one_that_stalls_can_be_told_to_stop(url: str) -> None:
    with PlayerProcess(url) as player, PublisherProcess(url) as publisher:
        publisher.wait_for_frames(2)
        publisher.stall()
        time.sleep(0.1)  # until the next frame is due, which is not sent
        publisher.stop()
        assert publisher.ended == "stopped"
        player.wait()
        assert player.digest == publisher.digest


def test_a_player_that_is_told_to_stop_does_so(url: str) -> None:
    with PublisherProcess(url), PlayerProcess(url) as player:
        player.wait_for_frames(3)
        player.stop()
        assert player.ended == "stopped"


def test_what_a_killed_one_did_is_remembered(url: str) -> None:
    publisher = PublisherProcess(url)
    publisher.wait_for_frames(3)
    publisher.kill()
    assert publisher.frames >= 3
    assert not publisher.ended
    publisher.close()


def test_a_publisher_that_the_server_ends_knows_why() -> None:
    with (
        ServerProcess(stream={"publish_busy": "replace"}) as own,
        PublisherProcess(own.url("live/a")) as first,
        PublisherProcess(own.url("live/a")),
    ):
        assert first.wait() == "server_refused"
        assert first.error is not None
        assert "live/a was taken over by 127.0.0.1:" in first.error


def test_one_that_the_server_refuses_is_not_there(url: str) -> None:
    message = "already published by"
    with PublisherProcess(url), pytest.raises(ProcessRefusedError, match=message) as refusal:
        PublisherProcess(url)
    assert refusal.value.why == "server_refused"


def test_a_player_that_the_server_refuses_is_not_there() -> None:
    message = r"NetStream\.Play\.StreamNotFound"
    with (
        ServerProcess(stream={"play_missing": "refuse"}) as own,
        pytest.raises(ProcessRefusedError, match=message),
    ):
        PlayerProcess(own.url("live/a"))


@pytest.mark.parametrize(
    ("words", "why", "message"),
    [
        ({"pattern": "h265"}, "bad_pattern", "video 'h265': expected one of h264"),
        ({"defects": ["gap"]}, "bad_pattern", "a defect 'gap': at which frame"),
        ({"file": "missing.flv"}, "bad_media_file", "missing.flv: No such file"),
    ],
)
def test_what_cannot_be_published_is_refused(
    url: str, words: dict[str, object], why: str, message: str
) -> None:
    with pytest.raises(ProcessRefusedError, match=message) as refusal:
        PublisherProcess(url, **words)  # type: ignore[arg-type]  # one of each, by name
    assert refusal.value.why == why


def test_waiting_for_too_much_tells_what_there_is(url: str) -> None:
    with PublisherProcess(url, seconds=0.2) as publisher:
        with pytest.raises(NotInTimeError, match=r"goes on after 0\.01 s: \d+ frames, \d+ bytes"):
            publisher.wait(0.01)
        message = r"not 100 frames within 10 s, only 5 frames, \d+ bytes; it ended: complete"
        with pytest.raises(NotInTimeError, match=message):
            publisher.wait_for_frames(100)
