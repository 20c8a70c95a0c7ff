"""Plots as SVG that stands alone. Floor 6.

Drawn by pygal: pure Python without dependencies. It is imported when something is drawn, so that
all else works where it is not installed.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar, Final

from trio_srs.errors import RefusedError
from trio_srs.tools.verdicts.series import Plot, Point

__all__ = ["PlotsNotInstalledError", "check_can_draw", "load_pygal", "svg"]

_SIZE: Final = {"width": 960, "height": 280}
_SCRIPT: Final = re.compile(r"<script\b.*?</script>", re.DOTALL)
_COLOURS: Final = {
    "video": ("#1f5fa8", "#3c8fd6", "#143d6b", "#6aa9de"),
    "audio": ("#c2571a", "#e08a4f", "#7d3811", "#8a6d1f"),
    "skew": ("#3c7d3c",),
}
"""The same kind has the same colours in every plot: one for each track of it."""
_MARK_COLOUR: Final = "#b00020"


class PlotsNotInstalledError(RefusedError):
    """A page with plots was asked for, and what draws them is not installed."""

    code = "plots_not_installed"
    http_status: ClassVar[int] = 501


def check_can_draw() -> None:
    """See whether plots can be drawn, before something is run for their sake.

    Raises:
        PlotsNotInstalledError: the package is missing; the text says what to install.
    """
    if find_spec("pygal") is None:
        raise PlotsNotInstalledError("an HTML report needs the package pygal: pip install pygal")


def svg(plot: Plot) -> str:
    """One plot as an element for a page: no script, nothing loaded from elsewhere."""
    pygal = load_pygal()
    style = import_module("pygal.style").Style(
        background="transparent", plot_background="transparent",
        font_family="system-ui, sans-serif",
        colors=_colours(plot), opacity="1", opacity_hover="1",
        label_font_size=12, major_label_font_size=12, legend_font_size=13, title_font_size=15,
        foreground="#333", foreground_strong="#111", foreground_subtle="#999",
    )  # fmt: skip
    chart = pygal.XY(
        title=f"{plot.title} ({plot.unit})", x_title="seconds of the stream", style=style,
        js=[], disable_xml_declaration=True, show_dots=False, truncate_legend=-1,
        legend_box_size=12, explicit_size=False, range=_range(plot), xrange=plot.span,
        stroke_style={"width": 1.3}, **_SIZE,
    )  # fmt: skip
    for name, points in plot.lines.items():
        chart.add(name, _stairs(points) if plot.steps else list(points))
    for rule, point in plot.marks.items():
        chart.add(f"not met: {rule}", [point], stroke=False, show_dots=True, dots_size=5)
    # Its tooltips are made by a script, of which only the configuration is left with js=[].
    return _SCRIPT.sub("", chart.render(is_unicode=True))


def _colours(plot: Plot) -> tuple[str, ...]:
    """Of the lines and the marks, in their order."""
    seen: Counter[str] = Counter()
    colours = []
    for name in plot.lines:
        kind = name.partition(" ")[0]
        shades = _COLOURS[kind]
        colours.append(shades[seen[kind] % len(shades)])
        seen[kind] += 1
    return (*colours, *[_MARK_COLOUR] * len(plot.marks))


def load_pygal() -> Any:
    """Import the package, which has no types, without the hook into all imports that it leaves
    behind: that is for plugins with maps, and of a kind that Python warns of."""
    pygal = import_module("pygal")
    sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != "pygal"]
    return pygal


def _range(plot: Plot) -> tuple[float, float] | None:
    """The range of values shown: one with a line that never moves needs to be told."""
    values = [value for points in plot.lines.values() for _, value in points]
    low, high = min(0.0, *values), max(0.0, *values)
    return (low, high) if high > low else (0.0, 1.0)


def _stairs(points: Sequence[Point]) -> list[Point]:
    """A line on which each value holds until the next."""
    stairs: list[Point] = []
    for at, value in points:
        if stairs:
            stairs.append((at, stairs[-1][1]))
        stairs.append((at, value))
    return stairs
