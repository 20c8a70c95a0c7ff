"""A segment of transport packets, taken apart."""

from __future__ import annotations

from tests.media.packaging.viewings import sound_viewing
from trio_srs.media.packaging.ts_layout import PidCounters, TsLayout
from trio_srs.wire.ts.packet import PACKET_SIZE

NULL = b"\x47\x1f\xff\x10" + bytes(184)


def body() -> bytes:
    return next(each.body for each in sound_viewing("ts") if "main-e-104" in each.url)


def test_packets_are_counted_by_their_pid() -> None:
    layout = TsLayout(body())
    assert layout.begins_with == [0, 0x1000]
    assert layout.counters.keys() == {0, 0x1000, 0x100, 0x101}
    assert layout.oddities == {}
    assert (len(layout.maps), len(layout.clocks) > 9, len(layout.packets)) == (1, True, 18)


def test_packets_that_fill_or_have_no_payload_do_not_count() -> None:
    bare = b"\x47\x01\x00\x25" + b"\xb7\x00" + b"\xff" * 182
    layout = TsLayout(NULL + bare + bytes(PACKET_SIZE) + body())
    assert layout.counters[0x100] == TsLayout(body()).counters[0x100]
    assert layout.begins_with == [0x1FFF, 0x100]
    assert isinstance(layout.counters[0], PidCounters)
