"""Pictures counted, by what they are. Floor 1."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.facts import PictureFacts
from trio_srs.media.picture import AGAIN, Picture

__all__ = ["PictureCounter"]

_SLICE_BYTES: Final = 16
"""What a slice header takes at most, nearly always half of it; x264's skipped pictures have 9."""
_PIXELS_PER_BYTE: Final = 16 * 16 * 32 * 8


@attrs.define(eq=False)
class PictureCounter:
    """Counts the pictures of one track."""

    _counts: dict[str, int] = attrs.field(
        factory=lambda: dict.fromkeys(("", "I", "P", "B", AGAIN), 0)
    )
    _hidden: int = 0
    _run: int = 0
    _longest_run: int = 0
    _skipped: int = 0
    _least_ms: int | None = None
    _most_ms: int = 0
    _newest: Picture = attrs.field(factory=Picture)
    _newest_skipped: bool = False
    _runs_before: tuple[int, int] = (0, 0)

    def add(self, picture: Picture, size: int, area: int) -> bool:
        """Take the next picture, of so many bytes and pixels; return whether all is skipped."""
        self._newest, self._runs_before = picture, (self._run, self._longest_run)
        kind = picture.kind
        self._counts[kind] += 1
        self._hidden += picture.hidden
        if kind != "B":
            self._run = 0
        else:
            self._run += 1
            if self._run > self._longest_run:
                self._longest_run = self._run
        small = size <= _SLICE_BYTES * picture.slices + area // _PIXELS_PER_BYTE
        self._newest_skipped = skipped = small and kind != "I"
        self._skipped += skipped
        return skipped

    def revise(self, picture: Picture, size: int, area: int) -> bool:
        """The newest picture turns out to be this one; otherwise as :meth:`add`."""
        self._counts[self._newest.kind] -= 1
        self._hidden -= self._newest.hidden
        self._run, self._longest_run = self._runs_before
        self._skipped -= self._newest_skipped
        return self.add(picture, size, area)

    def add_composition(self, offset_ms: int) -> None:
        """Take the next picture's composition offset."""
        if self._least_ms is None:
            self._least_ms = self._most_ms = offset_ms
        elif offset_ms < self._least_ms:
            self._least_ms = offset_ms
        elif offset_ms > self._most_ms:
            self._most_ms = offset_ms

    def facts(self) -> PictureFacts:
        """What is known so far."""
        counts, least = self._counts, self._least_ms
        return PictureFacts(
            counts["I"], counts["P"], counts["B"], counts[AGAIN], self._hidden,
            self._longest_run, self._skipped, least, None if least is None else self._most_ms,
        )  # fmt: skip
