"""The tags of a file as the messages of a live stream: from any place, round and round. Floor 6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from trio_srs.wire.amf import amf0
from trio_srs.wire.flv import FrameKind, HeaderSlot, classify_video, header_slot
from trio_srs.wire.flv.script import data_frame_name
from trio_srs.wire.flv.tag import FlvTag
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.serial import WRAP_MS, SerialTime

__all__ = ["FileSchedule"]

_MEDIA: Final = (MessageType.AUDIO, MessageType.VIDEO)
_SET_DATA_FRAME: Final = amf0.encode("@setDataFrame")


@attrs.define
class FileSchedule:
    """Says which messages to send for each tag of a file, and when in the stream.

    A player that joins needs headers before frames and a keyframe first; so do those who
    begin in the middle of a file. Call :meth:`again` when the file begins again: what every
    player has by then, metadata and equal headers, is not repeated.
    """

    start_at_ms: float = 0.0
    """Leave out what comes before the first keyframe at or after this, counted from the first
    frame; the stream then begins at 0, and otherwise where the file does."""
    begun: bool = False
    """Whether anything of this round was to be sent."""
    _time: SerialTime = attrs.field(factory=SerialTime)
    _first_ms: int | None = None
    _shift_ms: int = 0
    _next_ms: int | None = None  # where the next round begins
    _has_video: bool = False
    _last_paced_ms: int | None = None
    _gap_ms: int = 1
    _held: list[FlvTag] = attrs.field(factory=list)
    _held_headers: dict[HeaderSlot, FlvTag] = attrs.field(factory=dict)
    _sent_headers: dict[HeaderSlot, bytes] = attrs.field(factory=dict)
    _sent_metadata: bool = False

    def again(self) -> None:
        """The file begins again: its next tag comes after the last one of this round."""
        self.begun = False
        self._time = SerialTime()
        self._first_ms = self._last_paced_ms = None
        self._held.clear()
        self._held_headers.clear()

    def place(self, tag: FlvTag) -> Iterator[tuple[int, Message]]:
        """What to send for a tag: milliseconds, which never wrap round, and the message.

        A file may begin below 0, which is above 2**31: those are the milliseconds then.
        """
        time_ms = self._time.place(tag.timestamp_ms)
        if not self.begun:
            if not self._begins_with(tag, time_ms):
                self._hold(tag)
                return
            self._begin(time_ms)
            for held in (*self._held, *self._held_headers.values()):
                yield from self._emit(held, time_ms)
        yield from self._emit(tag, time_ms)

    def _begins_with(self, tag: FlvTag, time_ms: int) -> bool:
        """Whether the stream can begin with this tag."""
        if tag.type_id not in _MEDIA:
            return False
        if not self.start_at_ms:
            return True
        self._has_video |= tag.type_id == MessageType.VIDEO
        if _slot(tag) is not None:
            return False
        if self._first_ms is None:
            self._first_ms = time_ms
        if time_ms - self._first_ms < self.start_at_ms:
            return False
        if self._has_video:
            return tag.type_id == MessageType.VIDEO and _is_key(tag)
        return True

    def _hold(self, tag: FlvTag) -> None:
        """Keep what must come before the tag that the stream begins with."""
        slot = _slot(tag)
        if slot is not None:
            self._held_headers[slot] = tag
        elif tag.type_id not in _MEDIA and (_is_metadata(tag) or not self.start_at_ms):
            self._held.append(tag)

    def _begin(self, begin_ms: int) -> None:
        self.begun = True
        if self._next_ms is None:
            self._next_ms = 0 if self.start_at_ms else begin_ms
        self._shift_ms = self._next_ms - begin_ms

    def _emit(self, tag: FlvTag, time_ms: int) -> Iterator[tuple[int, Message]]:
        at_ms = time_ms + self._shift_ms
        if self.start_at_ms:
            at_ms = max(at_ms, 0)
        body = tag.body
        if tag.type_id in _MEDIA:
            self._measure(tag, at_ms)
            slot = _slot(tag)
            if slot is not None:
                if self._sent_headers.get(slot) == body:
                    return
                self._sent_headers[slot] = body
        elif _is_metadata(tag):
            if self._sent_metadata:
                return
            self._sent_metadata, body = True, _SET_DATA_FRAME + body
        yield at_ms, Message(tag.type_id, 0, at_ms % WRAP_MS, body)

    def _measure(self, tag: FlvTag, at_ms: int) -> None:
        """Learn where the next round begins: a frame after the last, and behind everything."""
        self._has_video |= tag.type_id == MessageType.VIDEO
        after_ms = at_ms + 1
        if tag.type_id == MessageType.VIDEO or not self._has_video:
            if self._last_paced_ms is not None and at_ms > self._last_paced_ms:
                self._gap_ms = at_ms - self._last_paced_ms
            self._last_paced_ms = at_ms
            after_ms = at_ms + self._gap_ms
        self._next_ms = max(self._next_ms or 0, after_ms)


def _slot(tag: FlvTag) -> HeaderSlot | None:
    if tag.type_id not in _MEDIA:
        return None
    return header_slot(tag.type_id == MessageType.VIDEO, tag.body)


def _is_key(tag: FlvTag) -> bool:
    return bool(classify_video(tag.body) & FrameKind.KEYFRAME)


def _is_metadata(tag: FlvTag) -> bool:
    return tag.type_id == MessageType.DATA_AMF0 and data_frame_name(tag.body) == "onMetaData"
