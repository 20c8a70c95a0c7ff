"""Plots are SVG that stands alone."""

from __future__ import annotations

import importlib.util
import re
import sys
from xml.etree import ElementTree as ET

import pytest

from trio_srs.tools.verdicts import drawing
from trio_srs.tools.verdicts.drawing import PlotsNotInstalledError, check_can_draw, svg
from trio_srs.tools.verdicts.series import Plot

PLOT = Plot(
    title="Bit <rate>", unit="kbit/s", span=(0.0, 3.0), steps=True,
    lines={"video": [(0.0, 5.0), (1.0, 7.0), (3.0, 7.0)], "audio": [(0.0, 1.0), (3.0, 1.0)]},
    marks={"video.fps >= 25 fps": (1.0, 7.0), "gaps.count == 0": (2.0, 7.0)},
)  # fmt: skip


def test_a_plot_is_one_element_with_nothing_from_elsewhere() -> None:
    text = svg(PLOT)
    root = ET.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "<script" not in text
    assert "@import" not in text
    assert {key for each in root.iter() for key in each.attrib if "href" in key} == set()
    titles = {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Bit <rate> (kbit/s)", "video", "audio"} <= titles
    assert {"not met: video.fps >= 25 fps", "not met: gaps.count == 0"} <= titles


def colours(*lines: str, marks: tuple[str, ...] = ()) -> list[str]:
    """Of each line and each mark, as the style of the drawing has them."""
    points = [(0.0, 1.0), (1.0, 2.0)]
    plot = Plot(
        title="t", unit="s", lines=dict.fromkeys(lines, points),
        marks=dict.fromkeys(marks, (1.0, 2.0)),
    )  # fmt: skip
    text = svg(plot)
    numbers = range(len(lines) + len(marks))
    return [
        found[1].lower()
        for number in numbers
        if (found := re.search(rf"\.color-{number} a:visited\{{stroke:(#[0-9a-fA-F]+)", text))
    ]


def test_a_kind_has_one_colour_in_every_plot() -> None:
    [video] = colours("video")
    [audio] = colours("audio")
    assert video != audio
    assert colours("audio", "video") == [audio, video]
    assert colours("video", "audio", marks=("a == 1",))[:2] == [video, audio]
    first, second = colours("video 0", "video 1")
    assert (first, second != first) == (video, True)
    assert colours("skew")[0] not in (video, audio)


def test_marks_have_a_colour_that_no_line_has() -> None:
    *lines, one, other = colours("video", "audio", "skew", marks=("a == 1", "b == 1"))
    assert one == other
    assert one not in lines


def test_drawing_leaves_no_hook_behind() -> None:
    svg(PLOT)
    assert [each for each in sys.meta_path if type(each).__module__.startswith("pygal")] == []


def test_a_line_that_never_moves_can_be_drawn() -> None:
    plot = Plot(title="A/V skew", unit="ms", lines={"skew": [(0.0, 0.0), (1.0, 0.0)]})
    assert svg(plot).startswith("<svg")


def test_without_the_package_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    check_can_draw()
    monkeypatch.setattr(drawing, "find_spec", lambda name: None)
    with pytest.raises(PlotsNotInstalledError, match=r"pip install pygal$"):
        check_can_draw()
    assert importlib.util.find_spec("pygal") is not None
