"""What a container begins with."""

from __future__ import annotations

from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.start_gate import StartGate
from trio_srs.media.remux.track_format import TrackFormat

VIDEO, AUDIO = TrackFormat("h264"), TrackFormat("aac")


def unit(track_format: TrackFormat, at_ms: int, *, breaks: bool = False) -> AccessUnit:
    return AccessUnit(track_format, at_ms * 90, at_ms * 90, b"", discontinuity=breaks)


def gate(*kinds: str) -> StartGate:
    return StartGate(lambda kind: kind in kinds)


def test_units_are_held_until_there_are_both() -> None:
    both = gate("video", "audio")
    picture, later, sound = unit(VIDEO, 0), unit(VIDEO, 40), unit(AUDIO, 23)
    assert both.hold(picture) == both.hold(later) == []
    assert both.hold(sound) == [picture, later, sound]
    assert both.is_open


def test_sound_from_before_the_first_picture_is_left_out() -> None:
    both = gate("video", "audio")
    early, picture = [unit(AUDIO, at_ms) for at_ms in (0, 23, 46)], unit(VIDEO, 40)
    for each in early:
        assert both.hold(each) == []
    assert both.hold(picture) == [early[2], picture]


def test_what_cannot_come_is_not_waited_for() -> None:
    assert len(gate("video").hold(unit(VIDEO, 0))) == 1
    assert len(gate("audio").hold(unit(AUDIO, 0))) == 1


def test_what_does_not_come_is_waited_for_in_vain_for_a_time() -> None:
    both = gate("video", "audio")
    held = [unit(AUDIO, at_ms) for at_ms in range(0, 520, 20)]
    assert [len(both.hold(each)) for each in held] == [0] * 25 + [26]


def test_a_break_or_too_many_units_end_the_waiting() -> None:
    both = gate("video", "audio")
    assert [len(both.hold(unit(AUDIO, 0, breaks=breaks))) for breaks in (False, True)] == [0, 2]
    both = gate("video", "audio")
    assert sum(len(both.hold(unit(AUDIO, 0))) for _ in range(512)) == 512


def test_a_break_that_a_stream_begins_with_is_waited_behind_and_not_lost() -> None:
    both = gate("video", "audio")
    sound, picture = unit(AUDIO, 0, breaks=True), unit(VIDEO, 40)
    assert both.hold(sound) == []
    assert both.hold(picture) == [unit(VIDEO, 40, breaks=True)]
    assert not picture.discontinuity


def test_too_many_bytes_end_the_waiting() -> None:
    both = gate("video", "audio")
    large = AccessUnit(VIDEO, 0, 0, bytes(3 << 20))
    assert [len(both.hold(large)) for _ in range(2)] == [0, 2]


def test_it_is_opened_at_the_end_and_closed_for_another_stream() -> None:
    both = gate("video", "audio")
    picture = unit(VIDEO, 0)
    both.hold(picture)
    assert both.open() == [picture]
    both.close()
    assert not both.is_open
    assert both.hold(picture) == []
    both.close()
    assert both.open() == []
