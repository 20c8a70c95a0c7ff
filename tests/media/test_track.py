"""What video and audio tracks have in common."""

from __future__ import annotations

import attrs
import pytest

from trio_srs.media.clock import Clock
from trio_srs.media.facts import HeaderFacts, IntervalFacts, Moment
from trio_srs.media.track import Track
from trio_srs.wire.codec.config_record import CodecConfigError


@attrs.define(eq=False)
class Plain(Track):
    """Writes down what it is told."""

    told: list[str] = attrs.field(factory=list)

    def forget_header(self) -> None:
        self.told.append("forget")

    def read_header(self, record: bytes) -> None:
        self.told.append(record.decode())


def track(*, full: bool = True) -> Plain:
    return Plain(3, full, Clock())


def test_messages_and_bytes_are_counted() -> None:
    made = track()
    made.count(10)
    made.count(20)
    facts = made.shared_facts()
    assert (facts["messages"], facts["bytes"], facts["frames"], facts["track_id"]) == (2, 30, 0, 3)


def test_frames_may_be_counted_many_at_a_time() -> None:
    made = track(full=False)
    made.count_frames(5, 100, 2)
    facts = made.shared_facts()
    assert (facts["messages"], facts["frames"], facts["bytes"], made.keyframes) == (5, 5, 100, 2)


def test_trouble_is_the_last_and_how_often() -> None:
    made = track()
    assert made.shared_facts()["first_trouble"] is None
    made.frames = 3
    for text in ("one", "two"):
        made.fail(CodecConfigError(text))
        made.frames += 1
    facts = made.shared_facts()
    assert (facts["trouble"], facts["troubles"], facts["first_trouble"]) == ("two", 2, 3)


def test_trouble_with_the_newest_frame_is_told_by_its_index() -> None:
    made = track()
    made.frames, made.is_frame = 3, True
    made.fail("odd")
    assert made.shared_facts()["first_trouble"] == 2


def test_another_codec_makes_the_header_void() -> None:
    made = track()
    for fourcc in ("avc1", "avc1", "xyzw"):
        made.name(fourcc)
    assert made.told == ["forget", "forget"]
    assert made.codec == "xyzw"
    made.name("hev1")
    assert made.codec == "hevc"


def test_header_changes_are_told_with_the_first() -> None:
    made = track()
    made.see_record(b"", 0)
    for record, at_ms in ((b"a", 0), (b"a", 10), (b"b", 20), (b"c", 30)):
        made.frames = at_ms // 10
        made.see_record(record, at_ms)
    assert made.shared_facts()["headers"] == HeaderFacts(4, 2, Moment(2, 20))
    assert made.told == ["forget", "a", "forget", "b", "forget", "c"]


def test_a_header_is_read_again_behind_another_codec() -> None:
    made = track()
    made.name("avc1")
    made.see_record(b"a", 0)
    made.name("vp09")
    made.name("avc1")
    made.see_record(b"a", 0)
    assert made.told == ["forget", "forget", "a", "forget", "forget", "forget", "a"]
    assert made.shared_facts()["headers"] == HeaderFacts(2, 0, None)


def test_frames_without_the_header_they_need_are_counted() -> None:
    made = track()
    made.name("avc1")
    made.frames = 3
    assert made.shared_facts()["headers"] == HeaderFacts(missing=3)
    made.see_record(b"a", 0)
    made.see_record(b"a", 0)
    made.frames = 10
    assert made.shared_facts()["headers"] == HeaderFacts(2, missing=3)
    made.name("vp09")
    made.frames = 12
    assert made.shared_facts()["headers"].missing == 5


@pytest.mark.parametrize(("fourcc", "bare"), [(".mp3", False), ("Opus", True), ("xyzw", False)])
def test_not_every_codec_needs_a_header(fourcc: str, bare: bool) -> None:
    made = track()
    made.name(fourcc, bare=bare)
    made.frames = 3
    assert made.shared_facts()["headers"] == HeaderFacts()


def test_steps_back_and_jumps_are_no_intervals() -> None:
    made = track()
    times = [made.see_time(at_ms, 5) for at_ms in (0, 40, 20, 120, 60_000, 60_040)]
    assert times == [0, 40, 80, 120, 160, 200]
    assert made.shared_facts()["intervals"] == IntervalFacts(25, 0, 40, 40)
    assert made.shared_facts()["bitrate"].peak_bps == 240


@pytest.mark.parametrize("full", [True, False])
def test_only_a_full_probe_has_digests(full: bool) -> None:
    assert (track(full=full).shared_facts()["digests"] is not None) is full


def test_an_interval_to_a_frame_that_was_astray_is_taken_back() -> None:
    made = track()
    for at_ms in (0, 40, 480, 120, 160):
        made.see_time(at_ms, 5)
    assert made.shared_facts()["intervals"] == IntervalFacts(25, 0, 40, 40)
