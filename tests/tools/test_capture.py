"""Captures: the file has what was published, whoever plays and however short it was."""

from __future__ import annotations

import logging
import threading
from io import BufferedWriter
from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse, open_house
from tests.service.rtmp.house import FAST, House
from trio_srs.hub.record import Record
from trio_srs.hub.settings import InspectLevel, TimestampMode
from trio_srs.media.facts import DigestFacts
from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import StreamReport
from trio_srs.testing.bodies import audio, audio_header, command, header, inter, key, metadata
from trio_srs.tools.capture import _Capture, capturing
from trio_srs.units import Bytes
from trio_srs.wire.flv.tag import FlvHeader, FlvReader
from trio_srs.wire.rtmp.message import Message

__all__ = ["open_house"]  # the fixture

pytestmark = pytest.mark.trio(run=trio.run)  # threads: a mock clock would jump while they write

FULL = attrs.evolve(FAST, inspect=InspectLevel.FULL)
SAID = [header(), audio_header(), key(0), audio(0), *(inter(40 * n) for n in range(1, 10))]


async def publish(house: House, *messages: Message, name: str = "a") -> None:
    """From the beginning to the end of a publish."""
    peer = house.dial()
    await peer.publish(name)
    await peer.say(*messages)
    await peer.say(command("FCUnpublish", None, name))
    peer.hang_up()
    await peer.hear_end()


def found(house: House, stream: str = "live/a") -> StreamReport:
    report = house.reports.find(stream)
    assert report is not None
    return report


def digest(messages: list[Message]) -> DigestFacts | None:
    probe = StreamProbe()
    for message in messages:
        probe.see(message)
    return probe.facts().digests


def read(report: StreamReport) -> tuple[FlvHeader, StreamProbe]:
    """A capture's header, and what there is to know of what follows it."""
    assert report.captured is not None
    reader, probe = FlvReader(), StreamProbe()
    reader.feed(Path(report.captured).read_bytes())
    while (tag := reader.next_tag()) is not None:
        probe.take(tag.type_id, tag.timestamp_ms, tag.body)
    assert reader.header is not None
    assert reader.pending == reader.bad_tails == 0
    return reader.header, probe


async def test_a_capture_is_what_was_published(open_house: OpenHouse, tmp_path: Path) -> None:
    house = await open_house(settings=FULL)
    async with capturing(house, tmp_path):
        await publish(house, metadata(), *SAID)
    report = found(house)
    has, probe = read(report)
    assert (has.has_audio, has.has_video) == (True, True)
    assert probe.facts().digests == report.facts.digests
    assert probe.facts().metadata == report.facts.metadata
    assert report.captured == str(tmp_path / "live-a-1.flv")


@pytest.mark.parametrize("mode", TimestampMode)
async def test_a_capture_has_what_was_sent_whatever_becomes_of_it(
    open_house: OpenHouse, tmp_path: Path, mode: TimestampMode
) -> None:
    settings = attrs.evolve(FULL, timestamps=mode, metadata_server_name=True)
    house = await open_house(settings=settings)
    async with capturing(house, tmp_path) as captures:
        for _ in range(2):
            await publish(house, metadata({"encoder": "x"}), header(9000), key(9000), inter(9040))
        await captures.settled()
        paths = []
        for report in house.reports.history("live/a"):
            _, probe = read(report)
            assert probe.facts().digests == report.facts.digests
            assert probe.facts().metadata == {"encoder": "x"}
            assert probe.facts().clock.first_ms == 9000
            paths.append(report.captured)
    assert paths == [str(tmp_path / "live-a-1.flv"), str(tmp_path / "live-a-2.flv")]


