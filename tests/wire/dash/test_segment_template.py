"""Timelines are short, and say where each segment is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.dash.segment_template import SegmentTemplate, TimelineRun, runs_of
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
