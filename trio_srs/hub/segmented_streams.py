"""What is cut into segments now, of all streams: once for all who want it by one rule. Floor 2."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import attrs
import trio

from trio_srs.hub.memory_files import MemoryFiles

if TYPE_CHECKING:
    from trio_srs.hub.derived import DerivedForm
    from trio_srs.hub.segmented_stream import SegmentedStream
    from trio_srs.hub.stream import Stream
    from trio_srs.media.segments.common_clock import CommonClock
    from trio_srs.media.segments.presentation import PresentationRule
    from trio_srs.media.segments.segment_container import SegmentContainer

__all__ = ["OnCut", "SegmentedStreams", "SegmentsRule"]


@attrs.frozen(kw_only=True, cache_hash=True)  # it is a key at each request
class SegmentsRule:
    """How a stream is cut, and for how long: who asks for the same shares what is cut."""

    container: SegmentContainer
    cut: PresentationRule
    linger_s: float
    """How long it goes on when nobody wants it any more."""
    republish_s: float
    """How long it stays open between two publishes."""
    group: str = ""
    """Those with which it is cut at the same times; empty: by itself."""


OnCut = Callable[[str, SegmentsRule, "SegmentedStream"], None]
"""Called with a stream's name when it begins to be cut by a rule. It must not wait."""


class SegmentedStreams:
    """What is cut now, by the stream's name and by the rule.

    Attributes:
        on_cut: whoever makes something else of what is cut.
        files: where segments go that many ask for.
    """

    def __init__(self) -> None:
        self.on_cut: list[OnCut] = []
        self.files = MemoryFiles()
        self._live: dict[tuple[str, SegmentsRule], SegmentedStream] = {}
        self._forms: WeakValueDictionary[SegmentsRule, DerivedForm] = WeakValueDictionary()
        self._added = trio.Event()
        self._newest_ms = 0
        self._clocks: WeakValueDictionary[str, CommonClock] = WeakValueDictionary()

    def clock(self, rule: SegmentsRule) -> CommonClock | None:
        """That of a group, for as long as anybody has it; None for who is cut by itself."""
        if not rule.group:
            return None
        from trio_srs.media.segments.common_clock import CommonClock  # when somebody wants it

        return self._clocks.setdefault(rule.group, CommonClock())

    def form(self, rule: SegmentsRule) -> DerivedForm:
        """How streams are cut by a rule: the same for as long as anybody has it."""
        form = self._forms.get(rule)
        if form is None:
            from trio_srs.hub.segmented_form import segmented_form  # when somebody wants it

            taken = {each.name for each in self._forms.values()}
            name = usual = f"{rule.container}-segments"
            numbers = count(2)
            while name in taken:
                name = f"{usual}-{next(numbers)}"
            form = self._forms[rule] = segmented_form(name, rule, self)
        return form

    def new_epoch(self, now_ms: int) -> str:
        """What is in no name yet that was ever given.

        Args:
            now_ms: milliseconds since 1970: what another process gave is older.
        """
        self._newest_ms = max(now_ms, self._newest_ms + 1)
        return f"{self._newest_ms:x}"

    def find(self, name: str, rule: SegmentsRule) -> SegmentedStream | None:
        """The newest of a stream, which may have ended."""
        return self._live.get((name, rule))

    def put(self, name: str, rule: SegmentsRule, live: SegmentedStream) -> None:
        """A stream is cut from now on, and what there was of it before is not to be had."""
        before = self._live.get((name, rule))
        self._live[name, rule] = live
        if before is not None:
            before.give_up()
        added, self._added = self._added, trio.Event()
        added.set()
        for on_cut in self.on_cut:
            on_cut(name, rule, live)

    def remove(self, name: str, rule: SegmentsRule) -> None:
        """It is not cut any more."""
        self._live.pop((name, rule)).give_up()

    def is_newest(self, name: str, rule: SegmentsRule, live: SegmentedStream) -> bool:
        """Whether a stream is cut by nobody else who began later."""
        return self._live.get((name, rule), live) is live

    async def superseded(self, name: str, rule: SegmentsRule, live: SegmentedStream) -> None:
        """Wait until it is."""
        while self.is_newest(name, rule, live):
            await self._added.wait()

    async def has_newest(self, stream: Stream, rule: SegmentsRule) -> None:
        """Wait for a playlist that every player takes, and that has something of the newest
        publish of a stream. If it is there, this does not wait at all."""
        while True:
            live = self.find(stream.name, rule)
            if live is None or live.has_ended:
                await self._added.wait()
            elif live.has_publish(stream.counters.publishes):
                return
            else:
                await live.changed.wait()

    async def ready(self, name: str, rule: SegmentsRule) -> SegmentedStream:
        """Wait for a stream that goes on and has a playlist that every player takes."""
        while True:
            live = self.find(name, rule)
            if live is None or live.has_ended:
                await self._added.wait()
            elif live.presentation.is_ready:
                return live
            else:
                await live.changed.wait()
