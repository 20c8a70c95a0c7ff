"""Segments, parts and what is needed to read them, as they are answered. Floor 3.

A segment that is asked for again
goes into a file of the memory's, which the kernel sends without a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from trio_srs.media.segments.segment import InitSegment, KeptFile, Segment, SegmentPart
from trio_srs.service.base import WebAnswer
from trio_srs.session.file_slice import FileSlice

if TYPE_CHECKING:
    from trio_srs.hub.memory_files import MemoryFiles
    from trio_srs.media.segments.rendition import Rendition

__all__ = ["Media", "MediaAnswers", "answer_of", "media_of"]

_TYPES: Final = {".ts": "video/mp2t", ".m4s": "video/iso.segment", ".mp4": "video/mp4"}
_IMMUTABLE: Final = "public, max-age=86400, immutable"
"""Names are never given twice."""
_FILE_LEAST: Final = 128 * 1024
"""Bytes of a segment: to copy fewer costs less than it takes to do without."""
_OFTEN: Final = 2
"""How often it is asked for: there may be a cache, or one viewer, and then it is only once. Where
there is no room then, it is tried again as soon as a file is ready for it, and each time that it
was asked for twice as often."""

Kept: TypeAlias = Segment | SegmentPart | InitSegment


@attrs.frozen(eq=False)
class Media:
    """An answer, and what somebody was given with it."""

    answer: WebAnswer
    answer_bytes: int
    rendition: str = ""
    """That the segment is of that it is, or is a part of: all of the segment's name in front of its
    number. Empty for what is needed to read one."""
    number: int = 0
    """Of the segment."""
    start: int = 0
    """Ticks of 90 kHz, of what it is."""
    duration: int = 0
    """Likewise."""


class MediaAnswers:
    """What is answered of all that is kept, made once for each.

    Args:
        files: where there may be room for segments.
    """

    def __init__(self, files: MemoryFiles) -> None:
        self._files = files

    def find(self, rendition: Rendition, name: str) -> Media | None:
        """What a rendition has under a name; None if it is not there, or not any more."""
        found = rendition.find(name)
        if found is None:
            return None
        if isinstance(found, Segment) and found.file is None:
            self._wanted(rendition, found)
        for known in found.served:
            if isinstance(known, Media):
                return known
        made = _media(rendition, found)
        found.served.append(made)
        return made

    def _wanted(self, rendition: Rendition, segment: Segment) -> None:
        """Somebody wants a whole segment: put it into a file if it is worth that."""
        segment.wanted += 1
        wanted, files = segment.wanted, self._files
        if wanted < _OFTEN or segment.size < _FILE_LEAST:
            return
        window = rendition.window
        if not wanted & (wanted - 1) or files.has_room(segment.size, window):
            kept = files.keep([part.data for part in segment.parts], window)
            if kept is not None:
                segment.move(kept.file, kept.start)


def answer_of(name: str, chunks: Sequence[bytes | FileSlice]) -> WebAnswer:
    """What is under a name, as all that is kept is answered."""
    return WebAnswer(
        content_type=_TYPES[name[name.rindex(".") :]],
        chunks=chunks,
        cache_control=_IMMUTABLE,
        etag=f'"{name}"',
        has_ranges=True,
    )


def media_of(segment: Segment, part: SegmentPart | None = None) -> Media:
    """A segment, or a part of it."""
    if part is None:
        answer = answer_of(segment.name, _chunks(segment))
        return Media(answer, segment.size, *_place(segment), segment.start, segment.duration)
    before = segment.parts[: segment.parts.index(part)]
    start = segment.start + sum(each.duration for each in before)
    answer = answer_of(part.name, (_bytes_of(part),))
    return Media(answer, part.size, *_place(segment), start, part.duration)


def _place(segment: Segment) -> tuple[str, int]:
    """The rendition that a segment is of, and where in it."""
    return segment.name.rpartition("-")[0], segment.number


def _media(rendition: Rendition, found: Kept) -> Media:
    if isinstance(found, Segment):
        return media_of(found)
    if isinstance(found, SegmentPart):
        newest = (rendition.open, *reversed(rendition.segments))
        segment = next((each for each in newest if each and found in each.parts), None)
        if segment is not None:
            return media_of(segment, found)
        return Media(answer_of(found.name, (_bytes_of(found),)), found.size)
    return Media(answer_of(found.name, (found.data,)), len(found.data))


def _chunks(segment: Segment) -> Sequence[bytes | FileSlice]:
    if segment.file is not None:
        start = segment.start_in_file
        return (FileSlice(segment.file, start, start + segment.size),)
    return [part.data for part in segment.parts if part.size]


def _bytes_of(part: SegmentPart) -> bytes | FileSlice:
    file: KeptFile | None = part.file
    return part.data if file is None else FileSlice(file, part.start, part.start + part.size)
