"""Segments of MPEG-TS stand by themselves, and counters go on from one to the next."""

from __future__ import annotations

from tests.media.remux import ts_checks
from tests.media.remux.records import ASC, AVC, IDR, INTER
from tests.media.segments.streams import bytes_of
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.track_format import format_of_record
from trio_srs.media.segments.packager import SegmentStart
from trio_srs.media.segments.rendition import Rendition, WindowRule
from trio_srs.media.segments.ts_packager import TsPackager
from trio_srs.wire.codec.nalu import join_prefixed

FORMATS = {"video": format_of_record("h264", AVC), "audio": format_of_record("aac", ASC)}


def picture(dts: int, *, key: bool = False) -> AccessUnit:
    return AccessUnit(FORMATS["video"], dts, dts, join_prefixed([IDR if key else INTER]), key)


def sound(dts: int) -> AccessUnit:
    return AccessUnit(FORMATS["audio"], dts, dts, b"x", samples=1024)


def test_segments_stand_by_themselves_and_go_on() -> None:
    rendition = Rendition("m", ".ts", "e", 5, WindowRule(length=900_000, most_bytes=1 << 20))
    packager = TsPackager(rendition)
    assert packager.renditions == (rendition,)
    packager.begin(SegmentStart(0, 7000, True, FORMATS))
    packager.add(picture(0, key=True))
    packager.add(sound(0))
    assert packager.size > 0
    packager.cut(SegmentStart(3600, 7040, False, None))
    assert packager.size == 0
    packager.add(picture(3600))
    packager.finish(7200)
    packager.begin(SegmentStart(7200, 9000, True, {"video": FORMATS["video"]}))
    packager.add(picture(7200, key=True))
    packager.finish(7200)
    first, second, third = rendition.segments
    assert [first.duration, second.duration, third.duration] == [3600, 3600, 1]
    assert [first.has_key, second.has_key] == [True, False]
    assert [second.is_break, third.is_break] == [False, True]
    assert (first.name, first.date_ms) == ("m-e-5.ts", 7000)
    for segment in rendition.segments:
        assert bytes_of(segment)[1:3] == b"\x40\x00", "the program association is first"
        assert bytes_of(segment)[189:191] == b"\x50\x00", "and the program map behind it"
    found = ts_checks.check(b"".join(map(bytes_of, rendition.segments)))
    assert found.types == [(0x1B, 0x0F), (0x1B,)]
