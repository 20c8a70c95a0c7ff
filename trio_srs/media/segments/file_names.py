"""What the files of a stream in segments are called, and how its playlists name them. Floor 1."""

from __future__ import annotations

import posixpath
from typing import Final
from urllib.parse import quote

import attrs

from trio_srs.media.segments.segment import InitSegment, Segment
from trio_srs.wire.path_template import PathRule, PathTemplate, date_variables
from trio_srs.wire.url import DEFAULT_VHOST

__all__ = ["FileNames"]

_MARK: Final = "~"
"""Before what is added to a name: no name that is escaped has it."""


@attrs.frozen(kw_only=True)
class FileNames:
    """Of one stream. All paths are below the folder of all streams, with ``/`` between segments."""

    playlist_template: PathTemplate
    """With its ending, ``.m3u8``."""
    segment_template: PathTemplate
    """Without."""
    rule: PathRule
    vhost: str
    app: str
    stream: str
    is_one_rendition: bool
    """Everything is in one rendition: its playlist is that of the stream."""
    entry_prefix: str = ""
    """What the URIs of segments begin with; empty: they are relative to the playlist."""
    key_prefix: str = ""
    """What those of keys begin with; empty: they are where the playlist is asked for."""

    @property
    def _values(self) -> dict[str, str]:
        return {"vhost": self.vhost, "app": self.app, "stream": self.stream}

    @property
    def main(self) -> str:
        """The playlist that players are given."""
        return self.playlist_template.path(self._values, self.rule)

    def playlist(self, rendition: str) -> str:
        """The playlist of a rendition."""
        if self.is_one_rendition:
            return self.main
        front, ending = posixpath.splitext(self.main)
        return f"{front}{_MARK}{rendition}{ending}"

    def segment(self, rendition: str, segment: Segment) -> str:
        """A segment that has ended."""
        return self._media(rendition, segment.number, segment.date_ms, segment.duration // 90,
                           posixpath.splitext(segment.name)[1])  # fmt: skip

    def init(self, rendition: str, init: InitSegment, first: Segment) -> str:
        """What is needed to read the segments from the first on."""
        front, _ = posixpath.splitext(self.segment(rendition, first))
        return f"{front}{_MARK}init{posixpath.splitext(init.name)[1]}"

    def _media(
        self, rendition: str, number: int, date_ms: int, duration_ms: int, ending: str
    ) -> str:
        template = self.segment_template
        if "rendition" not in template.variables and not self.is_one_rendition:
            ending = f"{_MARK}{rendition}{ending}"
        values = {
            **self._values,
            **date_variables(date_ms),
            "rendition": rendition,
            "seq": str(number),
            "duration": str(duration_ms),
        }
        return template.path(values, self.rule, ending)

    @property
    def claims(self) -> tuple[str, ...]:
        """What no other stream may have: its playlist, and all paths of its segments."""
        return self.main, self.all_segments

    @property
    def all_segments(self) -> str:
        """What paths of segments have in common, without an ending: ``*`` stands for what differs
        between them."""
        return self.segment_template.glob(self._values, self.rule)

    def uri(self, path: str, playlist: str) -> str:
        """How a playlist names a file."""
        if self.entry_prefix:
            return f"{self.entry_prefix.rstrip('/')}/{quote(path)}"
        return self.relative(path, playlist)

    def key_uri(self, name: str) -> str:
        """How a playlist names a key: those are in no file."""
        stream, vhost = quote(f"{self.app}/{self.stream}"), self.vhost
        query = "" if vhost == DEFAULT_VHOST else f"?vhost={quote(vhost)}"
        return f"{self.key_prefix.rstrip('/')}/{stream}.hls/{name}{query}"

    @staticmethod
    def relative(path: str, playlist: str) -> str:
        """The same where playlists name each other."""
        return quote(posixpath.relpath(path, posixpath.dirname(playlist)))
