"""Where a reader may begin, and what it is given first. Floor 2, and pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from trio_srs.hub.headers import Header
from trio_srs.hub.record import Record

__all__ = ["NOTHING_FIRST", "EntryPoint", "Prologue"]


@attrs.frozen
class Prologue:
    """Headers that a reader is to be given before the position where it stands.

    It refers to them as they stand in the cache, and makes records of them when they are sent:
    however many readers wait, and whatever they wait for, they hold no media of their own.
    """

    headers: tuple[Header, ...]
    timestamp_ms: int
    """Of the first record that the reader gets."""

    def __len__(self) -> int:
        return len(self.headers)

    def first(self, size: int) -> list[Record]:
        """Records of the first of them: one at least, if there are any, and about ``size`` bytes.

        Data frames are at 0: ffmpeg takes one that is at any other time for a subtitle.
        """
        records, total = [], 0
        for old in (header.record for header in self.headers):
            time = self.timestamp_ms if old.flags else 0
            records.append(Record(old.type_id, time, old.body, old.arrived_at, old.flags))
            total += len(old.body)
            if total >= size:
                break
        return records

    def after(self, count: int) -> Prologue:
        """What is left when so many, or more, were sent."""
        if count >= len(self.headers):
            return NOTHING_FIRST
        return Prologue(self.headers[count:], self.timestamp_ms) if count else self

    def before(self, headers: Iterable[Header], timestamp_ms: int) -> Prologue:
        """These and then others, all at one time."""
        return Prologue((*self.headers, *headers), timestamp_ms)


NOTHING_FIRST: Final = Prologue((), 0)


@attrs.frozen
class EntryPoint:
    """A place in the log where a reader may begin, and the headers that hold there."""

    position: int
    headers: tuple[Header, ...]
    bytes_before: int
    """Of everything that was appended before it."""

    def prologue(self, known_until: int, timestamp_ms: int) -> Prologue:
        """For a reader that was given the headers before a position."""
        headers = self.headers
        if known_until:
            headers = tuple(header for header in headers if header.position >= known_until)
        return Prologue(headers, timestamp_ms) if headers else NOTHING_FIRST
