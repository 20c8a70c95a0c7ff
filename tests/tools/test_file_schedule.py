"""A file becomes a live stream: from anywhere in it, and round and round."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.files import clip, tags
from trio_srs.testing.bodies import audio, audio_header, data, header, inter, key, metadata
from trio_srs.tools.file_schedule import FileSchedule
from trio_srs.wire.flv.tag import FlvTag
from trio_srs.wire.rtmp.message import Message


def place(schedule: FileSchedule, given_tags: list[FlvTag]) -> list[Message]:
    """Every message for these tags, its time checked against its timestamp."""
    placed = [pair for tag in given_tags for pair in schedule.place(tag)]
    assert all(at_ms & 0xFFFFFFFF == message.timestamp_ms for at_ms, message in placed)
    return [message for _, message in placed]


def said(*messages: Message) -> list[Message]:
    """As a publisher would send them: the message stream is not its business yet."""
    return [Message(each.type_id, 0, each.timestamp_ms, each.payload) for each in messages]


def test_a_whole_file_is_sent_as_it_is() -> None:
    messages = list(clip())
    assert place(FileSchedule(), tags(messages)) == said(*messages)


def test_a_file_that_begins_late_is_sent_with_its_timestamps() -> None:
    assert place(FileSchedule(), tags([key(5000), inter(5040)])) == said(key(5000), inter(5040))


def test_metadata_takes_the_word_that_publishers_send_it_with() -> None:
    assert place(FileSchedule(), [*tags([metadata()]), *tags([header()])]) == said(
        metadata(), header()
    )


def test_other_data_stays_as_it_is() -> None:
    cue = data("onCuePoint", {"name": "a"}, timestamp_ms=30)
    messages = place(FileSchedule(), tags([key(0), cue]))
    assert messages == said(key(0), cue)


def test_a_later_start_begins_with_headers_and_a_keyframe_at_0() -> None:
    messages = place(FileSchedule(start_at_ms=500), tags(clip(3)))
    assert messages[:4] == said(metadata(), header(), audio_header(), key(0, 50, fill=25))
    assert messages[4].timestamp_ms == 10
    assert messages[-1].timestamp_ms == 1970


def test_a_later_start_counts_from_the_first_audio_or_video() -> None:
    given_tags = tags([key(9000), inter(9040), key(9080), key(9100)])
    assert place(FileSchedule(start_at_ms=90), given_tags) == said(key(0))


def test_a_later_start_leaves_out_data_that_came_before() -> None:
    given_tags = tags([data("onCuePoint"), key(0), key(100)])
    assert place(FileSchedule(start_at_ms=50), given_tags) == said(key(0))


def test_a_later_start_without_video_begins_with_any_audio() -> None:
    messages = place(FileSchedule(start_at_ms=100), tags(clip(1, video=False)))
    assert messages[:3] == said(metadata(), audio_header(), audio(0, fill=3))


def test_a_start_behind_the_end_never_begins() -> None:
    schedule = FileSchedule(start_at_ms=5000)
    assert place(schedule, tags(clip(2))) == []
    assert not schedule.begun


@pytest.mark.parametrize(
    ("video", "audio", "second"),
    [(True, True, 2000), (True, False, 2000), (False, True, 2020)],
)
def test_the_next_round_comes_a_frame_after_the_last(video: bool, audio: bool, second: int) -> None:
    schedule = FileSchedule()
    given_tags = tags(clip(2, video=video, audio=audio))
    first = place(schedule, given_tags)
    schedule.again()
    again = place(schedule, given_tags)
    headers = 1 + video + audio
    shift = again[0].timestamp_ms - first[headers].timestamp_ms
    assert again[0].timestamp_ms == second
    assert [each.payload for each in again] == [each.payload for each in first[headers:]]
    assert {
        b.timestamp_ms - a.timestamp_ms for a, b in zip(first[headers:], again, strict=True)
    } == {shift}


def test_a_header_that_changed_is_sent_again() -> None:
    schedule = FileSchedule()
    changed = FlvTag(9, 0, tags([header()])[0].body + b"x")
    given_tags = [*tags([header(), key(0)]), changed]
    assert len(place(schedule, given_tags)) == 3
    schedule.again()
    assert len(place(schedule, given_tags)) == 3


@given(
    st.lists(st.tuples(st.sampled_from([8, 9]), st.integers(0, 2**32 - 1)), min_size=1),
    st.sampled_from([0.0, 40.0, 1e6]),
)
def test_each_round_lies_behind_the_one_before(frames: list[tuple[int, int]], start: float) -> None:
    schedule = FileSchedule(start_at_ms=start)
    payloads = {8: b"\xaf\x01x", 9: key(0).payload}
    last = -1
    for _ in range(3):
        placed = [
            pair
            for type_id, at_ms in frames
            for pair in schedule.place(FlvTag(type_id, at_ms, payloads[type_id]))
        ]
        times = [at_ms for at_ms, _ in placed]
        assert all(0 <= message.timestamp_ms < 2**32 for _, message in placed)
        if times:
            assert times[0] > last
            last = max(last, *times)
        schedule.again()


@pytest.mark.parametrize("begin", [-40, 2**32 - 40, 2**31 - 40])
def test_a_file_may_go_round_at_its_beginning(begin: int) -> None:
    times = [(begin + step) % 2**32 for step in (0, 40, 80)]
    messages = [key(times[0]), audio(times[1]), inter(times[2])]
    placed = [pair for tag in tags(messages) for pair in FileSchedule().place(tag)]
    schedule = FileSchedule()
    placed = [pair for tag in tags(messages) for pair in schedule.place(tag)]
    assert [at - placed[0][0] for at, _ in placed] == [0, 40, 80]
    assert [message for _, message in placed] == said(*messages)


def test_a_later_start_is_found_where_timestamps_go_round() -> None:
    given_tags = tags([header(0), key(2**32 - 100), inter(2**32 - 60), key(20), audio(10)])
    messages = place(FileSchedule(start_at_ms=90), given_tags)
    assert messages == said(header(0), key(0), audio(0))


def test_each_round_counts_from_its_own_beginning() -> None:
    schedule = FileSchedule()
    given_tags = tags([key(2**32 - 40), inter(0)])
    first = [at for tag in given_tags for at, _ in schedule.place(tag)]
    schedule.again()
    second = [at for tag in given_tags for at, _ in schedule.place(tag)]
    assert [at - first[0] for at in (*first, *second)] == [0, 40, 80, 120]
