"""Plots are SVG that stands alone."""

from __future__ import annotations

import importlib.util
import sys
from xml.etree import ElementTree as ET

import pytest

from trio_srs.tools.verdicts import drawing
from trio_srs.tools.verdicts.drawing import PlotsNotInstalledError, check_can_draw, svg
from trio_srs.tools.verdicts.series import MARK, Plot

PLOT = Plot(
    title="Bit <rate>", unit="kbit/s", span=(0.0, 3.0), steps=True,
    lines={"video": [(0.0, 5.0), (1.0, 7.0), (3.0, 7.0)], "audio": [(0.0, 1.0), (3.0, 1.0)]},
    marks=[(1.0, 7.0)],
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
    assert MARK in text


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
