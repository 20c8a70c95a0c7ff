"""A stream cut into segments: once for all who watch it so. Floor 2."""

from __future__ import annotations

import logging
import time

import trio

from trio_srs.hub.derived import DerivedForm, FeedWriter
from trio_srs.hub.record import Record
from trio_srs.hub.segmented_stream import SegmentedStream
from trio_srs.hub.segmented_streams import SegmentedStreams, SegmentsRule
from trio_srs.hub.stream import Stream
from trio_srs.media.segments.common_clock import CommonClock
from trio_srs.media.segments.presentation import Presentation
from trio_srs.media.segments.segment_keys import SegmentCipher

__all__ = ["segmented_form"]

_log = logging.getLogger(__name__)


def segmented_form(name: str, rule: SegmentsRule, live: SegmentedStreams) -> DerivedForm:
    """The form of a rule.

    Args:
        live: where it is found for as long as it is.
    """

    async def write(stream: Stream, feed: FeedWriter) -> None:
        def begin(above: int) -> _Cutter:
            epoch = live.new_epoch(time.time_ns() // 1_000_000)
            made = _Cutter(stream, rule, epoch, above, live.clock(rule))
            live.put(stream.name, rule, made.live)
            return made

        cutter = begin(0)
        try:
            with stream.feed.cursor() as cursor:
                while True:
                    with feed.writing(stream.settings):
                        async for records in cursor:
                            if cutter.live.has_ended:
                                cutter = begin(cutter.last_number)
                            cutter.take(records)
                        cutter.restart()
                    if not await _is_published_again(stream, rule.republish_s):
                        cutter.end()
        finally:
            if not cutter.live.has_ended:
                cutter.end()
            live.remove(stream.name, rule)

    return DerivedForm(name=name, write=write, linger_s=rule.linger_s)


class _Cutter:
    """Cuts what one publisher after the other sends, until none comes."""

    def __init__(
        self,
        stream: Stream,
        rule: SegmentsRule,
        epoch: str,
        above: int,
        clock: CommonClock | None,
    ) -> None:
        """
        Args:
            above: the highest number that the stream has had in this process.
        """
        self._stream, self._container = stream, rule.container
        # By the time of day they are higher than those of another process, too: segments are no
        # shorter than a second.
        first = max(time.time_ns() // 1_000_000_000, above + 1)
        self._presentation = Presentation(
            rule.container, rule.cut, epoch, first, _cipher(rule), clock
        )
        self.live = SegmentedStream(self._presentation, epoch, time.time() - trio.current_time())
        self._said = 0
        self._forced = 0
        self._is_new = True  # publish

    @property
    def last_number(self) -> int:
        return max((each.last_number for each in self._presentation.renditions), default=0)

    def take(self, records: list[Record]) -> None:
        if self._is_new:
            self._is_new = False
            self.live.publish, self.live.before = self._stream.counters.publishes, self.last_number
        write, unix_ms = self._presentation.write, self.live.unix_ms
        for record in records:
            came_ms = unix_ms(record.arrived_at)
            write(record.type_id, record.timestamp_ms, record.body, came_ms)
        self.live.tell()
        self._warn()

    def restart(self) -> None:
        self._presentation.restart(self.live.unix_ms())
        self.live.tell()
        self._said, self._is_new = 0, True

    def end(self) -> None:
        self.live.has_ended = True
        self._presentation.end()
        self.live.tell()

    def _warn(self) -> None:
        """Say once in each publish what is not as it should be."""
        name, left_out = self._stream.name, self._presentation.left_out
        for each in left_out[self._said :]:
            _log.warning("%s in segments (%s) is without %s", name, self._container, each)
        self._said = len(left_out)
        if self._presentation.forced and not self._forced:
            _log.warning(
                "%s has segments that begin without a keyframe: those of the stream are further "
                "apart than its first were; set hls.target_duration", name,
            )  # fmt: skip
        self._forced = self._presentation.forced


def _cipher(rule: SegmentsRule) -> SegmentCipher | None:
    if rule.cut.segments_per_key is None:
        return None
    from trio_srs.hub.aes_cipher import AesCipher  # where it is needed

    return AesCipher()


async def _is_published_again(stream: Stream, timeout_s: float) -> bool:
    """Wait for another publisher, but not for ever."""
    with trio.move_on_after(timeout_s):
        while not stream.publishing:
            await stream.changed.wait()
    return stream.publishing
