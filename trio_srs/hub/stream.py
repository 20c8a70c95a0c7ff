"""A live stream: one name's life, whoever publishes it and however often. Floor 2."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import attrs
import trio

from trio_srs.hub.codecs import CodecChanges
from trio_srs.hub.feed import Feed
from trio_srs.hub.headers import Header, HeaderCache
from trio_srs.hub.picture_boundaries import PictureBoundaries
from trio_srs.hub.record import HEADER, AlteredRecord, Record
from trio_srs.hub.retention import HEADERS_PART
from trio_srs.hub.settings import InspectLevel, StreamSettings
from trio_srs.hub.stream_tasks import StreamTasks
from trio_srs.hub.timestamp_shift import TimestampShift
from trio_srs.wire.flv.audio import classify_audio
from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.flv.script import strip_set_data_frame, with_server_name
from trio_srs.wire.flv.video import classify_video
from trio_srs.wire.rtmp.command import on_status
from trio_srs.wire.rtmp.message import MessageType
from trio_srs.wire.rtmp.status import StatusCode

if TYPE_CHECKING:
    from trio_srs.hub.broadcast import Broadcaster
    from trio_srs.hub.derived import DerivedFeed
    from trio_srs.hub.lease import PublishLease

__all__ = ["PublishObserver", "Stream", "StreamCounters", "Tracks"]

_KEYFRAME: Final = int(FrameKind.KEYFRAME)
_AUDIO: Final = int(MessageType.AUDIO)
_VIDEO: Final = int(MessageType.VIDEO)
_DATA_AMF3: Final = int(MessageType.DATA_AMF3)
_DATA: Final = frozenset({int(MessageType.DATA_AMF0), _DATA_AMF3})
_SEQUENCE_HEADER: Final = int(FrameKind.SEQUENCE_HEADER)
_MOMENT_S: Final = 1.0
_VIDEO_GONE_S: Final = 10.0
"""A stream whose cached GOP is gone, and that has had no video for this long, has none: who joins
would wait for ever for a keyframe."""


@attrs.define
class StreamCounters:
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


class Tracks(NamedTuple):
    """Which kinds of media there are."""

    audio: bool
    video: bool


class PublishObserver(Protocol):
    """Who is told of what seldom happens in a publish. A publish that nobody observes has none."""

    def see_keyframe(self) -> None:
        """A keyframe came; it is counted, and about to be in the log."""
        ...

    def see_header_change(self) -> None:
        """A sequence header came that differs from the one before; likewise."""
        ...

    def left(self) -> None:
        """The name is free again. It has been told everything."""
        ...


class Stream:
    """What is published under one name, and by whom. Made by the hub.

    Everything here is synchronous. Its :attr:`feed` outlives publishers: readers wait between two
    of them, and go on from the new headers.

    Attributes:
        feed: what came, as it came, and who reads it.
        lease: who publishes the name now, if anybody does.
        on_changed: called when :attr:`changed` is set, by who does not wait; it must not fail.
        demand: how many sessions read it, in whatever form; not what runs beside its publishes.
        idle_since: when the last publisher left, or the name was first asked for.
        tasks: what is made of it beside its sessions.
        derived: the forms of it that somebody wants, by name.
        observer: who is told of what seldom happens in the present publish.
        on_record: called with every record of the publisher, once it is in the log, while somebody
            has a reason; it and the observer are forgotten when the publisher leaves.
    """

    def __init__(self, name: str, settings: StreamSettings, broadcaster: Broadcaster) -> None:
        self.name = name
        self.settings = settings
        self.counters = StreamCounters()
        self._headers = HeaderCache(settings.log_bytes // HEADERS_PART)
        self.feed = Feed(name, settings, broadcaster, headers=self._headers)
        self.lease: PublishLease | None = None
        self._changed: trio.Event | None = None
        self.on_changed: dict[Callable[[], None], None] = {}
        self.demand = 0
        self.idle_since = trio.current_time()
        self.tasks = StreamTasks(broadcaster.supervisor, name)
        self.derived: dict[str, DerivedFeed] = {}
        self.observer: PublishObserver | None = None
        self.on_record: Callable[[Record], None] | None = None
        self._server_name = broadcaster.server_name
        self._codecs = CodecChanges()
        self._boundaries = PictureBoundaries()
        self._shift = TimestampShift(settings.timestamps)
        self._has_video = False
        self._sounds_before = 0
        self._video_at = -math.inf

    @property
    def changed(self) -> trio.Event:
        """Set, and replaced by a new one, whenever a publisher comes or goes, or it is settled that
        none can be brought. It is made for who asks: nearly always nobody does."""
        if self._changed is None:
            self._changed = trio.Event()
        return self._changed

    @property
    def publishing(self) -> bool:
        """Whether somebody publishes this name now."""
        return self.lease is not None

    @property
    def is_awaited(self) -> bool:
        """Whether anybody notices when exactly something comes: who reads it, is told of it, judges
        its arrivals, or gives it up for a silence of a moment."""
        settings = self.settings
        return bool(
            self.feed.audience
            or self.on_record is not None
            or settings.inspect is InspectLevel.FULL
            or min(settings.stall_after, settings.publish_idle_timeout) < _MOMENT_S
        )

    @property
    def headers(self) -> tuple[Header, ...]:
        """What whoever joins now is given first: the same object until that is something else."""
        return self._headers.snapshot()

    @property
    def tracks(self) -> Tracks:
        """What the present publish has brought so far, be it only a header."""
        headers = {header.record.type_id for header in self._headers.snapshot()}
        has_sounds = self.counters.sounds > self._sounds_before
        return Tracks(has_sounds or _AUDIO in headers, self._has_video or _VIDEO in headers)

    @property
    def player_count(self) -> int:
        """Readers of bytes: of the stream itself, and of what is derived from it."""
        derived = (each.feed.reader_count for each in self.derived.values())
        return sum(derived, self.feed.reader_count)

    # -------------------------------------------------------------- publisher

    def publisher_came(self, lease: PublishLease, settings: StreamSettings) -> None:
        """Begin a publish: headers of the last one are forgotten, readers are told."""
        feed = self.feed
        self.lease = lease
        self.settings = settings
        self.counters.publishes += 1
        self._codecs = CodecChanges()
        self._boundaries = PictureBoundaries()
        self._headers.clear()
        self._headers.most_bytes = settings.log_bytes // HEADERS_PART
        self._has_video = False
        self._sounds_before = self.counters.sounds
        self._shift = self._shift.next(settings.timestamps)
        feed.retention.kept_from = self._boundaries.wanted_from
        feed.placement.times = self._shift
        feed.open(
            settings, self._notice(StatusCode.PLAY_PUBLISH_NOTIFY, f"{self.name} is now published")
        )
        # Whatever a publisher begins with, a reader may begin with as well.
        feed.placement.enter(feed.log.end, self._shift.last_ms)
        self.tell_changed()

    def publisher_left(self) -> None:
        """End a publish: nobody may begin in what it left behind; readers are told.

        The name is free first, whoever of those who looked on may fail.
        """
        observer, self.observer, self.on_record = self.observer, None, None
        self.lease = None
        feed = self.feed
        if observer is not None:
            try:
                observer.left()
            except Exception as bug:
                self._report(bug)
        self.idle_since = trio.current_time()
        self.tasks.finish()
        self._boundaries = PictureBoundaries()
        feed.close(
            self._notice(StatusCode.PLAY_UNPUBLISH_NOTIFY, f"{self.name} is now unpublished")
        )
        self.tell_changed()

    def tell_changed(self) -> None:
        """Let those look again who wait for a publisher to come or go."""
        changed, self._changed = self._changed, None
        if changed is not None:
            changed.set()
        for tell in tuple(self.on_changed):
            tell()

    def _notice(self, code: StatusCode, description: str) -> Record | None:
        """What players are told of a publisher, if there are any and they are."""
        if not self.settings.publish_notify or not self.feed.reader_count:
            return None
        body = on_status(code, description).encode()
        time = self._shift.last_ms
        return Record(MessageType.COMMAND_AMF0, time, body, trio.current_time())

    def append(self, type_id: int, sent_ms: int, body: bytes, now: float) -> None:
        """Add what the publisher sent; called through its lease only.

        The broadcaster must then hear of it, in the same moment. It is one function for what
        nearly always comes: a call for each step would cost as much again.
        """
        counters, codecs = self.counters, self._codecs
        counters.messages += 1
        counters.bytes += len(body)
        is_video = type_id == _VIDEO
        if is_video:
            flags = classify_video(body)
            is_news = (
                flags <= _KEYFRAME
                and not body.startswith(codecs.pictures)
                and codecs.learn_video(body)
            )
        elif type_id == _AUDIO:
            flags = classify_audio(body)
            if flags:
                counters.others += 1
            is_news = not flags and not body.startswith(codecs.sounds) and codecs.learn_audio(body)
        elif type_id in _DATA:
            self._append_data(type_id, sent_ms, body, now)
            return
        else:
            flags = 0
            is_news = False
            counters.others += 1
            if not self.settings.pass_unknown_types:
                return
        is_header = flags & HEADER
        time = self._shift.correct(sent_ms, not is_header)
        if time == sent_ms:
            record = Record(type_id, time, body, now, flags)
        else:
            record = AlteredRecord(type_id, time, body, now, flags, sent_ms=sent_ms, sent_body=body)
        if is_header:
            self._see_header(record)
        elif is_news:
            self._headers.see_frame(record)
        feed = self.feed
        if is_video:
            self._has_video = True
            self._video_at = now
            pictures = self._boundaries
            if flags or sent_ms == pictures.timestamp_ms:
                self._see_video(record, sent_ms)
            else:  # a picture of its own, and no place to begin
                pictures.timestamp_ms, pictures.position = sent_ms, feed.log.end
                feed.placement.has_pictures = True
                counters.pictures += 1
        elif not is_header and not (self._has_video and feed.placement.has_entry):
            self._see_other(record)
        feed.append(record)
        if self.on_record is not None:
            self._tell_record(record)

    def _append_data(self, type_id: int, sent_ms: int, payload: bytes, now: float) -> None:
        amf3 = type_id == _DATA_AMF3
        self.counters.others += 1
        body = sent_body = strip_set_data_frame(payload, amf3=amf3)
        keep = body is not payload
        if self.settings.metadata_server_name:
            body = with_server_name(body, self._server_name, amf3=amf3)
        time = self._shift.correct(sent_ms, False)
        record = AlteredRecord(type_id, time, body, now, sent_ms=sent_ms, sent_body=sent_body)
        if self._headers.see_data(record, self.feed.log.end, keep=keep):
            self.feed.retention.reserve_headers()
        else:
            self._see_other(record)
        self.feed.append(record)
        if self.on_record is not None:
            self._tell_record(record)

    def _tell_record(self, record: Record) -> None:
        assert self.on_record is not None  # whoever calls this has looked
        try:
            self.on_record(record)
        except Exception as bug:
            self._stop_observing(bug)

    def _stop_observing(self, bug: Exception) -> None:
        """Who looks on has a bug: the publish goes on without."""
        self.on_record = None
        self._report(bug)

    def _report(self, bug: Exception) -> None:
        self.feed.supervisor.report(f"the observation of {self.name}", bug, stream=self.name)

    def _see_header(self, record: Record) -> None:
        changed = self._headers.see_media(record, self.feed.log.end)
        self._codecs = CodecChanges()  # what is said here holds until a frame says otherwise
        self.feed.retention.reserve_headers()
        if changed and self.observer is not None and record.flags & _SEQUENCE_HEADER:
            try:
                self.observer.see_header_change()
            except Exception as bug:
                self._stop_observing(bug)

    def _see_video(self, record: Record, sent_ms: int) -> None:
        counters, pictures, feed = self.counters, self._boundaries, self.feed
        is_key = record.flags
        if is_key > _KEYFRAME:  # none, but a header, an end or a command
            counters.others += 1
            return
        feed.placement.has_pictures = True
        if sent_ms != pictures.timestamp_ms:
            pictures.timestamp_ms = sent_ms
            pictures.position = position = feed.log.end
            counters.pictures += 1
        else:
            part = pictures.go_on(record, feed.log)
            position = part.position
            is_key = part.begins_key
            if part.begins:
                counters.pictures += 1
            else:
                counters.others += 1
        if is_key:
            counters.keyframes += 1
            feed.placement.enter(position, record.timestamp_ms)
            if self.observer is not None:
                try:
                    self.observer.see_keyframe()
                except Exception as bug:
                    self._stop_observing(bug)

    def _see_other(self, record: Record) -> None:
        """With no video every record but a header is an entry point."""
        feed = self.feed
        if self._has_video:
            if feed.has_entry or record.arrived_at - self._video_at <= _VIDEO_GONE_S:
                return
            self._has_video = feed.placement.has_pictures = False
        feed.placement.enter(feed.log.end, record.timestamp_ms)
