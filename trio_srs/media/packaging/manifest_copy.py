"""A manifest of DASH as it was got at one time, and the segments that it lists. Floor 1."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import attrs

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.wire.dash.manifest import AdaptationSet, Manifest, ManifestPeriod, Representation
from trio_srs.wire.dash.manifest_reader import read_manifest
from trio_srs.wire.dash.segment_template import ListedSegment
from trio_srs.wire.dash.xml_values import ManifestError

__all__ = ["ManifestCopy", "ManifestTrack"]


@attrs.frozen
class ManifestTrack:
    """One representation of one period."""

    copy: ManifestCopy
    period: ManifestPeriod
    set: AdaptationSet
    said: Representation

    @property
    def where(self) -> str:
        """Of which manifest, and which period."""
        return f"{self.copy.fetched.base} period {self.period.id} representation {self.said.id}"

    @property
    def init_url(self) -> str:
        """Where what is needed to read its segments is. Raises ManifestError."""
        said = self.said
        uri = said.template.initialization_url(said.id, said.bandwidth)
        return self.copy.fetched.resolve(uri)

    @property
    def segments(self) -> Iterator[tuple[ListedSegment, str]]:
        """All that are listed, and where they are. Raises ManifestError."""
        said = self.said
        for segment in said.template.segments():
            uri = said.template.url(said.id, said.bandwidth, segment)
            yield segment, self.copy.fetched.resolve(uri)


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

    def _tracks(self, said: Manifest) -> Iterator[ManifestTrack]:
        for period in said.periods:
            for each in period.sets:
                for one in each.representations:
                    yield ManifestTrack(self, period, each, one)
