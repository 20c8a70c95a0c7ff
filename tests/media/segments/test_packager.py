"""Both packagers are packagers, and nobody has to know which one it has."""

from __future__ import annotations

import pytest

from tests.media.remux.records import ASC, AVC, IDR
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.track_format import format_of_record
from trio_srs.media.segments.cmaf_packager import CmafPackager
from trio_srs.media.segments.packager import Packager, SegmentStart
from trio_srs.media.segments.rendition import Rendition, WindowRule
from trio_srs.media.segments.ts_packager import TsPackager
from trio_srs.wire.codec.nalu import join_prefixed

WINDOW = WindowRule(length=900_000, most_bytes=1 << 20)
H264, AAC = format_of_record("h264", AVC), format_of_record("aac", ASC)


def rendition(name: str, number: int) -> Rendition:
    return Rendition(name, ".m4s", "e", number, WINDOW)


@pytest.mark.parametrize("packager", [TsPackager(rendition("main", 7)), CmafPackager(rendition, 7)])
def test_what_is_begun_cut_and_finished_is_two_segments(packager: Packager) -> None:
    assert {"h264", "aac"} <= set(packager.codecs)
    assert type(packager).refusal(AAC) is None
    packager.begin(SegmentStart(0, 5000, True, {"video": H264}))
    for number, dts in enumerate((0, 90_000)):
        if number:
            packager.cut(SegmentStart(dts, 6000, True, None))
        packager.add(AccessUnit(H264, dts, dts, join_prefixed([IDR]), is_key=True))
    packager.finish(180_000)
    (made,) = packager.renditions
    assert (made.segments[0].number, made.segments[0].duration) == (7, 90_000)
    assert [each.date_ms for each in made.segments] == [5000, 6000]
