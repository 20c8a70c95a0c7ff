"""From a fragmented MP4 to access units. Floor 1."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.left_out import LeftOut, LeftOutCounter, LeftOutReason
from trio_srs.media.remux.mp4_format import with_own_sets
from trio_srs.media.remux.track_format import TrackFormat, format_of_frame, format_of_record
from trio_srs.wire.codec.ids import BY_NAME
from trio_srs.wire.mp4.init_segment import Mp4Track
from trio_srs.wire.mp4.mp4_oddity import Mp4Oddities
from trio_srs.wire.mp4.mp4_reader import Mp4Event, Mp4Fragment, Mp4Movie, Mp4Reader, ReadSample

__all__ = ["Mp4Demuxer"]

_HZ: Final = 90_000


@attrs.define(eq=False)
class _ReadTrack:
    """One track that is read."""

    kind: str
    codec: str
    format: TrackFormat | None = None
    shift: int = 0
    """How much earlier than said pictures are decoded, as some are shown before that."""
    last: int | None = None


class Mp4Demuxer:
    """Reads what :class:`~trio_srs.media.remux.mp4_muxer.Mp4Muxer` writes, and what others do.

    Of each kind the first track that can be read is taken. Parameter sets that come with a picture
    hold from there on. Where pictures are shown before their
    time of decoding, as in an MP4 they may be, that is earlier from there on. The units of a
    fragment come in the order of decoding, whatever their tracks. Nothing is raised: see
    :attr:`oddities` and :attr:`left_out`.
    """

    def __init__(self) -> None:
        self._reader = Mp4Reader()
        self._tracks: dict[int, _ReadTrack] = {}
        self._left_out = LeftOutCounter()

    @property
    def oddities(self) -> Mp4Oddities:
        """What was wrong with the boxes."""
        return self._reader.oddities

    @property
    def left_out(self) -> list[LeftOut]:
        """What was not read, in the order in which it was seen."""
        return self._left_out.found

    def feed(self, data: bytes) -> list[AccessUnit]:
        """Take the next bytes, cut anywhere."""
        return self._read(self._reader.feed(data))

    def finish(self) -> list[AccessUnit]:
        """There is no more: return what was waiting for its end."""
        return self._read(self._reader.finish())

    def _read(self, events: list[Mp4Event]) -> list[AccessUnit]:
        units: list[AccessUnit] = []
        for event in events:
            if isinstance(event, Mp4Movie):
                self._movie(event)
            else:
                units += self._fragment(event)
        return units

    def _fragment(self, fragment: Mp4Fragment) -> list[AccessUnit]:
        for sample in fragment.samples:
            track = self._tracks.get(sample.track.track_id)
            if track is not None:
                track.shift = max(track.shift, -sample.composition * _HZ // sample.track.timescale)
        read = (self._sample(sample) for sample in fragment.samples)
        return sorted((unit for unit in read if unit is not None), key=lambda unit: unit.dts)

    def _movie(self, movie: Mp4Movie) -> None:
        self._tracks = {}
        kinds: set[str] = set()
        for track in movie.tracks:
            codec = BY_NAME.get(track.entry.codec)
            if codec is None:
                detail = f"of track {track.track_id}"
                self._left_out.note("data", track.entry.codec, LeftOutReason.NOT_CARRIED, detail)
            elif codec.kind in kinds:
                detail = f"another one, track {track.track_id}"
                self._left_out.note(codec.kind, codec.name, LeftOutReason.OTHER_TRACK, detail)
            else:
                kinds.add(codec.kind)
                made = _ReadTrack(codec.kind, codec.name)
                try:
                    made.format = _format_of(track)
                except ProtocolError as error:
                    self._left_out.note(codec.kind, codec.name, LeftOutReason.NO_HEADER, str(error))
                    continue
                self._tracks[track.track_id] = made

    def _sample(self, sample: ReadSample) -> AccessUnit | None:
        track = self._tracks.get(sample.track.track_id)
        if track is None or not sample.data:
            return None
        try:
            if track.format is None:
                track.format = format_of_frame(track.codec, sample.data)
            elif sample.is_sync:  # avc3, hev1
                track.format = with_own_sets(track.format, sample.data)
            count = 0
            if track.format.samples_of is not None:
                count = track.format.samples_of(sample.data)
        except ProtocolError as error:
            self._left_out.note(track.kind, track.codec, LeftOutReason.UNREADABLE, str(error))
            return None
        scale = sample.track.timescale
        time = sample.time - sample.track.media_start
        pts = (time + sample.composition) * _HZ // scale
        dts = time * _HZ // scale - track.shift
        if track.last is not None:
            dts = max(dts, track.last + 1)
        track.last = dts
        return AccessUnit(
            track.format, dts, max(pts, dts), sample.data, is_key=sample.is_sync, samples=count
        )


def _format_of(track: Mp4Track) -> TrackFormat | None:
    """The format that a sample entry says; None if the frames have to. Raises ProtocolError."""
    entry = track.entry
    if not entry.record or not BY_NAME[entry.codec].has_header:
        return None
    return format_of_record(entry.codec, entry.record)
