"""An FLV file, or a synthetic stream, to a server: in real time or faster. Floor 6."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

import attrs
import trio

from trio_srs.errors import RefusedError
from trio_srs.media.pattern import Pattern
from trio_srs.net.rtmp_publisher import RtmpPublisher
from trio_srs.tools.file_schedule import FileSchedule
from trio_srs.tools.tally import Tally, is_frame
from trio_srs.wire.flv.tag import FlvError, FlvReader, FlvTag
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = [
    "FilePublish",
    "MediaFileError",
    "PatternPublish",
    "PublishOptions",
    "damage_in_words",
]

_READ: Final = 256 * 1024
_LOOK: Final = 8192
_PUBLISHED: Final = frozenset({MessageType.AUDIO, MessageType.VIDEO, MessageType.DATA_AMF0})


class MediaFileError(RefusedError):
    """A file cannot be read, or has nothing in it to publish."""

    code = "bad_media_file"
    http_status: ClassVar[int] = 400


@attrs.frozen(kw_only=True)
class PublishOptions:
    """Which part of a file to publish, and how fast."""

    loop: bool = False
    """Begin again at the end; timestamps go on rising."""
    speed: float = 1.0
    """Seconds of media in a second; infinite for as fast as the server takes it."""
    start_at_s: float = 0.0
    """Begin with the first keyframe at or after this; the stream then begins at 0."""
    seconds: float = math.inf
    """Stop before there is more media than this."""


DEFAULT_OPTIONS: Final = PublishOptions()


def damage_in_words(at: int) -> str:
    """What is said of the :attr:`~trio_srs.wire.flv.tag.FlvReader.damaged_at` of a file."""
    return f"the tag at byte {at} is not as long as it says behind it: bytes are missing or stray"


class _Paced:
    """Sends messages when they are due, and counts them.

    Attributes:
        tally: what was sent so far; good also after a cancellation.
    """

    def __init__(
        self, speed: float, seconds: float, on_sent: Callable[[Tally], None] | None
    ) -> None:
        self.tally = Tally()
        self._speed, self._seconds = speed, seconds
        self._on_sent = on_sent
        self._began: tuple[float, float] | None = None  # the clock, and the stream's time then

    async def _send(self, publisher: RtmpPublisher, message: Message) -> None:
        await publisher.send(message, partial(self._count, message))

    def _count(self, message: Message) -> None:
        self.tally.add(message)
        if self._on_sent is not None:
            self._on_sent(self.tally)

    async def _pace(self, at_ms: float, *, has_begun: bool = True) -> bool:
        """Wait until a message is due; False when it is past the end.

        Args:
            has_begun: whether a frame has come, this one or one before: what comes before the
                first is due at once, whatever its timestamp says.
        """
        if not has_begun:
            return True
        if self._began is None:
            self._began = trio.current_time(), at_ms
        clock, first_ms = self._began
        passed_s = (at_ms - first_ms) / 1000
        if passed_s >= self._seconds:
            return False
        due = clock + passed_s / self._speed
        if due > trio.current_time():
            await trio.sleep_until(due)
        return True


class PatternPublish(_Paced):
    """One publish of a synthetic stream; ``tally`` as in :class:`FilePublish`."""

    def __init__(
        self,
        pattern: Pattern,
        speed: float = 1.0,
        on_sent: Callable[[Tally], None] | None = None,
    ) -> None:
        """Prepare to publish ``pattern``; ``on_sent`` is called after every message.

        Args:
            speed: seconds of media in a second; infinite for as fast as the server takes it.
        """
        super().__init__(speed, math.inf, on_sent)
        self.pattern = pattern

    async def run(self, publisher: RtmpPublisher) -> None:
        """Send the stream, to its end if it has one.

        Raises:
            PeerError: as :meth:`~trio_srs.net.rtmp_publisher.RtmpPublisher.send`.
        """
        for timed in self.pattern.timed():
            await self._pace(timed.at_ms)
            await self._send(publisher, timed.message)


class FilePublish(_Paced):
    """One publish of one file.

    Attributes:
        tally: what was sent so far; good also after :meth:`run` was cancelled.
        truncated_at: the byte where the file ends inside a tag, if it does.
        damaged_at: the byte of the first tag behind which bytes are missing or too many, if any.
        passed_over: tags that are no audio, video or script data, and how many of each type:
            FLV reserves them (10.1, E.4.1), and as RTMP messages they would be control.
    """

    def __init__(
        self,
        path: Path,
        options: PublishOptions = DEFAULT_OPTIONS,
        on_sent: Callable[[Tally], None] | None = None,
    ) -> None:
        """Prepare to publish ``path``; ``on_sent`` is called after every message."""
        super().__init__(options.speed, options.seconds, on_sent)
        self.path = path
        self.options = options
        self.truncated_at: int | None = None
        self.damaged_at: int | None = None
        self.passed_over: Counter[int] = Counter()
        self._schedule = FileSchedule(start_at_ms=options.start_at_s * 1000)

    def check(self) -> None:
        """See whether the file looks publishable, before anybody is told that it comes.

        Raises:
            MediaFileError: it cannot be read, or is no FLV file.
        """
        reader = FlvReader()
        try:
            with self.path.open("rb") as file:
                reader.feed(file.read(_LOOK))
        except OSError as error:
            raise MediaFileError(f"{self.path}: {error.strerror}") from error
        try:
            reader.next_tag()
        except FlvError as error:
            raise MediaFileError(f"{self.path}: {error}") from error
        if reader.header is None:
            raise MediaFileError(f"{self.path}: shorter than the header of an FLV file")

    async def run(self, publisher: RtmpPublisher) -> None:
        """Send the file.

        Raises:
            MediaFileError: the file cannot be read, or has no media from where to begin.
            FlvError: it is no FLV file.
            PeerError: as :meth:`~trio_srs.net.rtmp_publisher.RtmpPublisher.send`.
        """
        try:
            while await self._round(publisher) and self.options.loop:
                self._schedule.again()
        except OSError as error:
            raise MediaFileError(f"{self.path}: {error.strerror}") from error

    async def _round(self, publisher: RtmpPublisher) -> bool:
        """Send the file once; False if that was enough, whatever is left of it."""
        reader = FlvReader()
        async with await trio.open_file(self.path, "rb") as file:
            while data := await file.read(_READ):
                reader.feed(data)
                while (tag := reader.next_tag()) is not None:
                    if not await self._place(publisher, tag):
                        return False
        if reader.pending:
            self.truncated_at = reader.offset + reader.pending
        self.damaged_at = reader.damaged_at
        if not self._schedule.begun:
            raise MediaFileError(f"{self.path}: {self._lacking()}")
        return True

    async def _place(self, publisher: RtmpPublisher, tag: FlvTag) -> bool:
        """Send what a tag stands for, when it is due; False if there was enough before it."""
        if tag.type_id not in _PUBLISHED:
            self.passed_over[tag.type_id] += 1
            return True
        for at_ms, message in self._schedule.place(tag):
            has_begun = self.tally.has_media or is_frame(message)
            if not await self._pace(at_ms, has_begun=has_begun):
                return False
            await self._send(publisher, message)
        return True

    def _lacking(self) -> str:
        if self.options.start_at_s:
            return f"nothing to begin with at or after {self.options.start_at_s:g} s"
        return "no audio and no video"
