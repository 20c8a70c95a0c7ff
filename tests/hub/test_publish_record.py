"""A publish record: its steps, its counts, what it tells the bus, and what is left in the end."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from tests.hub.scene import UNIX, WHO, Scene
from tests.hub.stage import later
from trio_srs.errors import EndReason
from trio_srs.hub.bus import (
    Event,
    FirstKeyframe,
    FirstMedia,
    HeaderChanged,
    PublishBegan,
    PublishEnded,
    PublishResumed,
    PublishStalled,
)
from trio_srs.hub.settings import InspectLevel, TimestampMode
from trio_srs.media.facts import StreamFacts
from trio_srs.media.report import Conduct, Oddity, Step, StepKind
from trio_srs.testing.bodies import audio, audio_header, data, header, inter, key, metadata
from trio_srs.units import NEVER, Seconds, Timeout
from trio_srs.wire.rtmp.message import Message, MessageType

LIVE = {**WHO, "stream": "cam"}


def steps(scene: Scene) -> list[tuple[StepKind, str]]:
    report = scene.reports.find("cam")
    assert report is not None
    return [(step.what, step.detail) for step in report.timeline]


async def test_a_report_says_who_published_what_when(autojump_clock: MockClock) -> None:
    scene = Scene(inspect=InspectLevel.FULL)
    accepted = trio.current_time()
    await trio.sleep(2.5)
    before = (Step(at_s=0.0, what=StepKind.ACCEPTED), Step(at_s=0.5, what=StepKind.CONNECT))
    publish_record = scene.come(accepted_at=accepted, before=before, flow="fmle")
    await trio.sleep(0.25)
    scene.say(audio_header(), header())
    await trio.sleep(0.25)
    scene.say(key(40), inter(80))
    await trio.sleep(1)
    report = scene.go(publish_record, EndReason.KICKED, "enough")
    assert (report.stream, report.session, report.peer) == ("cam", "c1", "10.0.0.1:5000")
    assert report.began_at == pytest.approx(UNIX - 2.5)
    assert [(step.what, round(step.at_s, 3), step.detail) for step in report.timeline] == [
        (StepKind.ACCEPTED, 0.0, ""),
        (StepKind.CONNECT, 0.5, ""),
        (StepKind.PUBLISH, 2.5, "fmle"),
        (StepKind.FIRST_MEDIA, 2.75, "audio"),
        (StepKind.FIRST_KEYFRAME, 3.0, "at 40 ms"),
        (StepKind.END, 4.0, "kicked: enough"),
    ]
    assert (report.end, report.end_detail) == (EndReason.KICKED, "enough")
    assert (report.facts.messages, len(report.trace)) == (4, 2)


async def test_a_track_that_ends_long_before_the_others_is_a_step(
    autojump_clock: MockClock,
) -> None:
    scene = Scene(inspect=InspectLevel.FULL)
    publish_record = scene.come()
    for at_ms in range(0, 4000, 40):
        scene.say(*([audio(at_ms)] if at_ms < 1000 else []), inter(at_ms))
        await trio.sleep(0.04)
    report = scene.go(publish_record)
    steps = [(step.what, round(step.at_s, 2), step.detail) for step in report.timeline]
    assert steps[-2:] == [
        (StepKind.TRACK_END, 0.96, "audio, 3 s before the others"),
        (StepKind.END, 4.0, "peer_fin"),
    ]


async def test_what_happens_is_told_once_and_in_order(autojump_clock: MockClock) -> None:
    scene = Scene(timestamps=TimestampMode.REBASE)
    with scene.listening():
        scene.come()
        later(0.5)
        scene.say(metadata(), key(90_000), key(90_040), audio(90_050))
    assert [type(event) for event in scene.events] == [PublishBegan, FirstMedia, FirstKeyframe]
    assert scene.events[1:] == [
        FirstMedia(**LIVE, kind="video", seconds=0.5),
        FirstKeyframe(**LIVE, timestamp_ms=90_000, seconds=0.5),
    ]


@pytest.mark.parametrize("kind", [FirstMedia, FirstKeyframe, HeaderChanged])
async def test_what_is_told_of_is_in_the_log_whoever_ends_the_publish_for_it(
    kind: type[Event],
) -> None:
    scene, ends = Scene(inspect=InspectLevel.FULL), []
    another = attrs.evolve(header(), payload=header().payload + b"x")

    def end(event: Event) -> None:
        if isinstance(event, kind):
            ends.append(event)
            scene.go(publish_record)

    with scene.bus.listening(end):
        publish_record = scene.come()
        for message in (header(), key(0), another):
            if scene.live.publishing:
                scene.say(message)
    expected = {FirstMedia: 1, FirstKeyframe: 2, HeaderChanged: 3}[kind]
    assert len(ends) == 1
    assert publish_record.report().facts.messages == expected == scene.live.counters.messages
    assert scene.live.on_record is None


async def test_of_a_publish_that_was_ended_for_it_nothing_more_is_told() -> None:
    scene = Scene()

    def end(event: Event) -> None:
        if isinstance(event, FirstMedia):
            scene.go(publish_record)

    with scene.listening(), scene.bus.listening(end):
        publish_record = scene.come()
        scene.say(key(0))  # the first media, and a keyframe
    assert [type(event) for event in scene.events] == [PublishBegan, FirstMedia, PublishEnded]
    what = [step.what for step in publish_record.report().timeline]
    assert what[-3:] == [StepKind.FIRST_MEDIA, StepKind.FIRST_KEYFRAME, StepKind.END]


async def test_a_header_that_changes_is_a_step_and_an_event() -> None:
    scene = Scene()
    with scene.listening():
        scene.come()
        scene.say(header(), audio_header(), header(), key(0))
        assert not [event for event in scene.events if isinstance(event, HeaderChanged)]
        scene.say(attrs.evolve(header(70), payload=header().payload + b"x"), audio_header())
        scene.say(attrs.evolve(audio_header(80), payload=audio_header().payload + b"x"))
    assert scene.events[-2:] == [
        HeaderChanged(**LIVE, kind="video", timestamp_ms=70),
        HeaderChanged(**LIVE, kind="audio", timestamp_ms=80),
    ]
    assert steps(scene)[-2:] == [
        (StepKind.HEADER_CHANGE, "video, at 70 ms"),
        (StepKind.HEADER_CHANGE, "audio, at 80 ms"),
    ]


async def test_the_headers_of_another_publish_are_no_change() -> None:
    scene = Scene()
    publish_record = scene.come()
    scene.say(header())
    scene.go(publish_record)
    scene.come()
    scene.say(attrs.evolve(header(), payload=header().payload + b"x"))
    assert StepKind.HEADER_CHANGE not in dict(steps(scene))


async def test_frames_are_counted_for_this_publish_alone() -> None:
    scene = Scene()
    first = scene.come()
    scene.say(metadata(), header(), audio_header(), key(0), inter(40), audio(0))
    assert (first.frames, first.keyframes) == (2, 1)
    scene.go(first)
    second = scene.come()
    assert (second.frames, second.keyframes) == (0, 0)
    scene.say(audio_header(), data("cue"), audio(0), audio(20))
    assert (second.frames, second.keyframes) == (2, 0)
    scene.say(key(40))
    assert (second.frames, second.keyframes) == (1, 1)
    assert (first.frames, first.keyframes) == (2, 1)


async def test_what_is_no_frame_is_not_counted() -> None:
    scene = Scene()
    publish_record = scene.come()
    nothing = [
        Message(MessageType.VIDEO, 1, 0, b"\x17\x02\0\0\0"),  # the end of a sequence
        Message(MessageType.VIDEO, 1, 0, b"\x57\x00"),  # a command
        Message(77, 1, 0, b"x"),  # of a type that nobody knows
    ]
    scene.say(*nothing, audio_header(), data("cue"))
    assert publish_record.frames == 0
    counters = scene.live.counters
    assert (counters.messages, counters.others) == (5, 5)
    assert (counters.pictures, counters.sounds) == (0, 0)


async def test_who_waits_for_frames_is_told_at_the_very_frame() -> None:
    scene = Scene()
    told: list[int | str] = []
    publish_record = scene.come()
    publish_record.when_frames(3, lambda: told.append(publish_record.frames))
    publish_record.when_frames(1, lambda: told.append("one"))
    take_back = publish_record.when_frames(2, lambda: told.append("two"))
    take_back()
    take_back()
    scene.say(header(), key(0))
    assert told == ["one"]
    scene.say(inter(40), inter(80), inter(120))
    assert told == ["one", 3]
    publish_record.when_frames(4, lambda: told.append("at once"))
    assert told == ["one", 3, "at once"]


async def test_no_record_is_told_of_without_a_reason() -> None:
    scene = Scene()
    publish_record = scene.come()
    assert scene.live.on_record is not None
    scene.say(audio(0))
    assert scene.live.on_record is None
    publish_record.when_frames(2, lambda: None)
    assert scene.live.on_record is not None
    scene.say(audio(20))
    assert scene.live.on_record is None
    scene.go(publish_record)
    assert (scene.live.observer, scene.live.on_record) == (None, None)


async def test_a_silence_is_a_step_with_its_length(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    scene = Scene(stall_after=Timeout(2.0), merge_read=Seconds(0.5))
    nursery.start_soon(scene.reports.run)
    with scene.listening():
        publish_record = scene.come()
        await trio.sleep(1)
        scene.say(header(), key(0))
        await trio.sleep(2.4)
        assert StepKind.STALL not in dict(steps(scene))
        await trio.sleep(0.6)
        assert steps(scene)[-1] == (StepKind.STALL, "nothing came for 3 s")
        await trio.sleep(1)
        assert steps(scene)[-1] == (StepKind.STALL, "nothing came for 4 s")
        scene.say(inter(40), inter(80))
        await trio.sleep(2.6)
        report = scene.go(publish_record)
    stalled = [event for event in scene.events if isinstance(event, PublishStalled)]
    assert [event.seconds for event in stalled] == pytest.approx([2.5, 2.5])
    resumed = [event for event in scene.events if isinstance(event, PublishResumed)]
    assert [event.seconds for event in resumed] == pytest.approx([4.0])
    assert [
        (round(step.at_s, 3), step.detail)
        for step in report.timeline
        if step.what is StepKind.STALL
    ] == [(1.0, "nothing came for 4 s"), (5.0, "nothing came for 2.6 s")]
    assert report.timeline[-1].what is StepKind.END


async def test_who_wants_no_stalls_gets_none(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    scene = Scene(stall_after=NEVER)
    nursery.start_soon(scene.reports.run)
    scene.come()
    await trio.sleep(1000)
    assert StepKind.STALL not in dict(steps(scene))


async def test_how_the_encoder_behaved_is_asked_for_until_the_end() -> None:
    scene, acknowledgements = Scene(), iter(range(1, 9))
    odd = (Oddity(code="abort"),)
    publish_record = scene.come(
        conduct=lambda: Conduct(acknowledgements=next(acknowledgements), oddities=odd)
    )
    assert publish_record.report().conduct == Conduct(acknowledgements=1, oddities=odd)
    scene.say(metadata({"encoder": "Lavf"}))
    assert publish_record.report().conduct.encoder == "Lavf"
    scene.go(publish_record)
    expected = Conduct(acknowledgements=3, oddities=odd, encoder="Lavf")
    assert publish_record.report().conduct == publish_record.report().conduct == expected


@pytest.mark.parametrize("values", [{}, {"encoder": 7.0}])
async def test_an_encoder_without_a_name_has_none(values: dict[str, float]) -> None:
    scene = Scene()
    publish_record = scene.come()
    scene.say(metadata({**values}))
    assert publish_record.report().conduct.encoder is None


async def test_with_inspection_off_there_is_still_a_time_line() -> None:
    scene = Scene(inspect=InspectLevel.OFF)
    publish_record = scene.come()
    assert scene.live.feed.cursors == {}
    scene.say(header(), key(0))
    report = scene.go(publish_record)
    assert report.facts == StreamFacts(level="off")
    assert (publish_record.frames, len(report.trace)) == (1, 0)
    assert [what for what, _ in steps(scene)] == [
        StepKind.PUBLISH,
        StepKind.FIRST_MEDIA,
        StepKind.FIRST_KEYFRAME,
        StepKind.END,
    ]


async def test_a_name_may_be_free_before_it_is_known_why() -> None:
    scene = Scene()
    publish_record = scene.come()
    scene.say(key(0))
    assert scene.lease is not None
    scene.lease.give_back()
    assert (publish_record.going_on, publish_record.ended) == (False, False)
    assert publish_record.report().end is None
    assert publish_record.report().facts.messages == 1
    assert scene.go(publish_record).end is EndReason.PEER_FIN


async def test_a_capture_is_named_before_and_after_the_end() -> None:
    scene = Scene()
    publish_record = scene.come()
    publish_record.capture("a.flv")
    assert publish_record.report().captured == "a.flv"
    assert scene.go(publish_record).captured == "a.flv"
    publish_record.capture(None)
    assert publish_record.report().captured is None


async def test_what_has_ended_holds_neither_the_stream_nor_its_publisher() -> None:
    class Session:
        conduct = Conduct(flow="fmle")

    def conduct_of(session: Session) -> Callable[[], Conduct]:
        return lambda: session.conduct

    scene, session = Scene(inspect=InspectLevel.FULL), Session()
    publish_record = scene.come(conduct=conduct_of(session))
    scene.say(header(), key(0))
    scene.go(publish_record)
    held: list[weakref.ref[Any]] = [weakref.ref(scene.live), weakref.ref(session)]
    reports = scene.reports
    del scene, session
    gc.collect()
    assert [reference() for reference in held] == [None, None]
    report = reports.find("cam")
    assert report is not None
    assert report.conduct.flow == "fmle"
