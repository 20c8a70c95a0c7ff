"""Fragmented MP4: any bytes are read, and alike however they are cut."""

from __future__ import annotations

from trio_srs.wire.mp4.mp4_reader import Mp4Event, Mp4Fragment, Mp4Reader

_MOST = 1 << 14


def stream(data: bytes) -> None:
    """As a stream."""
    events = _read([data])
    step = 1 + len(data) // 3
    assert _read([data[at : at + step] for at in range(0, len(data), step)]) == events


def _read(slices: list[bytes]) -> tuple[list[Mp4Event], object]:
    reader = Mp4Reader(max_box=_MOST)
    events = [event for each in slices for event in reader.feed(each)] + reader.finish()
    for event in events:
        if isinstance(event, Mp4Fragment):
            assert sum(len(sample.data) for sample in event.samples) <= _MOST
        else:
            assert all(track.timescale for track in event.tracks)
    return events, reader.oddities
