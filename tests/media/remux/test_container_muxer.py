"""What every muxer does before there is anything to write, and when there is no more."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest

from tests.media.remux.records import aac, aac_head, avc, enhanced, head, live, sound
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.container_muxer import ContainerMuxer
from trio_srs.media.remux.muxed_piece import MuxedPiece
from trio_srs.media.remux.track_format import TrackFormat


class PlainMuxer(ContainerMuxer):
    """A container that is nothing but data; all it holds back is sound."""

    def __init__(self) -> None:
        super().__init__(("h264", "aac", "opus"), self._refusal)
        self.begun: list[list[str]] = []
        self._held: list[AccessUnit] = []
        self._end = 0
        self.unit: AccessUnit | None = None
        self._tracks: dict[str, TrackFormat] = {}

    @staticmethod
    def _refusal(track_format: TrackFormat) -> str | None:
        return "not like this" if track_format.codec == "opus" else None

    @property
    def formats(self) -> list[TrackFormat]:
        return list(self._tracks.values())

    @property
    def end(self) -> int:
        return self._end

    def _take_tracks(self, firsts: Mapping[str, AccessUnit]) -> None:
        self._tracks = {kind: unit.format for kind, unit in firsts.items()}
        self.begun.append(sorted(firsts))

    def forget_tracks(self) -> None:
        self._tracks = {}

    def _unit(self, unit: AccessUnit) -> list[MuxedPiece]:
        self.unit, self._end = unit, max(self._end, unit.dts + (unit.duration or 3600))
        if unit.format.kind == "audio":
            self._held.append(unit)
            return []
        return [*self.flush(), MuxedPiece(unit.data, unit.dts, unit.is_key)]

    def flush(self) -> list[MuxedPiece]:
        held, self._held = self._held, []
        return [MuxedPiece(unit.data, unit.dts, is_entry=False) for unit in held]


@pytest.fixture
def muxer() -> PlainMuxer:
    return PlainMuxer()


def test_it_begins_with_all_tracks_and_only_once(muxer: PlainMuxer) -> None:
    counts = [len(muxer.write(*message)) for message in live(1)]
    assert muxer.begun == [["audio", "video"]]
    assert counts[:4] == [0, 0, 0, 1], "the first picture waits for the first sound"
    assert [each.codec for each in muxer.formats] == ["h264", "aac"]


def test_what_waits_comes_out_at_the_end(muxer: PlainMuxer) -> None:
    assert [muxer.write(*message) for message in (head(), aac_head(), avc(0, key=True))] == [[]] * 3
    assert [piece.dts for piece in muxer.finish()] == [0]
    assert muxer.finish() == []
    assert muxer.write(*aac(20)) == []
    assert [piece.dts for piece in muxer.finish()] == [1800]
    assert muxer.begun == [["video"]]


def test_nothing_begins_with_no_tracks(muxer: PlainMuxer) -> None:
    assert muxer.write(*head()) == []
    assert muxer.finish() == muxer.restart() == []
    assert muxer.begun == []


def test_what_cannot_be_carried_is_named_for_each_publisher_anew(muxer: PlainMuxer) -> None:
    muxer.write(*enhanced("vp08", 0, b"frame"))
    assert [str(what) for what in muxer.left_out] == [
        "video vp8: the container has no place for it"
    ]
    muxer.restart()
    assert muxer.left_out == []
    muxer.write(*sound("Opus", 0, b"\xfc1"))
    assert [what.codec for what in muxer.left_out] == ["opus"]


def test_another_publisher_begins_with_all_its_tracks(muxer: PlainMuxer) -> None:
    pieces = [piece for message in live(1) for piece in muxer.write(*message)]
    pieces += muxer.restart()
    assert muxer.formats == []
    assert len(pieces) == 25 + 46
    end = muxer.end
    assert end == 90_000
    again = live(1, start_ms=50_000)
    units = [piece for message in again for piece in muxer.write(*message)]
    assert muxer.begun == [["audio", "video"]] * 2
    assert [piece.dts - end for piece in units if piece.is_entry] == [0]
    assert max(piece.dts for piece in units) - end == 24 * 3600


def test_time_goes_on_where_the_clock_is_set(muxer: PlainMuxer) -> None:
    """Players would stand still at a time that they have had: mpegts.js does."""
    stream = [*live(1, start_ms=500_000), *live(1, start_ms=20)[2:]]
    pieces = [piece for message in stream for piece in muxer.write(*message)]
    times = [piece.dts for piece in pieces]
    assert times[0] == 500_000 * 90, "the first clock is as it is"
    assert max(b - a for a, b in pairwise(times)) < 9000
    assert min(b - a for a, b in pairwise(times)) > -9000


def test_what_is_too_early_delays_all_that_follows(muxer: PlainMuxer) -> None:
    muxer.write(*head())
    muxer.write(*avc(0, key=True))
    muxer.finish()
    assert muxer.unit is not None
    unit = muxer.delayed(muxer.unit, 900)
    assert (unit.dts, unit.is_key, unit.data) == (900, True, muxer.unit.data)
    assert [piece.dts for piece in muxer.write(*avc(600))] == [600 * 90 + 900]
