"""What a feed keeps: for those who read it and for those who may come, within bounds. Floor 2."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from trio_srs.hub.cursor import Cursor
from trio_srs.hub.form_group import FormGroup
from trio_srs.hub.headers import Headers
from trio_srs.hub.log import LogBounds, StreamLog
from trio_srs.hub.policy import Drop, Skip, policy_of
from trio_srs.hub.position import LogPosition
from trio_srs.hub.settings import StreamSettings

__all__ = ["HEADERS_PART", "Retention", "nothing_more"]

HEADERS_PART: Final = 8
"""One in so many bytes of what a feed may hold may be headers; and it is looked twice as often for
what is no longer wanted."""
_TRIM_EVERY: Final = 2**18
"""Bytes between two looks at what is no longer wanted; less, if what may be kept is little."""


class Retention:
    """How far back one log goes.

    Attributes:
        log: what is kept.
        policy: what becomes of readers that do not keep up and say nothing themselves.
        trim_every: bytes between two looks at what is no longer wanted.
        lossless: cursors that must be given everything.
        kept_from: told the end of the log, from where on nothing is to be let go, whoever reads.
    """

    __slots__ = (
        "_headers",
        "_own_policies",
        "_reserved",
        "_settings",
        "kept_from",
        "log",
        "lossless",
        "policy",
        "trim_every",
    )

    kept_from: Callable[[int], int]

    def __init__(
        self, settings: StreamSettings, headers: Headers, shares: StreamLog | None
    ) -> None:
        """
        Args:
            headers: they take a part of what may be held.
            shares: the log with which the bound in bytes is shared; see :class:`.StreamLog`.
        """
        self._settings, self._headers = settings, headers
        self._own_policies: dict[float, int] = {}  # how far behind, and how many readers
        self.lossless: tuple[Cursor, ...] = ()
        self.kept_from = nothing_more
        self.policy = policy_of(settings)
        self.trim_every = _trim_every(settings)
        self.log = StreamLog(self._bounds(), shares=shares)

    def configure(self, settings: StreamSettings) -> None:
        """These settings hold from now on."""
        self._settings = settings
        self.policy = policy_of(settings)
        self.trim_every = _trim_every(settings)
        self.log.bounds = self._bounds()

    def reserve_headers(self) -> None:
        """There may be more headers than ever before: the log may hold less then."""
        if self._headers.peak > self._reserved:
            self.log.bounds = self._bounds()

    def keep_for(self, policy: Skip | Drop, count: int) -> None:
        """So many readers more, or less, have a policy of their own."""
        held = self._own_policies.pop(policy.after_s, 0) + count
        if held:
            self._own_policies[policy.after_s] = held
        self.log.bounds = self._bounds()

    def _patience(self) -> float:
        """How far behind the most patient reader may fall, in seconds."""
        return max((self.policy.after_s, *self._own_policies))

    def _bounds(self) -> LogBounds:
        """What the log may hold: what all may, without headers. Whoever stands in the log may
        hold those that there were when its oldest record came, and those are not in it."""
        settings = self._settings
        self._reserved = self._headers.peak
        return LogBounds(
            seconds=max(self._patience(), settings.gop_cache or 0.0),
            size=settings.log_bytes - min(self._reserved, settings.log_bytes // HEADERS_PART),
        )

    # --------------------------------------------------------------- trimming

    def trim(
        self,
        entry: int | None,
        groups: Iterable[FormGroup],
        slow: Iterable[LogPosition],
        *,
        is_open: bool,
    ) -> None:
        """Let go of what no reader needs, nor any that may come.

        Args:
            entry: the position where those begin who come.
            groups: readers by the bytes that they get.
            slow: those that stand somewhere in the log.
            is_open: whether there is a next record to trim the log at.
        """
        log = self.log
        wanted = min(self.kept_from(log.end), self._behind(groups, slow))
        if entry is not None:
            wanted = min(wanted, entry)
        if self.lossless:
            wanted = min(wanted, self._untaken())
        base = log.base
        dropped = log.trim(wanted) if is_open else log.trim(wanted, grain=1)
        if dropped:
            for cursor in self.lossless:
                cursor.hold(base, dropped)
        for reader in slow:
            if reader.prologue and reader.position < log.base:
                reader.forget_prologue()

    def _behind(self, groups: Iterable[FormGroup], slow: Iterable[LogPosition]) -> int:
        """The position of the reader that is furthest behind, each not further than it may be."""
        log = self.log
        behind = min((group.sent for group in groups), default=log.end)
        if behind < log.end:
            behind = max(behind, self._since(self._patience()))
        kept: dict[float, int] = {}
        for reader in slow:
            position = reader.wants_from
            if position < behind:
                after_s = reader.after_s
                if after_s not in kept:
                    kept[after_s] = self._since(after_s)
                behind = min(behind, max(position, kept[after_s]))
        return behind

    def _since(self, seconds: float) -> int:
        """The position of the first record that arrived so long before the newest, or later."""
        log = self.log
        return log.since(log.at(log.end - 1).arrived_at - seconds) if len(log) else log.end

    def _untaken(self) -> int:
        """Up to where all cursors that lose nothing have taken everything."""
        is_over = self.log.is_over()
        for cursor in self.lossless:
            cursor.press(log_is_over=is_over)
        return min((cursor.wants_from for cursor in self.lossless), default=self.log.end)


def _trim_every(settings: StreamSettings) -> int:
    least = min(settings.gop_cache_bytes, settings.log_bytes)
    return min(least // (2 * HEADERS_PART), _TRIM_EVERY)


def nothing_more(end: int) -> int:
    """Of a feed that keeps nothing but what readers want."""
    return end