async def test_nothing_is_lost_when_the_log_is_too_small(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    house = await open_house(settings=attrs.evolve(FULL, log_bytes=Bytes(64 * 1024)))
    async with capturing(house, tmp_path):
        await publish(house, header(), key(0), *(inter(40 * n, 30_000) for n in range(1, 40)))
    report = found(house)
    assert read(report)[1].facts().digests == report.facts.digests
    assert report.facts.messages == 41


async def test_a_publish_that_goes_on_is_captured_up_to_the_end_of_the_block(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    house = await open_house(settings=FULL)
    peer = house.dial()
    async with capturing(house, tmp_path) as captures:
        await peer.publish("a")
        await peer.say(*SAID)
        await wait_all_tasks_blocked()
        await captures.settled()  # nothing has ended
        before = found(house).facts
    await peer.say(inter(4000))
    await wait_all_tasks_blocked()
    report = found(house)
    assert report.facts.messages == before.messages + 1
    assert read(report)[1].facts().digests == before.digests


async def test_only_what_is_wanted_is_captured(open_house: OpenHouse, tmp_path: Path) -> None:
    house = await open_house(settings=FULL)
    async with capturing(house, tmp_path, wanted=lambda stream: stream == "live/b"):
        await publish(house, audio_header(), audio(0), name="a")
        await publish(house, audio_header(), audio(0), name="b")
    assert found(house, "live/a").captured is None
    has, _ = read(found(house, "live/b"))
    assert (has.has_audio, has.has_video) == (True, False)


async def test_a_file_that_exists_stays_as_it_is(open_house: OpenHouse, tmp_path: Path) -> None:
    (tmp_path / "live-a-b-1.flv").write_text("mine")
    house = await open_house(settings=FULL)
    async with capturing(house, tmp_path):
        await publish(house, *SAID, name="a b")
    assert found(house, "live/a b").captured == str(tmp_path / "live-a-b-2.flv")
    assert (tmp_path / "live-a-b-1.flv").read_text() == "mine"


@pytest.mark.parametrize("name", ["käm-日本", "日" * 60, "a" * 200])
async def test_every_name_has_a_file(open_house: OpenHouse, tmp_path: Path, name: str) -> None:
    house = await open_house(settings=FULL)
    async with capturing(house, tmp_path):
        await publish(house, *SAID, name=name)
    _, probe = read(found(house, f"live/{name}"))
    assert probe.facts().messages == len(SAID)


async def test_a_capture_that_cannot_be_written_is_given_up(
    open_house: OpenHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = await open_house(settings=FULL)
    with caplog.at_level(logging.WARNING):
        async with capturing(house, tmp_path / "nowhere"):
            await publish(house, *SAID)
    assert found(house).captured is None
    assert found(house).facts.messages == len(SAID)
    assert "the capture of live/a was given up: No such file or directory" in caplog.text


async def test_a_capture_that_the_disk_cannot_keep_up_with_is_given_up(
    open_house: OpenHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = await open_house(settings=FULL)
    with caplog.at_level(logging.WARNING):
        async with capturing(house, tmp_path, waiting_most=50):
            await publish(house, *SAID)
    assert found(house).captured is None
    assert "too much waits for the disk: a cursor of live/a is behind by" in caplog.text
    assert "and may be inf s and 50 bytes" in caplog.text


async def test_many_small_messages_that_wait_are_as_much_as_they_take(
    open_house: OpenHouse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = await open_house(settings=FULL)
    with caplog.at_level(logging.WARNING):
        async with capturing(house, tmp_path, waiting_most=64 * 1024):
            await publish(house, *SAID, *(audio(at, 4) for at in range(1000)))
    assert found(house).captured is None
    assert "and may be inf s and 65536 bytes" in caplog.text


async def test_what_is_being_written_is_still_held(
    open_house: OpenHouse,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slow disk has one batch, and another waits for it."""
    may_write, is_writing = threading.Event(), threading.Event()

    class SlowDisk(_Capture):
        def _write(self, file: BufferedWriter, records: list[Record]) -> None:
            is_writing.set()
            may_write.wait(10)
            super()._write(file, records)

    monkeypatch.setattr("trio_srs.tools.capture._Capture", SlowDisk)
    house = await open_house(settings=FULL)
    with caplog.at_level(logging.WARNING):
        async with capturing(house, tmp_path, waiting_most=64 * 1024):
            peer = house.dial()
            await peer.publish("a")
            await peer.say(header(), key(0, 40_000))
            await trio.to_thread.run_sync(is_writing.wait)
            await peer.say(key(40, 40_000))
            await wait_all_tasks_blocked()
            house.hub.kick("live/a")
            may_write.set()
    assert found(house).captured is None
    assert "and may be inf s and 65536 bytes" in caplog.text


async def test_much_is_written_a_batch_at_a_time(
    open_house: OpenHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []

    class Counting(_Capture):
        def _write(self, file: BufferedWriter, records: list[Record]) -> None:
            batches.append(sum(len(record.body) for record in records))
            super()._write(file, records)

    monkeypatch.setattr("trio_srs.tools.capture._Capture", Counting)
    house = await open_house(settings=FULL)
    said = [header(), *(key(40 * n, 500_000) for n in range(12))]
    async with capturing(house, tmp_path):
        await publish(house, *said)
    assert max(batches) <= 1_600_000
    _, probe = read(found(house))
    assert probe.facts().digests == digest(said)


async def test_digests_at_a_player_that_joined_first_and_at_a_late_one(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    house = await open_house(settings=FULL)
    said = [*SAID, key(400, fill=7), *(inter(400 + 40 * n, fill=n) for n in range(1, 5))]
    early, late = await house.player(), house.dial()
    peer = house.dial()
    async with capturing(house, tmp_path):
        await peer.publish("a")
        await peer.say(*said)
        await wait_all_tasks_blocked()
        await late.play("a")
        await peer.say(last := inter(600, fill=9))
        # The first is about the player: what it may read (RtmpSampleAccess).
        heard = (await early.hear_media(1 + len(said) + 1))[1:]
        heard_late = (await late.hear_media(1 + 2 + 5 + 1))[1:]
    assert digest(heard) == digest([*said, last])
    assert digest(heard) == read(found(house))[1].facts().digests
    assert digest(heard_late[2:]) == digest([*said[len(SAID) :], last])
    assert [message.payload for message in heard_late[:2]] == [m.payload for m in SAID[:2]]
