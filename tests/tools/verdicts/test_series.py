"""Plots are made of what a trace has, in the stream's own time."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.tools.verdicts.outcomes import judged, seen
from trio_srs.media.pattern import Pattern
from trio_srs.media.trace import Trace
from trio_srs.tools.expect.stream_observer import StreamObserver
from trio_srs.tools.verdicts.series import Plot, Point, plots, thinned


def made(trace: Trace, **others: tuple[object, ...]) -> dict[str, Plot]:
    return {plot.title.partition(":")[0]: plot for plot in plots(trace, **others)}  # type: ignore[arg-type]  # what a test passes on


def rounded(points: Iterable[Point]) -> list[Point]:
    return [(round(at_s, 6), round(value, 6)) for at_s, value in points]


def test_a_stream_has_five_plots_over_the_same_time() -> None:
    found = made(seen().trace)
    assert list(found) == ["Bit rate", "Frame interval", "GOP", "A/V skew", "Lag"]
    [span] = {plot.span for plot in found.values()}
    assert span == pytest.approx((0.0, 2.99), abs=0.02)
    assert list(found["Bit rate"].lines) == ["video", "audio"]
    assert list(found["GOP"].lines) == ["video"]


def test_the_values_are_those_of_the_frames() -> None:
    trace = seen(audio="none").trace
    found = made(trace)
    sizes = [frame.size for frame in trace]
    first, second = (sum(sizes[at : at + 25]) * 8 / 1000 for at in (0, 25))
    assert rounded(found["Bit rate"].lines["video"]) == [(0, first), (1, second), (2, second)]
    assert {round(value) for _, value in found["Frame interval"].lines["video"]} == {40}
    gops = rounded(found["GOP"].lines["video"])
    assert gops == [(0.0, 1.0), (1.0, 1.0), (2.0, 0.96), (2.96, 0.96)]
    assert "A/V skew" not in found
    assert {round(value) for _, value in found["Lag"].lines["video"]} == {0}


def test_a_step_back_is_an_interval_below_zero_and_is_marked() -> None:
    outcome = judged("timestamps.monotonic", "video.codec == h264", defects=("regression@30:100",))
    assert outcome.report is not None
    [*_] = found = made(outcome.report.trace, verdicts=outcome.verdicts)
    points = found["Frame interval"].lines["video"]
    assert min(value for _, value in points) == pytest.approx(-100)
    [(rule, (at_s, top))] = found["Frame interval"].marks.items()
    assert rule == "timestamps.monotonic == true"
    assert at_s == pytest.approx(1.06)
    assert top == max(value for line in found["Frame interval"].lines.values() for _, value in line)


def test_a_gap_leaves_seconds_without_a_bit() -> None:
    points = made(seen("gap@25:3000", audio="none").trace)["Bit rate"].lines["video"]
    assert [value for at, value in points if at in (1, 2, 3)] == [0, 0, 0]


def test_a_clock_that_was_set_draws_no_endless_line() -> None:
    points = made(seen("gap@25:100000000", audio="none").trace)["Bit rate"].lines["video"]
    assert len(points) < 10


def test_a_file_has_no_lag_and_the_start_is_zero() -> None:
    observer = StreamObserver("x", began_at=0.0, now_s=None)
    for message in Pattern.parse("h264:320x240", "none", seconds=0.4, start_ms=2**32 - 100):
        observer.see(message)
    found = made(observer.report(seen().conduct).trace)
    assert "Lag" not in found
    assert found["Frame interval"].span == pytest.approx((0.0, 0.36))
    assert len(found["Bit rate"].lines["video"]) == 2


def test_nothing_makes_no_plot() -> None:
    assert made(Trace()) == {}


def test_many_points_are_thinned_and_keep_their_peaks() -> None:
    points = [(float(n), 1.0) for n in range(10_000)]
    points[7777] = (7777.0, 99.0)
    points[1234] = (1234.0, -99.0)
    few = thinned(points, 100)
    assert len(few) <= 100
    assert (7777.0, 99.0) in few
    assert (1234.0, -99.0) in few
    assert few == sorted(few)
    assert thinned(points[:50], 100) == points[:50]
