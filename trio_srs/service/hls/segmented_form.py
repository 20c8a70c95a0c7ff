"""A stream cut into segments: once for all who watch it so. Floor 3."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

import trio

from trio_srs.hub.derived import DerivedForm, FeedWriter
from trio_srs.hub.record import Record
from trio_srs.hub.stream import Stream
from trio_srs.media.segments.presentation import Presentation, PresentationRule
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.hls.live_stream import LiveStream, LiveStreams

__all__ = ["segmented_form"]

_log = logging.getLogger(__name__)

_MS: Final = 1000


def segmented_form(
    container: SegmentContainer, config: Callable[[], HlsConfig], live: LiveStreams
) -> DerivedForm:
    """The form of a container.

    Args:
        config: asked as a stream begins to be cut.
        live: where it is found for as long as it is.
    """

    async def write(stream: Stream, feed: FeedWriter) -> None:
        def begin(above: int) -> _Cutter:
            made = _Cutter(stream, container, config(), above)
            live.put(stream.name, container, made.live)
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
                    if not await _is_published_again(stream, cutter.config):
                        cutter.end()
        finally:
            live.remove(stream.name, container)

    return DerivedForm(name=f"hls-{container}", write=write, linger_s=config().linger)


class _Cutter:
    """Cuts what one publisher after the other sends, until none comes."""

    def __init__(
        self,
        stream: Stream,
        container: SegmentContainer,
        config: HlsConfig,
        above: int,
    ) -> None:
        """
        Args:
            above: the highest number that the stream has had in this process.
        """
        self.config = config
        self._stream, self._container = stream, container
        # By the time of day they are higher than those of another process, too: segments are no
        # shorter than a second.
        now_ms = time.time_ns() // 1_000_000
        epoch, first = f"{now_ms:x}", max(now_ms // _MS, above + 1)
        self._presentation = Presentation(container, _rule(config), epoch, first)
        self.live = LiveStream(self._presentation, epoch)
        self._said = 0
        self._forced = 0

    @property
    def last_number(self) -> int:
        return max((each.last_number for each in self._presentation.renditions), default=0)

    def take(self, records: list[Record]) -> None:
        write, offset_s = self._presentation.write, time.time() - trio.current_time()
        for record in records:
            unix_ms = round((record.arrived_at + offset_s) * _MS)
            write(record.type_id, record.timestamp_ms, record.body, unix_ms)
        self.live.tell()
        self._warn()

    def restart(self) -> None:
        self._presentation.restart(round(time.time() * _MS))
        self.live.tell()
        self._said = 0

    def end(self) -> None:
        self.live.has_ended = True
        self._presentation.end()
        self.live.tell()

    def _warn(self) -> None:
        """Say once in each publish what is not as it should be."""
        name, left_out = self._stream.name, self._presentation.left_out
        for each in left_out[self._said :]:
            _log.warning("%s as HLS (%s) is without %s", name, self._container, each)
        self._said = len(left_out)
        if self._presentation.forced and not self._forced:
            _log.warning(
                "%s as HLS has segments that begin without a keyframe: those of the stream are "
                "further apart than its first were; set hls.target_duration", name,
            )  # fmt: skip
        self._forced = self._presentation.forced


def _rule(config: HlsConfig) -> PresentationRule:
    return PresentationRule(
        segment_s=config.segment,
        longest_s=max(config.longest_segment, config.segment),
        target_s=config.target_duration,
        part_s=config.part,
        window_s=config.window,
        most_bytes=config.window_bytes,
    )


async def _is_published_again(stream: Stream, config: HlsConfig) -> bool:
    """Wait for another publisher, but not for ever."""
    with trio.move_on_after(config.republish_timeout):
        while not stream.publishing:
            await stream.changed.wait()
    return stream.publishing
