"""One live stream's append-only log: records, numbered from 0, kept within bounds. Floor 2."""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter
from typing import Final

import attrs

from trio_srs.hub.record import RECORD_BYTES, Account, Record

__all__ = ["LogBounds", "StreamLog"]

_GRAIN: Final = 64
"""Records dropped at a time, at least: deleting from the front of a list moves the rest."""
_SPARE: Final = 16
"""Over its bounds, a log lets go of this part of its records more than it must: for the same
reason."""
_LARGE: Final = 2**16
"""Bytes that are worth to be let go of in however few records, if they are that part of the log."""
_ARRIVAL: Final = attrgetter("arrived_at")


@attrs.frozen(kw_only=True)
class LogBounds:
    """The most a log may hold, whoever still wants to read it."""

    seconds: float
    """Between the arrival of its oldest and its newest record."""
    size: int
    """Bytes, counted as :attr:`StreamLog.size` counts them."""


class StreamLog:
    """Records in the order they came; writers never wait and never learn who reads.

    Positions are numbers that only grow. :attr:`base` is the oldest record kept, :attr:`end`
    the number that the next record will get, :attr:`appended` the bytes of all records so far,
    with 512 for each.
    """

    __slots__ = ("_account", "_bounds", "_records", "appended", "base", "end")

    def __init__(self, bounds: LogBounds, *, shares: StreamLog | None = None) -> None:
        """
        Args:
            shares: a log with which it has one account: what both hold is bounded together, and
                whoever grows lets go of its own.
        """
        self.base = self.end = self.appended = 0
        self._account: Account = Account() if shares is None else shares._account
        self._records: list[Record] = []
        self.bounds = bounds

    @property
    def bounds(self) -> LogBounds:
        """The most it may hold; with less than before, it lets go at the next trim."""
        return self._bounds

    @bounds.setter
    def bounds(self, bounds: LogBounds) -> None:
        self._bounds = bounds
        self._account.most = bounds.size

    @property
    def size(self) -> int:
        """Bytes held: bodies, what wire forms copied of them, and 512 for each record; by all logs
        that share an account."""
        return self._account.size

    def __len__(self) -> int:
        return len(self._records)

    def append(self, record: Record) -> bool:
        """Add the newest record; whether there is now more than the bounds allow."""
        records, bounds = self._records, self._bounds
        records.append(record)
        self.end += 1
        record.account = account = self._account
        weight = len(record.body) + record.copied + RECORD_BYTES
        self.appended += weight
        account.size = size = account.size + weight
        return size > bounds.size or record.arrived_at - records[0].arrived_at > bounds.seconds

    def hold(self, size: int) -> None:
        """Charge the log with bytes of it that somebody holds beside it; less than none ends that.

        Whoever does has them for longer than the next record takes to come.
        """
        self._account.size += size

    def at(self, position: int) -> Record:
        """The record at a position from :attr:`base` up to :attr:`end`, exclusive."""
        return self._records[position - self.base]

    def between(self, begin: int, end: int) -> list[Record]:
        """The records of a range that is kept."""
        return self._records[begin - self.base : end - self.base]

    def up_to(self, begin: int, end: int, size: int) -> list[Record]:
        """The first records of a range: one at least, and about ``size`` bytes in all."""
        records, total = [], 0
        for record in self._records[begin - self.base : end - self.base]:
            records.append(record)
            total += len(record.body)
            if total >= size:
                break
        return records

    def since(self, arrived_at: float) -> int:
        """The position of the first record that arrived then or later; the end, with none."""
        return self.base + bisect_left(self._records, arrived_at, key=_ARRIVAL)

    def is_over(self) -> bool:
        """Whether it holds more than its bounds."""
        records, bounds = self._records, self._bounds
        return bool(records) and (
            self._account.size > bounds.size
            or records[-1].arrived_at - records[0].arrived_at > bounds.seconds
        )

    def trim(self, wanted_from: int, *, grain: int = _GRAIN) -> list[Record]:
        """Drop what nobody wants: everything before a position, and more if over the bounds.

        Over the bounds, the newest record stays whatever its size. Readers that stand before
        :attr:`base` afterwards have to skip.

        Args:
            grain: with fewer unwanted records than this, they may stay a little longer, if they
                are a small part of all.

        Returns:
            what was dropped.
        """
        count = len(self._records)
        unwanted = min(wanted_from - self.base, count)
        if self.is_over():
            return self._drop(max(self._over_by(), min(unwanted, count - 1)))
        if unwanted >= min(grain, max(count // 2, 1)) or self._is_large(unwanted):
            return self._drop(unwanted)
        return []

    def forget_form(self, form: object) -> None:
        """Nobody wants the bytes of a form any more."""
        for record in self._records:
            if record.form is not None:
                record.forget(form)

    def clear(self) -> None:
        """Let go of all of it."""
        self._drop(len(self._records))

    def _is_large(self, unwanted: int) -> bool:
        """Whether so many records, fewer than the grain, are much of the log, if the oldest are as
        large as the others."""
        share = unwanted * self._account.size
        return share > len(self._records) * _LARGE and unwanted * _SPARE > len(self._records)

    def _over_by(self) -> int:
        """How many records to drop to be within the bounds again, with a little to spare."""
        records, bounds = self._records, self._bounds
        newest, size, count = records[-1].arrived_at, self.size, 0
        for record in records[:-1]:
            if size <= bounds.size and newest - record.arrived_at <= bounds.seconds:
                break
            size -= _cost(record)
            count += 1
        return min(count + len(records) // _SPARE, len(records) - 1)

    def _drop(self, count: int) -> list[Record]:
        size, dropped = 0, self._records[:count]
        for record in dropped:
            size += len(record.body) + record.copied
            # What a reader still makes of it is kept by nobody.
            record.account = record.form = None
            record.pieces = record.others = ()
        self._account.size -= size + count * RECORD_BYTES
        del self._records[:count]
        self.base += count
        return dropped


def _cost(record: Record) -> int:
    return len(record.body) + record.copied + RECORD_BYTES
