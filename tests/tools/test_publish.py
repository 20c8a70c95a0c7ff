"""A file is published at its own pace, or another one, and what was sent is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.net.scripted import STREAM, URL, accept, scripted
from tests.tools.files import clip, flv
from trio_srs.media.pattern import Defect, Pattern
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.testing.bodies import header, key, metadata
from trio_srs.testing.peer import Peer
from trio_srs.tools.publish import FilePublish, MediaFileError, PatternPublish, PublishOptions
from trio_srs.tools.tally import Tally
from trio_srs.wire.flv.tag import FlvError
from trio_srs.wire.rtmp.message import MEDIA_TYPES, Message

MAX = PublishOptions(speed=math.inf)


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files at once: to a mock clock a thread at work is nobody at work."""

    async def run_sync(function: Callable[..., object], *args: object, **_: object) -> object:
        await trio.lowlevel.checkpoint()
        return function(*args)

    monkeypatch.setattr(trio.to_thread, "run_sync", run_sync)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two seconds of video and audio; beside it ``short.flv``, which is cut short."""
    path = tmp_path / "two.flv"
    path.write_bytes(flv(clip(2)))
    path.with_name("short.flv").write_bytes(flv(clip(2))[:-3])
    return path


async def publish(
    monkeypatch: pytest.MonkeyPatch, job: FilePublish | PatternPublish
) -> list[tuple[float, Message]]:
    """Publish to a server; return what it heard, and when after the first."""
    heard: list[tuple[float, Message]] = []

    async def script(peer: Peer) -> None:
        await accept(peer)
        while True:
            try:
                message = await peer.hear()
            except EOFError:
                break
            if message.type_id in MEDIA_TYPES:
                heard.append((trio.current_time(), message))
        peer.close()

    async with scripted(monkeypatch, script), open_publisher(URL) as publisher:
        await job.run(publisher)
    return [(at - heard[0][0], message) for at, message in heard]


async def test_timestamps_are_the_pace(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock, file: Path
) -> None:
    job = FilePublish(file)
    heard = await publish(monkeypatch, job)
    assert [at for at, _ in heard] == pytest.approx([m.timestamp_ms / 1000 for _, m in heard])
    assert [message for _, message in heard] == [
        Message(m.type_id, STREAM, m.timestamp_ms, m.payload) for m in clip(2)
    ]
    assert (job.tally.messages, job.tally.media_s) == (len(heard), 1.97)
    assert job.truncated_at is None


@pytest.mark.parametrize(("speed", "seconds"), [(2.0, 0.985), (0.5, 3.94), (math.inf, 0.0)])
async def test_the_pace_can_be_another(
    monkeypatch: pytest.MonkeyPatch,
    autojump_clock: MockClock,
    file: Path,
    speed: float,
    seconds: float,
) -> None:
    heard = await publish(monkeypatch, FilePublish(file, PublishOptions(speed=speed)))
    assert heard[-1][0] == pytest.approx(seconds)


async def test_a_loop_goes_on_with_rising_timestamps_until_there_is_enough(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock, file: Path
) -> None:
    seen: list[float] = []
    options = PublishOptions(loop=True, seconds=5, speed=math.inf)
    job = FilePublish(file, options, lambda tally: seen.append(tally.media_s))
    heard = await publish(monkeypatch, job)
    video = [m.timestamp_ms for _, m in heard if m.type_id == 9][1:]
    assert video == list(range(0, 5000, 40))
    assert (job.tally.media_s, len(seen)) == (4.97, len(heard))


async def test_a_later_start_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock, file: Path
) -> None:
    heard = await publish(monkeypatch, FilePublish(file, PublishOptions(start_at_s=0.5)))
    assert heard[-1][0] == pytest.approx(0.97)
    assert heard[-1][1].timestamp_ms == 970


async def test_what_was_sent_is_known_when_it_is_cancelled(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock, file: Path
) -> None:
    heard = Tally()

    async def script(peer: Peer) -> None:
        await accept(peer)
        for message in await peer.hear_end():
            if message.type_id in MEDIA_TYPES:
                heard.add(message)
        peer.close()

    job = FilePublish(file)
    async with scripted(monkeypatch, script), open_publisher(URL) as publisher:
        with trio.move_on_after(1.005):
            await job.run(publisher)
        assert job.tally.media_s == 1.0
    assert (heard.messages, heard.digest) == (job.tally.messages, job.tally.digest)


async def test_a_file_cut_short_is_published_as_far_as_it_goes(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    job = FilePublish(file.with_name("short.flv"), MAX)
    heard = await publish(monkeypatch, job)
    assert len(heard) == len(list(clip(2))) - 1
    assert job.truncated_at == len(flv(clip(2))) - 3


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 5, 6, 10, 15, 17, 20, 22, 31])
async def test_tags_of_reserved_types_are_passed_over_and_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: int
) -> None:
    path = tmp_path / "reserved.flv"
    messages = list(clip(2))
    odd = Message(kind, 0, messages[9].timestamp_ms, b"abcd")
    path.write_bytes(flv([odd, *messages[:9], odd, odd, *messages[9:]]))
    job = FilePublish(path, MAX)
    heard = await publish(monkeypatch, job)
    assert [message.payload for _, message in heard] == [each.payload for each in messages]
    assert dict(job.passed_over) == {kind: 3}


@pytest.mark.parametrize(
    ("content", "options", "error", "text"),
    ids=["no media", "nothing so late", "no FLV"],
    argvalues=[
        (flv([metadata()]), MAX, MediaFileError, "no audio and no video"),
        (
            flv([key(0)]),
            PublishOptions(start_at_s=5),
            MediaFileError,
            "nothing to begin with at or after 5 s",
        ),
        (b"RIFF and so on", MAX, FlvError, "expected 464c56"),
    ],
)
async def test_a_file_with_nothing_to_publish_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    content: bytes,
    options: PublishOptions,
    error: type[Exception],
    text: str,
) -> None:
    path = tmp_path / "bad.flv"
    path.write_bytes(content)
    with pytest.raises(error, match=text):
        await publish(monkeypatch, FilePublish(path, options))


async def test_a_file_that_vanished_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(MediaFileError, match=r"none\.flv: No such file"):
        await publish(monkeypatch, FilePublish(tmp_path / "none.flv"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "No such file"),
        (b"RIFF", "the file begins with 524946, expected 464c56"),
        (b"FLV\x01", "shorter than the header of an FLV file"),
        (b"", "shorter than the header of an FLV file"),
    ],
)
def test_a_check_finds_what_is_no_file_to_publish(
    tmp_path: Path, content: bytes | None, text: str
) -> None:
    path = tmp_path / "bad.flv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaFileError, match=text):
        FilePublish(path).check()


def test_a_check_is_content_with_a_good_file(file: Path) -> None:
    FilePublish(file).check()


SECOND = Pattern.parse("h264:320x240", seconds=1)


@pytest.mark.parametrize("speed", [1.0, 4.0])
async def test_a_pattern_is_sent_as_it_is_due(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock, speed: float
) -> None:
    seen: list[float] = []
    job = PatternPublish(SECOND, speed, lambda tally: seen.append(tally.media_s))
    heard = await publish(monkeypatch, job)
    timed = list(SECOND.timed())
    assert [at for at, _ in heard] == pytest.approx([t.at_ms / 1000 / speed for t in timed])
    assert [message.payload for _, message in heard] == [t.message.payload for t in timed]
    assert (job.tally.messages, job.tally.media_s) == (len(timed), heard[-1][1].timestamp_ms / 1000)
    assert len(seen) == len(timed)


async def test_a_pattern_can_come_at_once(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    heard = await publish(monkeypatch, PatternPublish(SECOND, math.inf))
    assert (heard[-1][0], len(heard)) == (0, len(list(SECOND)))


async def test_a_stall_is_a_silence_on_the_wire(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    stalling = Pattern.parse(
        "h264:320x240", "none", seconds=1, defects=(Defect.parse("stall@10:30"),)
    )
    heard = await publish(monkeypatch, PatternPublish(stalling))
    clock = [at for at, message in heard if message.type_id == 9][1:]
    assert clock == pytest.approx([n / 25 if n < 10 else 30.4 for n in range(25)])
    assert [m.timestamp_ms for _, m in heard if m.type_id == 9][1:] == list(range(0, 1000, 40))


@pytest.mark.parametrize(
    ("header_ms", "times"),
    [
        (0, [-40, 0, 40, 80]),  # signed 32 bits (FLV 10.1, E.4.1)
        (0, [2**32 - 80, 2**32 - 40, 0, 40]),
        (0, [50_000, 50_040, 50_080, 50_120]),  # headers of ffmpeg are at 0
        (0, [2**31 + 5, 2**31 + 45, 2**31 + 85, 2**31 + 125]),
    ],
)
async def test_the_pace_is_kept_wherever_the_timestamps_of_a_file_begin(
    monkeypatch: pytest.MonkeyPatch,
    autojump_clock: MockClock,
    tmp_path: Path,
    header_ms: int,
    times: list[int],
) -> None:
    stamps = [at % 2**32 for at in times]
    path = tmp_path / "round.flv"
    path.write_bytes(flv([header(header_ms), *map(key, stamps)]))
    job = FilePublish(path)
    heard = await publish(monkeypatch, job)
    assert [m.timestamp_ms for _, m in heard] == [header_ms, *stamps]
    assert [at for at, _ in heard] == pytest.approx([0, 0, 0.04, 0.08, 0.12])
    assert job.tally.as_dict()["seconds"] == pytest.approx(0.12)
