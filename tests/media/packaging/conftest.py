"""Twins are nearly the same: what is in them is read once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from trio_srs.media.packaging.segment_content import SegmentContent
from trio_srs.wire.hls.playlist_reader import read_playlist

PACKAGING = "trio_srs.media.packaging"


@pytest.fixture(autouse=True, scope="package")
def _read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{PACKAGING}.playlist_copy.read_playlist", cache(read_playlist))
        kept = cache(SegmentContent)
        for name in ("viewing", "low_latency_rules", "dash_rules"):
            patch.setattr(f"{PACKAGING}.{name}.SegmentContent", kept)
        yield
