"""What a viewer of segments was given, and when it must have stood still."""

from __future__ import annotations

from trio_srs.service.segmented.playhead import Playhead

HZ = 90_000


def given(*pieces: tuple[str, float, float, float]) -> tuple[int, int]:
    """Segments and stalls of who is given these: name, start, length, when; in seconds."""
    playhead = Playhead()
    for name, start, length, now in pieces:
        front, _, number = name.partition(".")[0].rpartition("-")
        playhead.given(front, int(number), round(start * HZ), round(length * HZ), now)
    return playhead.segments, playhead.stalls


def test_segments_that_come_in_time_are_no_stall() -> None:
    assert given(*((f"video-e-{n}.m4s", 2.0 * n, 2.0, 100 + 2.0 * n) for n in range(5))) == (5, 0)


def test_parts_of_one_segment_are_one() -> None:
    parts = [("video-e-7.m4s", 14 + n * 0.2, 0.2, 50 + n * 0.2) for n in range(10)]
    assert given(*parts, ("video-e-8.m4s", 16.0, 0.2, 52.3)) == (2, 0)


def test_what_comes_when_all_is_over_is_a_stall_and_the_next_in_time_is_none() -> None:
    late = ("video-e-2.m4s", 4.0, 2.0, 110.0)
    pieces = [("video-e-1.m4s", 2.0, 2.0, 100.0), late, ("video-e-3.m4s", 6.0, 2.0, 112.0)]
    assert given(*pieces) == (3, 1)


def test_what_is_asked_for_again_changes_nothing() -> None:
    once = ("video-e-1.m4s", 2.0, 2.0, 100.0)
    assert given(once, ("video-e-1.m4s", 2.0, 0.2, 103.0)) == (1, 0)


def test_who_is_far_behind_has_time() -> None:
    pieces = [(f"main-e-{n}.ts", 2.0 * n, 2.0, 100.0) for n in range(3)]
    assert given(*pieces, ("main-e-3.ts", 6.0, 2.0, 106.0)) == (4, 0)


def test_sound_beside_pictures_does_not_count_and_pictures_come_first() -> None:
    pieces = [("audio-e-1.m4s", 2.0, 2.0, 100.0), ("video-e-1.m4s", 2.0, 2.0, 100.1)]
    assert given(*pieces, ("audio-e-2.m4s", 4.0, 2.0, 110.0)) == (2, 0)
    assert given(("audio-e-1.m4s", 2.0, 2.0, 100.0), ("audio-e-2.m4s", 4.0, 2.0, 108.0)) == (2, 1)


def test_a_jump_to_what_is_live_is_no_stall_of_itself() -> None:
    assert given(("video-e-1.m4s", 2.0, 2.0, 100.0), ("video-e-9.m4s", 18.0, 2.0, 101.0)) == (2, 0)


def test_another_presentation_may_begin_at_any_time_and_number() -> None:
    pieces = [("video-e-9.m4s", 18.0, 2.0, 100.0), ("video-f-3.m4s", 1.0, 2.0, 102.0)]
    assert given(*pieces) == (2, 0)
    assert given(pieces[0], ("video-f-3.m4s", 1.0, 2.0, 120.0)) == (2, 1)
