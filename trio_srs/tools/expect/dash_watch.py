"""Views DASH as a player does: every segment of all representations. Floor 6."""

from __future__ import annotations

from typing import Final

import trio

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.manifest_copy import ManifestCopy, ManifestTrack
from trio_srs.tools.expect.viewer_answers import Answers
from trio_srs.wire.dash.manifest import Manifest

__all__ = ["DashWatch"]

_LEAST_S: Final = 0.25


class DashWatch:
    """One presentation.

    Attributes:
        trouble: why nothing of it can be viewed; empty if something can.
    """

    def __init__(self, answers: Answers, *, seconds: float) -> None:
        """
        Args:
            seconds: how much media to get of each representation.
        """
        self.trouble = ""
        self._answers, self._seconds = answers, seconds
        self._got: set[str] = set()
        self._lengths: dict[str, float] = {}

    async def run(self, top: Fetched) -> None:
        """Follow what a manifest says, up to its end or for ever: cancel it when there is enough.

        Args:
            top: the manifest that a player is given.
        """
        copy, began = ManifestCopy(top), trio.current_time()
        if copy.said is None:
            self.trouble = f"{top.shown} is no manifest that can be read: {copy.trouble}"
            return
        said = copy.said
        while True:
            async with trio.open_nursery() as nursery:
                for track in copy.tracks:
                    nursery.start_soon(self._get_listed, track)
            pause_s = _pause_s(said)
            if pause_s is None or self._has_enough:
                return
            await trio.sleep_until(began + pause_s)  # also where it was not there
            began = trio.current_time()
            copy = ManifestCopy(await self._answers.get(top.url))
            said = copy.said or said

    @property
    def _has_enough(self) -> bool:
        return bool(self._lengths) and min(self._lengths.values()) >= self._seconds

    async def _get_listed(self, track: ManifestTrack) -> None:
        """Get all that is listed and was not got before."""
        await self._get(track.init_url)
        for segment, url in track.segments:
            length_s = self._lengths.setdefault(track.said.id, 0.0)
            if length_s >= self._seconds:
                return
            if await self._get(url):
                length_s += segment.duration / track.said.template.timescale
                self._lengths[track.said.id] = length_s

    async def _get(self, url: str) -> bool:
        if url in self._got:
            return False
        self._got.add(url)
        await self._answers.get(url)
        return True


def _pause_s(said: Manifest) -> float | None:
    """When to ask for the manifest again; None: never.

    What a template without a timeline lists changes with the clock alone: it is asked for when the
    next segment is there, so that each copy is of its own time.
    """
    if not said.is_dynamic:
        return None
    pauses = [
        one.template.duration / one.template.timescale
        for period in said.periods
        for each in period.sets
        for one in each.representations
        if not one.template.timeline and one.template.duration
    ]
    if said.update_s is not None:
        pauses.append(said.update_s)
    return max(min(pauses), _LEAST_S) if pauses else None
