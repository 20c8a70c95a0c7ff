"""Media stands where the time of day says, and where anything changes there is another period."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.segments.cut_rule import HZ
from trio_srs.media.segments.media_periods import MediaPeriod, MediaPeriods
from trio_srs.media.segments.rendition import Rendition, WindowRule
from trio_srs.media.segments.segment import TrackInit

START_MS = 1_796_000_000_000
WINDOW = WindowRule(length=20 * HZ, most_bytes=1 << 20)
RATES = {"video": HZ, "audio": 48_000}
LENGTH_S = 2


@attrs.define(eq=False)
class Cut:
    """Segments of pictures and sound, two seconds each, and the periods they are in."""

    periods: MediaPeriods = attrs.field(factory=lambda: MediaPeriods(LENGTH_S * HZ))
    tracks: dict[str, Rendition] = attrs.field(factory=dict)
    at_s: float = 0.0
    """On the line of the media."""
    came_s: float = 0.0
    """How long after its time the media comes."""
    number: int = 100

    def add(
        self, *gone: str, date_s: float | None = None, is_break: bool = False, only: str = ""
    ) -> None:
        """One segment more of every track, and the start of the next."""
        names = [only] if only else list(RATES)
        for name in names:
            if name not in self.tracks:
                made = Rendition(name, ".m4s", "e", self.number, WINDOW, target_s=LENGTH_S)
                self.tracks[name] = made
        date_ms = START_MS + round((self.at_s if date_s is None else date_s) * 1000)
        for name, rendition in self.tracks.items():
            if rendition.open is not None and (is_break or rendition.open.parts):
                rendition.open = None
                rendition._next -= 1  # what was begun is another one
            rate = RATES[name]
            init = TrackInit(name.encode(), TrackFormat("h264"), rate)
            begin, end = (round((10 + self.at_s + more) * rate) for more in (0, LENGTH_S))
            if rendition.open is None:
                self._begin(rendition, init, date_ms, begin, is_break=is_break)
            data = b"" if name in gone else b"data"
            rendition.add_part(
                data, LENGTH_S * HZ, is_independent=True, media_end=end if data else None
            )
            rendition.end()
        self.at_s += LENGTH_S
        self.number += 1
        for name, rendition in self.tracks.items():
            init = TrackInit(name.encode(), TrackFormat("h264"), RATES[name])
            begin = round((10 + self.at_s) * RATES[name])
            self._begin(rendition, init, date_ms + 2000, begin, is_break=False)
        self.periods.update(self.tracks.values(), 25.0)

    def _begin(
        self, rendition: Rendition, init: TrackInit, date_ms: int, begin: int, *, is_break: bool
    ) -> None:
        rendition.begin(
            0, date_ms, init, is_break=is_break, media_start=begin,
            came_ms=START_MS + round((self.at_s + self.came_s) * 1000),
        )  # fmt: skip

    def __iter__(self) -> Iterator[MediaPeriod]:
        return iter(self.periods.periods)


def starts(cut: Cut) -> list[float]:
    """Of all periods, in seconds since the first segment was due."""
    zero_ms = cut.periods.zero_ms
    assert zero_ms is not None
    return [round(each.start / HZ - (START_MS - zero_ms) / 1000, 3) for each in cut]


def numbers(cut: Cut) -> list[tuple[int, int]]:
    return [(each.first, each.last) for each in cut]


def test_what_goes_on_is_one_period_whatever_is_listed_of_it() -> None:
    cut = Cut()
    assert not list(cut)
    cut.periods.update((), None)
    for _ in range(30):
        cut.add()
    (period,) = cut
    assert (period.first, period.last) == (100, 129)
    assert starts(cut) == [0]
    assert cut.periods.zero_ms == START_MS
    assert (period.end - period.start) / HZ == 60
    assert period.frame_rate == 25.0
    video, sound = period.tracks.values()
    assert (video.offset, sound.offset) == (10 * HZ, 10 * 48_000)
    assert (period.lead.rendition.name, video.length_s) == ("video", 2.0)
    assert video.bandwidth == 16


def test_a_break_is_another_period_at_its_time_of_day() -> None:
    cut = Cut()
    cut.add()
    cut.add()
    cut.came_s = 5.0
    cut.add(is_break=True, date_s=9.0)
    before, after = cut
    assert numbers(cut) == [(100, 101), (102, 102)]
    assert starts(cut) == [0, 9]
    assert before.end < after.start
    assert after.tracks["video"].offset == 14 * HZ


@pytest.mark.parametrize("late_s", [-0.2, 0.0, 0.2])
def test_what_is_nearly_joined_is_joined(late_s: float) -> None:
    cut = Cut()
    cut.add()
    cut.add(is_break=True, date_s=2.0 + late_s)
    before, after = cut
    assert after.start == before.end


def test_what_comes_before_the_end_of_the_last_cuts_it_short() -> None:
    cut = Cut()
    cut.add()
    cut.add()
    cut.add(is_break=True, date_s=3.0)
    _, after = cut
    assert starts(cut) == [0, 3]
    cut.add(is_break=True, date_s=-70.0)
    assert list(cut)[-1].start == after.start + 1, "time never goes back"


def test_a_track_that_is_gone_is_not_in_the_period() -> None:
    cut = Cut()
    cut.add()
    cut.add("audio")
    cut.add("audio")
    cut.add("audio", "video")
    cut.add()
    assert numbers(cut) == [(100, 100), (101, 102), (104, 104)]
    assert [list(each.tracks) for each in cut] == [
        ["video", "audio"],
        ["video"],
        ["video", "audio"],
    ]
    assert starts(cut) == [0, 2, 8]


def test_sound_alone_has_no_pictures_in_a_second() -> None:
    cut = Cut()
    cut.add(only="audio")
    (period,) = cut
    assert (period.frame_rate, list(period.tracks)) == (None, ["audio"])


def test_a_track_that_begins_later_is_in_another_period() -> None:
    cut = Cut()
    cut.add(only="audio")
    for each in ("audio", "video"):
        if each == "video":
            cut.tracks[each] = Rendition(each, ".m4s", "e", cut.number, WINDOW, target_s=2)
    cut.tracks = {name: cut.tracks[name] for name in RATES}
    cut.add()
    assert [list(each.tracks) for each in cut] == [["audio"], ["video", "audio"]]


def test_what_is_not_whole_in_every_track_is_in_none() -> None:
    cut = Cut()
    cut.add()
    video = cut.tracks["video"]
    video.add_part(b"data", 2 * HZ, is_independent=True, media_end=14 * HZ)
    video.end()
    cut.periods.update(cut.tracks.values(), 25.0)
    assert numbers(cut) == [(100, 100)]


def test_periods_of_which_nothing_is_listed_are_forgotten() -> None:
    cut = Cut()
    cut.add()
    cut.add(is_break=True)
    for _ in range(12):
        cut.add()
    assert [each.first for each in cut] == [101]
    cut.add(is_break=True)
    for _ in range(12):
        cut.add()
    assert len(list(cut)) == 1


def test_what_came_in_a_burst_was_there_before_its_time() -> None:
    cut = Cut(came_s=-1.5)
    cut.add()
    assert starts(cut) == [-1.5]


def test_media_that_stays_late_is_put_where_it_belongs() -> None:
    cut = Cut()
    cut.add()
    cut.came_s = 3.0
    for _ in range(6):
        cut.add()
    assert starts(cut) == [0, 11]
    for _ in range(6):
        cut.add()
    assert len(list(cut)) == 2, "it is in its place"


def test_media_that_stays_early_is_too() -> None:
    cut = Cut()
    cut.add()
    cut.came_s = -0.7
    for _ in range(6):
        cut.add()
    assert starts(cut) == [0, 7.3]


def test_a_stall_that_is_caught_up_with_moves_nothing() -> None:
    cut = Cut()
    cut.add()
    for cut.came_s in (9.0, 7.0, 5.0, 3.0, 1.0, 0.0, 0.0, 0.0):
        cut.add()
    assert starts(cut) == [0]


def test_a_segment_behind_which_nothing_comes_says_nothing_of_the_time() -> None:
    cut = Cut(came_s=-1.0)
    cut.add()
    cut = Cut(came_s=-1.0)
    for name in RATES:
        cut.tracks[name] = Rendition(name, ".m4s", "e", 100, WINDOW, target_s=2)
        init = TrackInit(b"i", TrackFormat("h264"), RATES[name])
        cut._begin(cut.tracks[name], init, START_MS, 10 * RATES[name], is_break=False)
        cut.tracks[name].add_part(b"d", 2 * HZ, is_independent=True, media_end=12 * RATES[name])
        cut.tracks[name].end()
    cut.periods.update(cut.tracks.values(), None)
    assert starts(cut) == [0]
