"""Containers for segments have the names that the configuration and URLs have."""

from __future__ import annotations

from trio_srs.media.segments.segment_container import SegmentContainer


def test_containers_are_known_by_their_words() -> None:
    assert [str(each) for each in SegmentContainer] == ["ts", "fmp4"]
    assert SegmentContainer("ts") is SegmentContainer.TS
