"""Which streams are variants of one, by their names."""

from __future__ import annotations

import pytest

from trio_srs.media.segments.variant_template import VariantTemplate


@pytest.mark.parametrize(
    ("text", "group", "members"),
    [
        ("live/cam_{720p,360p}", "live/cam", ["live/cam_720p", "live/cam_360p"]),
        ("live/cam_{720p,360p}", "live/cam_720p", []),
        ("live/cam_{720p,360p}", "live/other", []),
        ("live/{hd,sd}/cam", "live/cam", ["live/hd/cam", "live/sd/cam"]),
        ("live/{hd,sd}.cam", "live/cam", ["live/hd.cam", "live/sd.cam"]),
        ("live/cam{1,2}", "live/cam", ["live/cam1", "live/cam2"]),
        ("live/*_{a,b}", "live/x_y", ["live/x_y_a", "live/x_y_b"]),
        ("live/*_{a,b}", "live/x/y", []),
        ("live/{a,b}-*", "live/x", ["live/a-x", "live/b-x"]),
        ("*/cam-{a}", "room/cam", ["room/cam-a"]),
        ("live/c.m_{a}", "live/cxm", []),
    ],
)
def test_a_group_has_its_members(text: str, group: str, members: list[str]) -> None:
    assert [each.key for each in VariantTemplate.read(text).members(group)] == members


def test_members_are_told_apart_by_their_labels() -> None:
    template = VariantTemplate.read("live/cam_{720p,360p}")
    assert [each.label for each in template.members("live/cam")] == ["720p", "360p"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("live/cam", "expected such as"),
        ("live/{a}_{b}", "expected such as"),
        ("*/*_{a}", "expected such as"),
        ("/live/x_{a}", "expected such as"),
        ("live/cam_{a,,b}", "names of variants"),
        ("live/cam_{a,a}", "names of variants"),
        ("live/cam_{a/b}", "names of variants"),
        ("live/{a,b}", "no name of its own"),
        ("cam_{a,b}", "no name of its own"),
    ],
)
def test_what_is_no_template_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        VariantTemplate.read(text)
