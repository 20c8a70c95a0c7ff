"""What is known of a publish: while it goes on, after it, and however short it was."""

from __future__ import annotations

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import FAST, House
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PublishEnded, PublishResumed, PublishStalled
from trio_srs.hub.settings import InspectLevel, StreamSettings, TimestampMode
from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import StepKind, StreamReport
from trio_srs.testing.bodies import audio, audio_header, command, header, inter, key, metadata
from trio_srs.units import NEVER, Seconds, Timeout
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.message import Message

FULL = StreamSettings(inspect=InspectLevel.FULL, send_interval=Seconds(0.0))
TEN = [header(), *(key(0) if n == 0 else inter(40 * n, 20 + n) for n in range(10))]


@pytest.fixture
async def full(open_house: OpenHouse) -> House:
    return await open_house(settings=FULL)


def found(house: House, stream: str = "live/a") -> StreamReport:
    report = house.reports.find(stream)
    assert report is not None
    return report


def digest_of(messages: list[Message]) -> str:
    probe = StreamProbe("full")
    for message in messages:
        probe.see(message)
    digests = probe.facts().digests
    assert digests is not None
    return digests.exact


def kinds(report: StreamReport) -> list[StepKind]:
    return [step.what for step in report.timeline]


async def test_a_publish_of_ten_frames_is_seen_whole(full: House) -> None:
    peer = full.dial()
    await peer.publish("a")
    await peer.say(*TEN)
    await peer.say(command("FCUnpublish", None, "a"))
    peer.hang_up()
    await full.end_of(peer)
    report = found(full)
    assert report.facts.video is not None
    assert report.facts.digests is not None
    assert (report.facts.video.frames, report.facts.messages) == (10, 11)
    assert report.facts.digests.exact == digest_of(TEN)
    assert (report.end, report.end_detail) == (EndReason.STREAM_CLOSED, "FCUnpublish")
    assert len(report.trace) == 10
    assert kinds(report) == [
        StepKind.ACCEPTED,
        StepKind.HANDSHAKE,
        StepKind.CONNECT,
        StepKind.PUBLISH,
        StepKind.FIRST_MEDIA,
        StepKind.FIRST_KEYFRAME,
        StepKind.END,
    ]


async def test_a_publish_that_comes_and_goes_in_one_read_is_seen_whole(full: House) -> None:
    peer = full.dial()
    await peer.connect()
    stream_id = await peer.create_stream()
    await peer.say(
        command("publish", None, "a", "live", stream_id=stream_id),
        *TEN,
        command("deleteStream", None, float(stream_id)),
    )
    await wait_all_tasks_blocked()
    report = found(full)
    assert report.end is EndReason.STREAM_CLOSED
    assert report.facts.digests is not None
    assert report.facts.digests.exact == digest_of(TEN)
    assert full.told(PublishEnded)[0].messages == len(TEN)


async def test_a_report_is_exact_at_any_moment(full: House) -> None:
    peer = full.dial()
    await peer.publish("a")
    for count, message in enumerate(TEN, 1):
        await peer.say(message)
        await wait_all_tasks_blocked()
        report = found(full)
        assert report.end is None
        assert report.facts.messages == count
        assert report.facts.digests is not None
        assert report.facts.digests.exact == digest_of(TEN[:count])


@pytest.mark.parametrize("mode", TimestampMode)
async def test_facts_are_of_what_was_sent_whatever_becomes_of_it(
    open_house: OpenHouse, mode: TimestampMode
) -> None:
    house = await open_house(
        settings=StreamSettings(
            inspect=InspectLevel.FULL,
            timestamps=mode,
            metadata_server_name=True,
            send_interval=Seconds(0.0),
        )
    )
    said = [header(5000), key(5000), inter(5040)]
    for _ in range(2):
        peer = house.dial()
        await peer.publish("a")
        await peer.say(metadata({"encoder": "ours"}), *said)
        await wait_all_tasks_blocked()
        report = found(house)
        assert report.facts.digests is not None
        assert report.facts.digests.exact == digest_of(said)
        assert report.facts.metadata == {"encoder": "ours"}
        assert report.conduct.encoder == "ours"
        peer.hang_up()
        await house.end_of(peer)
    assert len(house.reports.history("live/a")) == 2


async def test_how_the_encoder_behaves_is_told(full: House) -> None:
    peer = full.dial()
    await peer.connect(more={"flashVer": "FMLE/3.0 (test)"})
    await peer.say_control(SetChunkSize(4096))
    peer.writer.chunk_size = 4096
    await peer.say(command("publish", None, "a", "record", stream_id=7))
    await peer.hear_status()
    await peer.say(audio_header(), audio(0, stream_id=9))
    await wait_all_tasks_blocked()
    conduct = found(full).conduct
    assert (conduct.handshake, conduct.flow) == ("plain", "flash")
    assert conduct.client == "FMLE/3.0 (test)"
    assert conduct.chunk_sizes == (4096,)
    assert [odd.code for odd in conduct.oddities] == [
        "stream_not_created",
        "publish_type",
        "media_elsewhere",
    ]
    assert conduct.oddities[-1].count == 2
    offsets = [odd.offset for odd in conduct.oddities]
    assert offsets == sorted(offset for offset in offsets if offset is not None)


async def test_a_silence_is_a_stall_with_its_length(open_house: OpenHouse) -> None:
    house = await open_house(
        settings=attrs.evolve(FAST, stall_after=Timeout(1.0), publish_idle_timeout=NEVER)
    )
    peer = await house.publisher()
    await trio.sleep(0.9)
    await peer.say(inter(40))
    await trio.sleep(0.99)
    assert not house.told(PublishStalled)
    await trio.sleep(2.01)
    [stalled] = house.told(PublishStalled)
    assert stalled.seconds == pytest.approx(1.0)
    assert found(house).timeline[-1].detail == "nothing came for 3 s"
    await peer.say(inter(80))
    await wait_all_tasks_blocked()
    [resumed] = house.told(PublishResumed)
    assert resumed.seconds == pytest.approx(3.0)
    [step] = [step for step in found(house).timeline if step.what is StepKind.STALL]
    assert step.at_s == pytest.approx(0.9)
    assert step.detail == "nothing came for 3 s"
