"""Timelines are short, and say where each segment is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.dash.segment_template import (
    MOST_SEGMENTS,
    ListedSpan,
    SegmentTemplate,
    TimelineRun,
    runs_of,
)
from trio_srs.wire.dash.xml_values import ManifestError


def test_equal_neighbours_are_one_run() -> None:
    assert runs_of([(5, 10), (15, 10), (25, 9), (34, 9), (50, 9)]) == (
        TimelineRun(5, 10, 1),
        TimelineRun(25, 9, 1),
        TimelineRun(50, 9),
    )
    assert runs_of([]) == ()


@pytest.mark.property
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=20))
def test_a_timeline_has_the_segments_that_it_was_made_of(steps: list[tuple[int, int]]) -> None:
    end, made = 0, []
    for gap, duration in steps:
        made.append((end + gap, duration))
        end += gap + duration
    template = SegmentTemplate(media="a", start_number=3, timeline=runs_of(made))
    assert [(each.time, each.duration) for each in template.segments()] == made
    assert [each.number for each in template.segments()] == list(range(3, 3 + len(made)))


def test_a_run_without_a_count_goes_up_to_the_next() -> None:
    line = (TimelineRun(0, 10, -1), TimelineRun(25, 4, -1))
    template = SegmentTemplate(media="a", timeline=line)
    assert [each.time for each in template.segments()] == [0, 10, 20, 25]


def test_the_last_run_goes_up_to_the_end_of_the_period() -> None:
    line = SegmentTemplate(
        media="a", timescale=10, presentation_time_offset=5, timeline=(TimelineRun(5, 10, -1),)
    )
    assert [each.time for each in line.segments(ListedSpan(2.5))] == [5, 15, 25]
    assert [each.time for each in line.segments(ListedSpan(2.5, is_live=True))] == [5]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (ListedSpan(4.5), [(3, 5, 20), (4, 25, 20), (5, 45, 5)]),
        (ListedSpan(4.0), [(3, 5, 20), (4, 25, 20)]),
        (ListedSpan(4.000_000_1), [(3, 5, 20), (4, 25, 20)]),
        (ListedSpan(3.9, is_live=True), [(3, 5, 20)]),
        (ListedSpan(1.9, is_live=True), []),
        (ListedSpan(9.0, 5.0, is_live=True), [(5, 45, 20), (6, 65, 20)]),
        (ListedSpan(20.1, None, is_live=True), [(10, 145, 20), (11, 165, 20), (12, 185, 20)]),
        (ListedSpan(2.1, None, is_live=True), [(3, 5, 20)]),
    ],
)
def test_segments_of_one_length_are_those_that_there_is_room_for(
    span: ListedSpan, expected: list[tuple[int, int, int]]
) -> None:
    template = SegmentTemplate(
        media="a", timescale=10, presentation_time_offset=5, start_number=3, duration=20
    )
    assert list(template.segments(span)) == expected


def test_a_manifest_of_nonsense_is_not_counted_out() -> None:
    length = SegmentTemplate(media="a", timescale=1_000_000, duration=1)
    with pytest.raises(ManifestError, match="no end up to which there are any"):
        next(length.segments())
    with pytest.raises(ManifestError, match="more than 1,000,000 segments of 1e-06 s"):
        next(length.segments(ListedSpan(2.0)))
    line = SegmentTemplate(media="a", timeline=(TimelineRun(0, 1, MOST_SEGMENTS),))
    with pytest.raises(ManifestError, match="a timeline of more than 1,000,000 segments"):
        next(line.segments())


def test_urls_are_filled_in() -> None:
    template = SegmentTemplate(
        media="$RepresentationID$/$Bandwidth$-$Number%05d$-$Time$-$$.m4s",
        initialization="$RepresentationID$/$Bandwidth%08d$.mp4",
        start_number=7,
        timeline=(TimelineRun(100, 10),),
    )
    (segment,) = template.segments()
    assert template.url("v1", 64, segment) == "v1/64-00007-100-$.m4s"
    assert template.initialization_url("v1", 64) == "v1/00000064.mp4"


@pytest.mark.parametrize("wrong", ["a$", "$Unknown$", "$Number", "$Number%5d$"])
def test_a_template_with_a_stray_dollar_is_refused(wrong: str) -> None:
    template = SegmentTemplate(media=wrong, timeline=(TimelineRun(0, 1),))
    with pytest.raises(ManifestError, match="a \\$ too much"):
        template.url("v", 1, next(template.segments()))


def test_an_initialization_is_of_no_segment() -> None:
    with pytest.raises(ManifestError, match="is of no segment"):
        SegmentTemplate(media="", initialization="$Number$").initialization_url("v", 1)
