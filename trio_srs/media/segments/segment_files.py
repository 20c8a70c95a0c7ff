"""What of a presentation is in files, and what is still to be: segments, then playlists. Floor 1.

Nothing waits in a queue for a disk: what is still to be written is in the window of the
presentation, and what has left that before the disk had time for it is not written at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

import attrs

from trio_srs.media.segments.file_names import FileNames
from trio_srs.media.segments.presentation import Presentation
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment import Segment
from trio_srs.media.segments.sound_label import SoundLabel
from trio_srs.wire.hls.media_playlist import MediaPlaylist, PlaylistSegment

__all__ = ["PlaylistFile", "SegmentFile", "SegmentFiles"]


@attrs.frozen(kw_only=True)
class SegmentFile:
    """A segment, and what is needed to read it, as files to be written."""

    rendition: str
    segment: Segment
    path: str
    chunks: Sequence[bytes]
    """None in a gap, of which there is no file."""
    init: tuple[str, bytes] | None = None
    """Path and bytes, if they are not there yet."""


@attrs.frozen
class PlaylistFile:
    """A playlist to be written, as soon as what it lists is there."""

    path: str
    text: str


class SegmentFiles:
    """Says what is to be written next, and what is to be removed.

    Attributes:
        names: of all files.
        missed: segments that left the window before they could be written.

    Args:
        labels: of tracks of sound, by number.
    """

    def __init__(
        self, presentation: Presentation, names: FileNames, labels: Sequence[SoundLabel] = ()
    ) -> None:
        self.names: Final = names
        self.missed = 0
        self._presentation, self._labels = presentation, labels
        self._paths: dict[str, str] = {}  # of what is written, by its name in the presentation
        self._next: dict[str, int] = {}  # segment of each rendition
        self._said: dict[str, str] = {}  # the text of each playlist that is written

    # ---------------------------------------------------------------- segments

    def next_segment(self) -> SegmentFile | None:
        """What is to be written now: the oldest that is not; None if there is nothing."""
        waiting = [
            (segment.number, number, rendition, segment)
            for number, rendition in enumerate(self._presentation.renditions)
            for segment in self._unwritten(rendition)
        ]
        if not waiting:
            return None
        _, _, rendition, segment = min(waiting, key=lambda each: each[:2])
        init, written_init = segment.init, None
        if init is not None and init.name not in self._paths:
            written_init = self.names.init(rendition.name, init, segment), init.data
        return SegmentFile(
            rendition=rendition.name,
            segment=segment,
            path=self.names.segment(rendition.name, segment),
            chunks=[part.data for part in segment.parts if part.size],
            init=written_init,
        )

    def _unwritten(self, rendition: Rendition) -> Iterator[Segment]:
        """The oldest segment that is listed and not written, if any."""
        after = self._next.get(rendition.name, rendition.first_number)
        for segment in rendition.segments:
            if segment.number >= after:
                yield segment
                return

    def wrote(self, file: SegmentFile) -> None:
        """A segment, and what is needed to read it, is there now."""
        segment = file.segment
        if file.init is not None and segment.init is not None:
            self._paths[segment.init.name] = file.init[0]
        self._paths[segment.name] = file.path
        rendition = self._presentation.rendition(file.rendition)
        assert rendition is not None  # it was asked for
        expected = self._next.get(file.rendition, rendition.first_number)
        self.missed += segment.number - expected
        self._next[file.rendition] = segment.number + 1

    # --------------------------------------------------------------- playlists

    def playlists(self) -> list[PlaylistFile]:
        """Those that say something else than what is written, in the order in which they are to
        be; none before there is a segment of each rendition."""
        renditions = self._presentation.renditions
        listings = [self._listing(rendition) for rendition in renditions]
        if not renditions or not self._presentation.is_ready or not all(listings):
            return []
        made = [
            PlaylistFile(self.names.playlist(rendition.name), listing.write())
            for rendition, listing in zip(renditions, listings, strict=True)
            if listing is not None
        ]
        if not self.names.is_one_rendition:
            made.append(PlaylistFile(self.names.main, self._multivariant()))
        return [each for each in made if self._said.get(each.path) != each.text]

    def wrote_playlist(self, file: PlaylistFile) -> None:
        """A playlist is there now, as it was told."""
        self._said[file.path] = file.text

    def _listing(self, rendition: Rendition) -> MediaPlaylist | None:
        """What of a rendition is in files, as one playlist; None if nothing is."""
        if not rendition.is_ready:
            return None
        whole, path = rendition.playlist(), self.names.playlist(rendition.name)
        there = list(takewhile(lambda each: each.uri in self._paths, whole.segments))
        if not there:
            return None
        return attrs.evolve(
            whole,
            segments=tuple(self._listed(each, path) for each in there),
            parts=(),
            open_discontinuity=False,
            open_init=None,
            open_date_ms=None,
            part_target_s=None,
            server_control=None,
            hints=(),
            reports=(),
            is_ended=whole.is_ended and len(there) == len(whole.segments),
        )

    def _listed(self, segment: PlaylistSegment, playlist: str) -> PlaylistSegment:
        uri, init, key = self._uri(segment.uri, playlist), segment.init, segment.key
        if key is not None:
            key = attrs.evolve(key, uri=self.names.key_uri(key.uri))
        if init is not None:
            init = attrs.evolve(init, uri=self._uri(init.uri, playlist))
        return attrs.evolve(segment, uri=uri, init=init, key=key, parts=())

    def _uri(self, name: str, playlist: str) -> str:
        return self.names.uri(self._paths[name], playlist)

    def _multivariant(self) -> str:
        said, main = self._presentation.multivariant(labels=self._labels), self.names.main

        def uri(name: str) -> str:
            return self.names.relative(self.names.playlist(name.removesuffix(".m3u8")), main)

        return attrs.evolve(
            said,
            variants=tuple(attrs.evolve(each, uri=uri(each.uri)) for each in said.variants),
            renditions=tuple(attrs.evolve(each, uri=uri(each.uri)) for each in said.renditions),
        ).write()

    @property
    def is_listed(self) -> bool:
        """Whether the playlist that players are given is there."""
        return self.names.main in self._said

    # ----------------------------------------------------------------- removal

    def stale(self) -> list[str]:
        """Paths of what nobody can have seen listed any more. They are told once."""
        kept = self._presentation.renditions
        gone = [name for name in self._paths if all(each.find(name) is None for each in kept)]
        return [self._paths.pop(name) for name in gone]

    @property
    def segment_paths(self) -> list[str]:
        """Of all segments that are there."""
        return list(self._paths.values())

    @property
    def playlist_paths(self) -> list[str]:
        """Of all playlists, the one that leads to the others first."""
        return list(self._said)[::-1]
