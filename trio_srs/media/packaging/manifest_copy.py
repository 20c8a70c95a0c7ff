"""A manifest of DASH as it was got at one time, and the segments that it lists. Floor 1.

A template without a timeline lists what has ended by then: by the server's clock where it has said
what time it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import pairwise
from math import isfinite
from typing import Final
from urllib.parse import urljoin

import attrs

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.wire.dash.manifest import AdaptationSet, Manifest, ManifestPeriod, Representation
from trio_srs.wire.dash.manifest_reader import read_manifest
from trio_srs.wire.dash.segment_template import ListedSegment, ListedSpan
from trio_srs.wire.dash.xml_values import ManifestError

__all__ = ["ManifestCopy", "ManifestTrack"]

_MS: Final = 1000


@attrs.frozen
class ManifestTrack:
    """One representation of one period."""

    copy: ManifestCopy
    period: ManifestPeriod
    set: AdaptationSet
    said: Representation
    span: ListedSpan | None
    """What of the period could be asked for; None where it does not say how long that is."""

    @property
    def where(self) -> str:
        """Of which manifest, and which period."""
        return f"{self.copy.fetched.base} period {self.period.id} representation {self.said.id}"

    @property
    def init_url(self) -> str:
        """Where what is needed to read its segments is. Raises ManifestError."""
        said = self.said
        uri = said.template.initialization_url(said.id, said.bandwidth)
        return self._resolved(uri)

    @property
    def segments(self) -> Iterator[tuple[ListedSegment, str]]:
        """All that are listed, and where they are. Raises ManifestError."""
        said = self.said
        for segment in said.template.segments(self.span):
            uri = said.template.url(said.id, said.bandwidth, segment)
            yield segment, self._resolved(uri)

    def _resolved(self, uri: str) -> str:
        try:
            return self.copy.fetched.resolve(urljoin(self.said.base_url, uri))
        except ValueError:
            raise ManifestError(f"{uri[:80]!r} is no URL") from None


class ManifestCopy:
    """One answer that is a manifest, whatever is wrong with it."""

    def __init__(self, fetched: Fetched) -> None:
        self.fetched = fetched
        self.text = fetched.body.decode(errors="replace")
        self.trouble = ""
        """Why it cannot be read."""

    @cached_property
    def said(self) -> Manifest | None:
        """What it says; None if it cannot be read."""
        try:
            made = read_manifest(self.text)
            for track in self._tracks(made):  # templates are filled in here, and nowhere first
                _ = track.init_url, list(track.segments)
        except ManifestError as error:
            self.trouble = str(error)
            return None
        return made

    @property
    def tracks(self) -> list[ManifestTrack]:
        """All representations, period by period; none if it cannot be read."""
        return [] if self.said is None else list(self._tracks(self.said))

    @property
    def server_now_s(self) -> float | None:
        """What time it was, in Unix time, as the server says; None if it does not."""
        try:
            return parsedate_to_datetime(self.fetched.fields["date"]).timestamp()
        except (KeyError, ValueError):
            return None

    def _tracks(self, said: Manifest) -> Iterator[ManifestTrack]:
        for period, length_s in _lengths(said):
            for each in period.sets:
                for one in each.representations:
                    ahead_s = one.template.availability_time_offset_s or 0.0
                    span = self._span(said, period.start_s, length_s, ahead_s)
                    yield ManifestTrack(self, period, each, one, span)

    def _span(
        self, said: Manifest, start_s: float, length_s: float | None, ahead_s: float
    ) -> ListedSpan | None:
        """What of a period could be asked for.

        Args:
            said: the manifest.
            start_s: when the period begins.
            length_s: how long it is; None while nobody knows.
            ahead_s: how long before its end a segment may be asked for.
        """
        if not said.is_dynamic or said.available_from_ms is None:
            return None if length_s is None else ListedSpan(length_s)
        server_now_s = self.server_now_s
        unix_now_s = self.fetched.at_s if server_now_s is None else server_now_s
        now_s = unix_now_s - said.available_from_ms / _MS - start_s
        from_s = None if said.window_s is None else max(0.0, now_s - said.window_s)
        until_s = max(0.0, now_s + ahead_s if isfinite(ahead_s) else now_s)
        if length_s is not None and until_s >= length_s:
            return ListedSpan(length_s, from_s)
        return ListedSpan(until_s, from_s, is_live=True)


def _lengths(said: Manifest) -> Iterator[tuple[ManifestPeriod, float | None]]:
    """Every period, and how long it is, if that is known."""
    for period, following in pairwise((*said.periods, None)):
        assert period is not None  # what has a following is one
        length_s = period.duration_s
        if length_s is None and following is not None:
            length_s = following.start_s - period.start_s
        elif length_s is None and said.duration_s is not None:
            length_s = max(0.0, said.duration_s - period.start_s)
        yield period, length_s
