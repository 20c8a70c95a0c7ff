"""A live stream: one name's life, whoever publishes it and however often. Floor 2."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import attrs
import trio

from trio_srs.hub.forms import Form
from trio_srs.hub.group import Group
from trio_srs.hub.headers import Header, HeaderCache
from trio_srs.hub.log import LogBounds, StreamLog
from trio_srs.hub.reader import Outlet, Reader
from trio_srs.hub.record import HEADER, Record
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.timeline import Timeline
from trio_srs.wire.flv.audio import classify_audio
from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.flv.script import strip_set_data_frame, with_server_name
from trio_srs.wire.flv.video import classify_video
from trio_srs.wire.rtmp.command import on_status
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.status import StatusCode

if TYPE_CHECKING:
    from trio_srs.hub.broadcast import Broadcaster
    from trio_srs.hub.lease import PublishLease

__all__ = ["Live", "LiveCounters"]

_KEYFRAME: Final = int(FrameKind.KEYFRAME)
_TRIM_EVERY: Final = 64


@attrs.define
class LiveCounters:
    """What came in under one name, exact after every message."""

    messages: int = 0
    bytes: int = 0
    keyframes: int = 0
    publishes: int = 0


@attrs.frozen
class _Entry:
    """Where a reader may begin, and the headers that hold there."""

    position: int
    headers: tuple[Header, ...]


class Live:
    """The log of one name, its readers, and who publishes it. Made by the hub.

    Everything here is synchronous. Readers outlive publishers: between two of them they wait,
    and go on from the new headers.
    """

    def __init__(self, name: str, settings: StreamSettings, broadcaster: Broadcaster) -> None:
        self.name = name
        self.settings = settings
        self.counters = LiveCounters()
        self.log = StreamLog(_bounds(settings))
        self.lease: PublishLease | None = None
        self.slow: set[Reader] = set()
        """Readers that are not served by the broadcaster and stand somewhere in the log."""
        self.dirty = False
        """Whether the broadcaster knows that there is news."""
        self.changed = trio.Event()
        """Set, and replaced by a new one, whenever a publisher comes or goes."""
        self.idle_since = trio.current_time()
        """When the last publisher left, or the name was first asked for."""
        self.groups: dict[Form, Group] = {}
        self._broadcaster = broadcaster
        self._headers = HeaderCache()
        self._timeline = Timeline(settings.timestamps)
        self._readers = 0
        self._awaiting: set[Reader] = set()
        self._entry: _Entry | None = None
        self._gop_bytes = 0
        self._has_video = False
        self._has_pictures = False
        self._untrimmed = 0

    @property
    def publishing(self) -> bool:
        """Whether somebody publishes this name now."""
        return self.lease is not None

    @property
    def reader_count(self) -> int:
        """Readers attached, of every kind."""
        return self._readers

    # -------------------------------------------------------------- publisher

    def publisher_came(self, lease: PublishLease, settings: StreamSettings) -> None:
        """Begin a publish: headers of the last one are forgotten, readers are told."""
        self.lease = lease
        self.settings = settings
        self.log.bounds = _bounds(settings)
        self.counters.publishes += 1
        self._headers.clear()
        self._has_video = self._has_pictures = False
        self._timeline = self._timeline.next(settings.timestamps)
        self._notice(StatusCode.PLAY_PUBLISH_NOTIFY, f"{self.name} is now published")
        self._enter_here()  # whatever a publisher begins with, a reader may begin with as well
        self._tell_changed()

    def publisher_left(self) -> None:
        """End a publish: nobody may begin in what it left behind; readers are told."""
        self.lease = None
        self.idle_since = trio.current_time()
        self._entry = None
        self._notice(StatusCode.PLAY_UNPUBLISH_NOTIFY, f"{self.name} is now unpublished")
        for reader in list(self._awaiting):
            self._awaiting.discard(reader)
            reader.place(reader.group.sent, ())
            reader.outlet.wake()
        self._trim()
        self._tell_changed()

    def _tell_changed(self) -> None:
        self.changed.set()
        self.changed = trio.Event()

    def _notice(self, code: StatusCode, description: str) -> None:
        if self.settings.publish_notify and self._readers:
            body = on_status(code, description).encode()
            self._push(
                Record(MessageType.COMMAND_AMF0, self._timeline.last_ms, body, trio.current_time())
            )

    def append(self, message: Message, now: float) -> None:
        """Add what the publisher sent; called through its lease only."""
        type_id, body, flags = message.type_id, message.payload, 0
        if type_id == MessageType.VIDEO:
            flags = classify_video(body)
        elif type_id == MessageType.AUDIO:
            flags = classify_audio(body)
        elif type_id in (MessageType.DATA_AMF0, MessageType.DATA_AMF3):
            self._append_data(message, now)
            return
        is_header = bool(flags & HEADER)
        time = self._timeline.correct(message.timestamp_ms, carries_time=not is_header)
        record = Record(type_id, time, body, now, flags)
        if is_header:
            self._headers.see_media(record, self.log.end)
        if type_id == MessageType.VIDEO:
            self._see_video(record)
        elif not (self._has_video or is_header):
            self._enter_here()  # with no video every record is an entry point
        self._push(record)

    def _append_data(self, message: Message, now: float) -> None:
        amf3 = message.type_id == MessageType.DATA_AMF3
        body = strip_set_data_frame(message.payload, amf3=amf3)
        keep = body is not message.payload
        if self.settings.metadata_server_name:
            body = with_server_name(body, self._broadcaster.server_name)
        time = self._timeline.correct(message.timestamp_ms, carries_time=False)
        record = Record(message.type_id, time, body, now)
        self._headers.see_data(record, self.log.end, keep=keep)
        self._push(record)

    def _see_video(self, record: Record) -> None:
        self._has_video = True
        if not record.is_picture:
            return
        if record.flags & _KEYFRAME:
            self.counters.keyframes += 1
            self._enter_here()
            self._place_awaiting()
        self._has_pictures = True

    def _push(self, record: Record) -> None:
        counters, size = self.counters, len(record.body)
        counters.messages += 1
        counters.bytes += size
        self._gop_bytes += size
        self.log.append(record)
        self._untrimmed += 1
        if self._untrimmed >= _TRIM_EVERY or record.flags & _KEYFRAME or self.log.is_over():
            self._trim()
        if self.groups and not self.dirty:
            self._broadcaster.news(self)

    # ---------------------------------------------------- where readers begin

    def _enter_here(self) -> None:
        self._entry = _Entry(self.log.end, self._headers.snapshot())
        self._gop_bytes = 0

    def _place_awaiting(self) -> None:
        """A keyframe is about to be appended: those who waited for it stand there now."""
        if self._awaiting:
            headers = self._headers.snapshot()
            for reader in self._awaiting:
                reader.place(self.log.end, self._stamped(headers, self._timeline.last_ms))
                reader.outlet.wake()
            self._awaiting.clear()

    def _stamped(self, headers: tuple[Header, ...], timestamp_ms: int) -> list[Record]:
        """Headers as a late reader gets them: with the timestamp of its first record."""
        return [
            attrs.evolve(header.record, timestamp_ms=timestamp_ms, form=None, pieces=())
            for header in headers
        ]

    def place(self, reader: Reader, *, missed_from: int | None = None) -> None:
        """Put a reader where one may begin now, or let it wait for a keyframe.

        Args:
            missed_from: for a reader that skips: it knows the headers before this position.
        """
        sent, entry = reader.group.sent, self._entry
        if not self.publishing:
            reader.place(sent, ())
            return
        if entry is None or (missed_from is not None and entry.position <= missed_from):
            reader.await_keyframe()
            self._awaiting.add(reader)
            return
        known = -1 if missed_from is None else missed_from
        headers = tuple(h for h in entry.headers if known <= h.position < entry.position)
        at = entry.position
        first = self.log.at(at).timestamp_ms if at < self.log.end else self._timeline.last_ms
        reader.place(at, self._stamped(headers, first))

    def is_too_slow(self, position: int) -> bool:
        """Whether a reader at a position has fallen further behind than is allowed."""
        log = self.log
        if position >= log.end:
            return False
        if position < log.base:
            return True
        lag = log.at(log.end - 1).arrived_at - log.at(position).arrived_at
        return lag > self.settings.slow_reader_after

    # ---------------------------------------------------------------- readers

    def attach(self, form: Form, outlet: Outlet) -> Reader:
        """Begin to read; the outlet is woken when there is something to send."""
        reader = self._add_reader(form, outlet)
        self.place(reader)
        outlet.wake()
        return reader

    def _add_reader(self, form: Form, outlet: Outlet) -> Reader:
        group = self.groups.get(form)
        if group is None:
            group = self.groups[form] = Group(form, self.log.end)
        reader = Reader(self, group, outlet)
        self._readers += 1
        group.add(reader)
        return reader

    def reform(self, reader: Reader, form: Form, *, keep_position: bool) -> Reader:
        """The same reader with another form (receiveAudio, receiveVideo).

        Args:
            keep_position: whether it goes on where it stands; otherwise at the next keyframe.
        """
        at, outlet = reader.position, reader.outlet
        reader.detach()
        changed = self._add_reader(form, outlet)
        if keep_position and not reader.awaits_keyframe and at >= self.log.base:
            changed.place(at, reader.prologue)
        else:
            self.place(changed, missed_from=at)
        outlet.wake()
        return changed

    def detach(self, reader: Reader) -> None:
        """A reader leaves; called by :meth:`Reader.detach` only."""
        self._readers -= 1
        self.slow.discard(reader)
        self._awaiting.discard(reader)
        reader.group.remove(reader)
        if not reader.group.readers:
            del self.groups[reader.group.form]

    # -------------------------------------------------------------- retention

    def _trim(self) -> None:
        """Let go of what no reader needs, nor any that may come."""
        self._untrimmed = 0
        self._bound_cache()
        wanted = self.log.end if self._entry is None else self._entry.position
        for group in self.groups.values():
            wanted = min(wanted, group.sent)
        for reader in self.slow:
            wanted = min(wanted, reader.position)
        self.log.trim(wanted)
        if self._entry is not None and self._entry.position < self.log.base:
            self._entry = None

    def _bound_cache(self) -> None:
        """Drop the GOP cache when the GOP has outgrown it: who joins waits for a keyframe."""
        entry, log, settings = self._entry, self.log, self.settings
        if entry is None or entry.position >= log.end or not self._has_pictures:
            return
        newest, oldest = log.at(log.end - 1), log.at(entry.position)
        if (
            settings.gop_cache is None
            or newest.arrived_at - oldest.arrived_at > settings.gop_cache
            or log.end - entry.position > settings.gop_cache_records
            or self._gop_bytes > settings.gop_cache_bytes
        ):
            self._entry = None


def _bounds(settings: StreamSettings) -> LogBounds:
    seconds = max(settings.slow_reader_after, settings.gop_cache or 0.0)
    return LogBounds(seconds=math.inf if math.isinf(seconds) else seconds, size=settings.log_bytes)
