"""A live stream: one name's life, whoever publishes it and however often. Floor 2."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

import attrs
import trio

from trio_srs.hub.codecs import CodecChanges
from trio_srs.hub.entry import Entry
from trio_srs.hub.forms import Form
from trio_srs.hub.group import Group
from trio_srs.hub.headers import Header, HeaderCache
from trio_srs.hub.log import LogBounds, StreamLog
from trio_srs.hub.pictures import Pictures
from trio_srs.hub.reader import Outlet, Reader
from trio_srs.hub.record import HEADER, RECORD_BYTES, AlteredRecord, Record
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
    from trio_srs.hub.follower import Follower
    from trio_srs.hub.lease import PublishLease

__all__ = ["Live", "LiveCounters", "Watch"]

_log = logging.getLogger(__name__)

_KEYFRAME: Final = int(FrameKind.KEYFRAME)
_AUDIO: Final = int(MessageType.AUDIO)
_VIDEO: Final = int(MessageType.VIDEO)
_DATA_AMF3: Final = int(MessageType.DATA_AMF3)
_DATA: Final = frozenset({int(MessageType.DATA_AMF0), _DATA_AMF3})
_SEQUENCE_HEADER: Final = int(FrameKind.SEQUENCE_HEADER)
_TRIM_EVERY: Final = 2**18
"""Bytes between two looks at what is no longer wanted; less, if what may be kept is little."""
_TRIM_RECORD: Final = _TRIM_EVERY // 64
"""What a record counts for there, besides its body."""
_PART: Final = 8
"""One in so many bytes of what a stream may hold may be headers; and it is looked twice as often
for what is no longer wanted."""
_UNSEEN_MOST: Final = 1024
"""Records that a follower may leave for later. Who sends more than followers have time for waits
for them in its own turn; otherwise all of it would be to do at once when the publish ends."""
_VIDEO_GONE_S: Final = 10.0
"""A stream whose cached GOP is gone, and that has had no video for this long, has none: who joins
would wait for ever for a keyframe."""


@attrs.define
class LiveCounters:
    """What came in under one name, exact after every message."""

    messages: int = 0
    bytes: int = 0
    keyframes: int = 0
    publishes: int = 0
    pictures: int = 0
    """Coded pictures, keyframes among them, in however many messages each came."""
    others: int = 0
    """Messages that neither begin a picture nor are sounds: the rest of pictures, headers, data,
    and what nobody knows."""

    @property
    def sounds(self) -> int:
        """Messages with coded audio."""
        return self.messages - self.pictures - self.others


class Watch(Protocol):
    """Who is told of what seldom happens in a publish. A publish that nobody watches has none."""

    def see_keyframe(self) -> None:
        """A keyframe came; it is counted, and about to be in the log."""
        ...

    def see_header_change(self) -> None:
        """A sequence header came that differs from the one before; likewise."""
        ...

    def left(self) -> None:
        """The name is free again. It has been told everything."""
        ...


class Live:
    """The log of one name, its readers, and who publishes it. Made by the hub.

    Everything here is synchronous. Readers outlive publishers: between two of them they wait,
    and go on from the new headers.
    """

    __slots__ = (  # 30 are as many as an instance has quick access to without them
        "__weakref__", "_appended", "_awaiting", "_broadcaster", "_codecs", "_entry",
        "_has_pictures", "_has_video", "_headers", "_left_at", "_newest_entry", "_pictures",
        "_readers",
        "_reserved", "_timeline", "_trim_every", "_untrimmed", "_video_at", "changed",
        "counters", "dirty", "followers", "groups", "idle_since", "lease", "log", "name",
        "on_record", "settings", "slow", "watch",
    )  # fmt: skip

    def __init__(self, name: str, settings: StreamSettings, broadcaster: Broadcaster) -> None:
        self.name = name
        self.settings = settings
        self.counters = LiveCounters()
        self._headers = HeaderCache(settings.log_bytes // _PART)
        self.log = StreamLog(self._bounds())
        self.lease: PublishLease | None = None
        self.slow: set[Reader] = set()
        """Readers that are not served by the broadcaster and stand somewhere in the log."""
        self.dirty = False
        """Whether there is news for readers that the broadcaster has not begun to send."""
        self.changed = trio.Event()
        """Set, and replaced by a new one, whenever a publisher comes or goes."""
        self.idle_since = trio.current_time()
        """When the last publisher left, or the name was first asked for."""
        self.groups: dict[Form, Group] = {}
        self.followers: tuple[Follower, ...] = ()
        """Who sees every record of the present publish before it is let go."""
        self.watch: Watch | None = None
        self.on_record: Callable[[Record], None] | None = None
        """Called with every record of the publisher, once it is in the log, while somebody has a
        reason; both are forgotten when the publisher leaves."""
        self._broadcaster = broadcaster
        self._codecs = CodecChanges()
        self._pictures = Pictures()
        self._timeline = Timeline(settings.timestamps)
        self._readers = 0
        self._awaiting: set[Reader] = set()
        self._entry: Entry | None = None
        self._newest_entry = 0  # its position, also when it is no longer cached
        self._left_at = 0
        self._appended = 0  # bytes, of everything
        self._has_video = False
        self._has_pictures = False
        self._video_at = -math.inf
        self._untrimmed = 0
        self._trim_every = _trim_every(settings)

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
        self.counters.publishes += 1
        self._codecs = CodecChanges()
        self._pictures = Pictures()
        self._headers.clear()
        self._headers.most_bytes = settings.log_bytes // _PART
        self.log.bounds = self._bounds()
        self._trim_every = _trim_every(settings)
        self._has_video = self._has_pictures = False
        self._timeline = self._timeline.next(settings.timestamps)
        self._notice(StatusCode.PLAY_PUBLISH_NOTIFY, f"{self.name} is now published")
        # Whatever a publisher begins with, a reader may begin with as well.
        self._enter(self.log.end, self._timeline.last_ms)
        self._tell_changed()

    def publisher_left(self) -> None:
        """End a publish: nobody may begin in what it left behind; readers are told.

        The name is free first, whoever of those who looked on may fail.
        """
        watch, self.watch, self.on_record = self.watch, None, None
        self.lease = None
        for follower in self.followers:
            follower.end()
        if watch is not None:
            try:
                watch.left()
            except Exception:
                _log.exception("a bug in telling that %s is no longer published", self.name)
        self.idle_since = trio.current_time()
        self._entry = None
        self._pictures = Pictures()
        self._newest_entry = self._left_at = self.log.end
        self._notice(StatusCode.PLAY_UNPUBLISH_NOTIFY, f"{self.name} is now unpublished")
        for reader in self._awaiting:
            reader.place(self._left_at)
            reader.outlet.wake()
        self._awaiting.clear()
        if self.dirty:
            self._broadcaster.news(self)
        self._trim()
        self._tell_changed()

    def _tell_changed(self) -> None:
        self.changed.set()
        self.changed = trio.Event()

    def _notice(self, code: StatusCode, description: str) -> None:
        if self.settings.publish_notify and self._readers:
            body = on_status(code, description).encode()
            time = self._timeline.last_ms
            self._push(Record(MessageType.COMMAND_AMF0, time, body, trio.current_time()))
            self._broadcaster.news(self)

    def append(self, message: Message, now: float) -> None:
        """Add what the publisher sent; called through its lease only.

        The broadcaster must then hear of it, in the same moment.
        """
        type_id, body = message.type_id, message.payload
        counters = self.counters
        counters.messages += 1
        counters.bytes += len(body)
        if type_id == _AUDIO:
            flags = classify_audio(body)
            if flags:
                counters.others += 1
            codecs = self._codecs
            is_news = not flags and not body.startswith(codecs.sounds) and codecs.learn_audio(body)
        elif type_id == _VIDEO:
            flags = classify_video(body)
            codecs = self._codecs
            is_news = (
                flags <= _KEYFRAME
                and not body.startswith(codecs.pictures)
                and codecs.learn_video(body)
            )
        elif type_id in _DATA:
            self._append_data(message, now)
            return
        else:
            flags = 0
            is_news = False
            counters.others += 1
            if not self.settings.pass_unknown_types:
                return
        is_header = flags & HEADER
        sent_ms = message.timestamp_ms
        time = self._timeline.correct(sent_ms, not is_header)
        if time == sent_ms:
            record = Record(type_id, time, body, now, flags)
        else:
            record = AlteredRecord(type_id, time, body, now, flags, sent_ms=sent_ms, sent_body=body)
        if is_header:
            self._see_header(record)
        elif is_news:
            self._headers.see_frame(record)
        if type_id == _VIDEO:
            self._see_video(record, sent_ms)
        elif not is_header and not (self._has_video and self._entry is not None):
            self._see_other(record)
        self._push(record)
        if self.on_record is not None:
            self.on_record(record)

    def _append_data(self, message: Message, now: float) -> None:
        amf3 = message.type_id == _DATA_AMF3
        self.counters.others += 1
        body = sent_body = strip_set_data_frame(message.payload, amf3=amf3)
        keep = body is not message.payload
        if self.settings.metadata_server_name:
            body = with_server_name(body, self._broadcaster.server_name, amf3=amf3)
        sent_ms = message.timestamp_ms
        time = self._timeline.correct(sent_ms, False)
        record = AlteredRecord(
            message.type_id, time, body, now, sent_ms=sent_ms, sent_body=sent_body
        )
        if not self._headers.see_data(record, self.log.end, keep=keep):
            self._see_other(record)
        elif self._headers.peak > self._reserved:
            self.log.bounds = self._bounds()
        self._push(record)
        if self.on_record is not None:
            self.on_record(record)

    def _see_header(self, record: Record) -> None:
        changed = self._headers.see_media(record, self.log.end)
        self._codecs = CodecChanges()  # what is said here holds until a frame says otherwise
        if self._headers.peak > self._reserved:
            self.log.bounds = self._bounds()
        if changed and self.watch is not None and record.flags & _SEQUENCE_HEADER:
            self.watch.see_header_change()

    def _see_video(self, record: Record, sent_ms: int) -> None:
        self._has_video = True
        self._video_at = record.arrived_at
        counters, pictures = self.counters, self._pictures
        is_key = record.flags
        if is_key > _KEYFRAME:  # none, but a header, an end or a command
            counters.others += 1
            return
        self._has_pictures = True
        if sent_ms != pictures.timestamp_ms:
            pictures.timestamp_ms = sent_ms
            pictures.position = position = self.log.end
            counters.pictures += 1
        else:
            part = pictures.go_on(record, self.log)
            position = part.position
            is_key = part.begins_key
            if part.begins:
                counters.pictures += 1
            else:
                counters.others += 1
        if is_key:
            counters.keyframes += 1
            self._enter(position, record.timestamp_ms)
            if self.watch is not None:
                self.watch.see_keyframe()

    def _see_other(self, record: Record) -> None:
        """With no video every record but a header is an entry point."""
        if self._has_video:
            if self._entry is not None or record.arrived_at - self._video_at <= _VIDEO_GONE_S:
                return
            self._has_video = self._has_pictures = False
        self._enter(self.log.end, record.timestamp_ms)

    def _push(self, record: Record) -> None:
        size = len(record.body)
        self._appended += size + RECORD_BYTES
        self._untrimmed += size + _TRIM_RECORD
        if (
            self.log.append(record)
            or self._untrimmed >= self._trim_every
            or record.flags & _KEYFRAME
        ):
            self._trim()
        self.dirty = bool(self.groups)

    # ---------------------------------------------------- where readers begin

    def _enter(self, position: int, timestamp_ms: int) -> None:
        """What stands there, or is about to be appended, with this timestamp, is where readers
        may begin."""
        log, headers, appended = self.log, self._headers.snapshot(), self._appended
        if position < log.end:
            headers = tuple(header for header in headers if header.position < position)
            passed = log.between(position, log.end)
            appended -= sum(len(record.body) + RECORD_BYTES for record in passed)
        self._entry = Entry(position, headers, appended)
        self._newest_entry = position
        for reader in self._awaiting:
            self._place_at(reader, self._entry, timestamp_ms)
            reader.outlet.wake()
        self._awaiting.clear()

    def _place_at(self, reader: Reader, entry: Entry, timestamp_ms: int) -> None:
        """Let a reader begin at an entry, after the headers that it does not know."""
        reader.place(entry.position, entry.prologue(reader.knows_until, timestamp_ms))

    def _timestamp_at(self, position: int) -> int:
        """Of the first record that a reader gets there."""
        log = self.log
        kept = log.base <= position < log.end
        return log.at(position).timestamp_ms if kept else self._timeline.last_ms

    def _place(self, reader: Reader, *, after: int = -1) -> None:
        """Put a reader where one may begin now, or let it wait for the next such place.

        Args:
            after: it does not go back: it is put behind this position or waits.
        """
        if not self.publishing:
            # Who was here before is told that the publisher has left; the log may have lost it.
            at = max(reader.position, self._left_at, self.log.base)
            reader.place(self.log.end if reader.is_fresh else at)
            return
        self._bound_cache()
        entry = self._entry
        if entry is None or entry.position <= after:
            reader.await_keyframe()
            self._awaiting.add(reader)
        else:
            self._place_at(reader, entry, self._timestamp_at(entry.position))

    def skip(self, reader: Reader) -> None:
        """Put a reader that is too slow further on: at the newest keyframe, or at the next."""
        self._place(reader, after=reader.position)

    def go_on(self, reader: Reader) -> None:
        """Put a reader that has paused where it goes on."""
        here = reader.position
        if (
            reader.is_fresh
            or reader.awaits_keyframe
            or reader.owes_headers
            or here < max(self._newest_entry, self.log.base)
        ):
            self._place(reader, after=here - 1)
        else:
            reader.place(here)

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
        self._place(reader)
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
            keep_position: whether it goes on where it stands, after the headers that the form
                before had no use for; otherwise at the next keyframe, after all headers.
        """
        at, old = reader.position, reader.group.form
        changed = self._add_reader(form, reader.outlet)
        changed.succeed(reader)
        reader.detach()
        if keep_position and not (reader.is_fresh or reader.awaits_keyframe or reader.owes_headers):
            wanted = self._newly_wanted(at, old, form)
            changed.place(at, reader.prologue.before(wanted, self._timestamp_at(at)))
        if reader.paused:
            changed.pause()
        elif changed.is_fresh:
            self._place(changed, after=at - 1)
        reader.outlet.wake()
        return changed

    def _newly_wanted(self, at: int, old: Form, new: Form) -> list[Header]:
        """Headers that hold at a position and are only in the new form."""
        return [
            header
            for header in self._headers.snapshot()
            if header.position < at
            and new.wants(header.record.type_id)
            and not old.wants(header.record.type_id)
        ]

    def let_rest(self, reader: Reader) -> None:
        """A reader wants nothing for a while: it keeps nothing alive and waits for nothing."""
        self.slow.discard(reader)
        self._awaiting.discard(reader)

    def caught_up(self, reader: Reader) -> None:
        """A reader is served by the broadcaster from here on."""
        self.slow.discard(reader)
        self._let_go()

    def was_sent(self) -> None:
        """The broadcaster has sent a span to everybody."""
        self._let_go()

    def detach(self, reader: Reader) -> None:
        """A reader leaves; called by :meth:`Reader.detach` only."""
        self._readers -= 1
        self.let_rest(reader)
        reader.group.remove(reader)
        if not reader.group.readers:
            del self.groups[reader.group.form]
        self._let_go()

    # -------------------------------------------------------------- retention

    def _bounds(self) -> LogBounds:
        """What the log may hold: what all may, without headers. Whoever stands in the log may
        hold those that there were when its oldest record came, and those are not in it."""
        settings = self.settings
        self._reserved = self._headers.peak
        return LogBounds(
            seconds=max(settings.slow_reader_after, settings.gop_cache or 0.0),
            size=settings.log_bytes - min(self._reserved, settings.log_bytes // _PART),
        )

    def _let_go(self) -> None:
        """With nobody publishing there is no next record to trim the log at."""
        if len(self.log) and not self.publishing:
            self._trim()

    def _trim(self) -> None:
        """Let go of what no reader needs, nor any that may come."""
        self._untrimmed = 0
        self._bound_cache()
        log = self.log
        entry = self._entry
        wanted = self._pictures.wanted_from(log.end) if entry is None else entry.position
        wanted = min(wanted, self._behind())
        if self.followers:
            wanted = min(wanted, self._followed())
        if self.publishing:
            log.trim(wanted)
        else:
            log.trim(wanted, grain=1)
        if self._entry is not None and self._entry.position < log.base:
            self._entry = None
        for reader in self.slow:
            if reader.prologue and reader.position < log.base:
                reader.forget_prologue()

    def _behind(self) -> int:
        """The position of the reader that is furthest behind, and not further than it may be."""
        log = self.log
        groups = (group.sent for group in self.groups.values())
        behind = min((*groups, *(reader.position for reader in self.slow)), default=log.end)
        if behind >= log.end:
            return log.end
        newest = log.at(log.end - 1).arrived_at
        return max(behind, log.since(newest - self.settings.slow_reader_after))

    def _followed(self) -> int:
        """Up to where all followers have seen everything; they must, if the log is too long."""
        is_over = self.log.is_over()
        for follower in self.followers:
            if is_over:
                follower.catch_up()
            elif follower.behind > _UNSEEN_MOST:
                follower.catch_up(_UNSEEN_MOST // 8)
        return min(follower.position for follower in self.followers)

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
            or self._appended - entry.bytes_before > settings.gop_cache_bytes
        ):
            self._entry = None


def _trim_every(settings: StreamSettings) -> int:
    least = min(settings.gop_cache_bytes, settings.log_bytes)
    return min(least // (2 * _PART), _TRIM_EVERY)
