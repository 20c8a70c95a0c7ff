"""Running facts about a stream, exact at any moment. Floor 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.media.arrival import Arrivals
from trio_srs.media.audio_track import AudioTrack
from trio_srs.media.clock import DEFAULT_GAP_MS, DEFAULT_JUMP_MS, Clock
from trio_srs.media.digest import Digests, whole
from trio_srs.media.facts import StreamFacts, TrackFacts
from trio_srs.media.known_prefixes import KnownPrefixes
from trio_srs.media.picture import Picture
from trio_srs.media.rates import BitRate
from trio_srs.media.skew import Skew, SkewLine
from trio_srs.media.stream_clock import StreamClock
from trio_srs.media.trace import Trace
from trio_srs.media.trace_keeper import TraceKeeper
from trio_srs.media.video_track import VideoTrack
from trio_srs.wire.amf.values import Value
from trio_srs.wire.flv.audio import AudioBody, parse_audio
from trio_srs.wire.flv.script import data_frame_name, parse_metadata
from trio_srs.wire.flv.video import VideoBody, parse_video
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["Level", "StreamProbe"]

Level = Literal["off", "headers", "full"]
"""How much is looked at: nothing; counters, codecs, sizes and metadata; or everything."""

_VIDEO: Final = int(MessageType.VIDEO)
_AUDIO: Final = int(MessageType.AUDIO)
_DATA: Final = (MessageType.DATA_AMF0, MessageType.DATA_AMF3)
_METADATA: Final = ("onMetaData", "@setDataFrame")


@attrs.define(eq=False)
class _FrameFindings:
    """What is made of frames, where everything is looked at."""

    clock: StreamClock = attrs.field(factory=StreamClock)
    bitrate: BitRate = attrs.field(factory=BitRate)
    skew: Skew[SkewLine] = attrs.field(factory=lambda: Skew(SkewLine))
    digests: Digests = attrs.field(factory=Digests)
    trace: TraceKeeper = attrs.field(factory=TraceKeeper)


_NO_FINDINGS: Final = _FrameFindings()
"""Of all who look at headers only: nothing is ever added to it."""
_NOT_BEGUN: Final = Clock()
"""Of each of their tracks, likewise."""


class StreamProbe:
    """Looks at the messages of one stream as they go by, and never at a clock of its own.

    Whatever comes is counted: what cannot be read is told as a track's trouble, and nothing is
    raised. What it holds does not grow with the stream.
    """

    def __init__(
        self,
        level: Level = "full",
        *,
        published_at_s: float | None = None,
        arrival_resolution_s: float | None = None,
        gap_ms: int = DEFAULT_GAP_MS,
        jump_ms: int = DEFAULT_JUMP_MS,
    ) -> None:
        """
        Args:
            level: how much to look at.
            published_at_s: when the publish was accepted, on the clock of the arrivals.
            arrival_resolution_s: how exact the arrivals are: how seldom merged reading reads.
            gap_ms: a longer step between the timestamps of two frames is a gap.
            jump_ms: a longer one, forward or back, is a jump.
        """
        self.level: Final = level
        self._is_full = level == "full"
        self._messages = self._bytes = 0
        self._tracks: list[VideoTrack | AudioTrack] = []
        self._videos: dict[int, VideoTrack] = {}
        self._audios: dict[int, AudioTrack] = {}
        self._first_video: VideoTrack | None = None
        self._first_audio: AudioTrack | None = None
        self._metadata: Mapping[str, Value] | None = None
        self._metadata_changes = 0
        frames = _NO_FINDINGS
        if self._is_full:
            frames = _FrameFindings(StreamClock(gap_ms, jump_ms), trace=TraceKeeper(published_at_s))
        self._stream_clock, self._bitrate, self._skew = frames.clock, frames.bitrate, frames.skew
        self._digests, self._trace = frames.digests, frames.trace
        self._arrivals = Arrivals(published_at_s, arrival_resolution_s)
        self._video_prefixes = KnownPrefixes(is_video=True)
        self._audio_prefixes = KnownPrefixes(is_video=False)
        self._video_ms: int | None = None
        self._unread: bytes | None = None
        """The newest video message, if it was counted by its beginning."""
        self._arrived_at_s: float | None = None

    @property
    def has_media(self) -> bool:
        """Whether there was any audio or video, be it only a header."""
        return bool(self._tracks)

    def see(self, message: Message, arrived_at_s: float | None = None) -> None:
        """Look at a message, as :meth:`take` does."""
        self.take(message.type_id, message.timestamp_ms, message.payload, arrived_at_s)

    def take(
        self, type_id: int, timestamp_ms: int, payload: bytes, arrived_at_s: float | None = None
    ) -> None:
        """Look at what a message is made of.

        Args:
            type_id: audio, video or data; others are none of the stream's.
            timestamp_ms: as it was sent, unsigned 32 bits.
            payload: its body.
            arrived_at_s: when it came, in seconds on any clock that never steps back; None, from
                a file, leaves out the facts of arrival.
        """
        if self.level == "off":
            return
        if type_id == _VIDEO:
            if self._is_full:
                self._arrived_at_s = arrived_at_s
                self._take_video(timestamp_ms, payload)
            elif timestamp_ms != self._video_ms and self._video_prefixes.count(payload):
                self._video_ms, self._unread = timestamp_ms, payload
            else:
                self._read_counted()
                self._video_ms = timestamp_ms
                self._take_video(timestamp_ms, payload)
        elif type_id == _AUDIO:
            if self._is_full or not self._audio_prefixes.count(payload):
                self._arrived_at_s = arrived_at_s
                self._take_audio(timestamp_ms, payload)
        elif type_id in _DATA:
            self._take_data(type_id, payload)
        else:
            return
        self._messages += 1
        self._bytes += len(payload)

    def _read_counted(self) -> None:
        """Read the newest video message after all, if it was counted by its beginning: what comes
        may be more of its picture."""
        before, self._unread = self._unread, None
        if before is not None:
            assert self._video_ms is not None  # it has a timestamp
            self._video_prefixes.take_back(before)
            self._take_video(self._video_ms, before)

    def _take_video(self, timestamp_ms: int, payload: bytes) -> None:
        try:
            bodies = parse_video(payload)
        except ProtocolError as error:
            self._take_broken(self._video_track(0), _VIDEO, timestamp_ms, payload, error)
            return
        if len(bodies) > 1:
            self._take_pictures(bodies, timestamp_ms, payload)
            return
        track, clean = self._take_picture(bodies[0], timestamp_ms, payload)
        if self._is_full:
            whole_clean = None if clean is None else whole(_VIDEO, timestamp_ms, clean)
            self._digest(track, whole(_VIDEO, timestamp_ms, payload), payload, whole_clean)
            if track.is_frame:
                self._take_frame(track, timestamp_ms, track.frame_size, is_key=track.is_key)
            elif track.is_part:
                self._bitrate.add(self._stream_clock.time_ms, track.frame_size)
            return
        if not track.is_coded or self._video_prefixes.is_stale:
            self._video_prefixes.forget()
        is_all = not (track.is_key and track.needs_look)
        if track.is_frame and is_all and bodies[0].multitrack is None:
            self._video_prefixes.learn(payload, track, is_key=track.is_key)

    def _take_picture(
        self, body: VideoBody, timestamp_ms: int, payload: bytes
    ) -> tuple[VideoTrack, bytes | None]:
        """The track, and the payload without user data, None if there is none in it."""
        track, clean, picture = self._video_track(body.track_id), None, None
        track.count(len(payload))
        try:
            picture = track.see(body, timestamp_ms, len(payload))
            if picture is not None and picture.clean is not None:
                clean = payload[: len(payload) - len(body.data)] + picture.clean
        except ProtocolError as error:
            track.fail(error)
        if self._is_full:
            self._trace_picture(track, body, picture, timestamp_ms)
        return track, clean

    def _trace_picture(
        self, track: VideoTrack, body: VideoBody, picture: Picture | None, timestamp_ms: int
    ) -> None:
        if track.is_frame:
            self._trace.arrive(self._arrived_at_s)
            self._trace.add_picture(track, body, picture, timestamp_ms)
            if track is self._first_video:
                self._skew.add_video(track.clock)
        elif track.is_part:
            self._trace.extend_picture(track, body, picture)
        elif track.is_ahead:
            self._trace.keep_ahead(track, body, picture)

    def _take_pictures(self, bodies: list[VideoBody], timestamp_ms: int, payload: bytes) -> None:
        """Of several tracks; what is without user data is then what their data is, joined."""
        is_clean, parts, key, size = True, [], False, 0
        frame: VideoTrack | None = None
        self._video_prefixes.forget()
        for body in bodies:
            track, clean = self._take_picture(body, timestamp_ms, body.data)
            frame = track if track.is_frame else frame
            key |= track.is_key
            size += track.frame_size
            is_clean &= clean is None
            parts.append(body.data if clean is None else clean)
            if self._is_full:
                whole_clean = None if clean is None else whole(_VIDEO, timestamp_ms, clean)
                track.digests.add(whole(_VIDEO, timestamp_ms, body.data), body.data, whole_clean)
        if self._is_full:
            joined = None if is_clean else whole(_VIDEO, timestamp_ms, b"".join(parts))
            self._digests.add(whole(_VIDEO, timestamp_ms, payload), payload, joined)
            if frame is not None:
                self._take_frame(frame, timestamp_ms, size, is_key=key)
            elif size:
                self._bitrate.add(self._stream_clock.time_ms, size)

    def _take_audio(self, timestamp_ms: int, payload: bytes) -> None:
        try:
            bodies = parse_audio(payload)
        except ProtocolError as error:
            self._take_broken(self._audio_track(0), _AUDIO, timestamp_ms, payload, error)
            return
        if len(bodies) > 1:
            self._take_sounds(bodies, timestamp_ms, payload)
            return
        track = self._take_sound(bodies[0], timestamp_ms, payload)
        if self._is_full:
            self._digest(track, whole(_AUDIO, timestamp_ms, payload), payload, None)
            if track.is_frame:
                self._take_frame(track, timestamp_ms, len(payload))
            return
        if not track.is_frame or self._audio_prefixes.is_stale:
            self._audio_prefixes.forget()
        if track.is_frame and not track.needs_look and bodies[0].multitrack is None:
            self._audio_prefixes.learn(payload, track, is_key=False)

    def _take_sound(self, body: AudioBody, timestamp_ms: int, payload: bytes) -> AudioTrack:
        """Take one track's part; return the track."""
        track = self._audio_track(body.track_id)
        track.count(len(payload))
        try:
            track.see(body, timestamp_ms, len(payload))
        except ProtocolError as error:
            track.fail(error)
        if self._is_full and track.is_frame:
            self._trace.arrive(self._arrived_at_s)
            self._trace.add_sound(track, body, timestamp_ms, len(payload))
            if track is self._first_audio:
                self._skew.add_audio(track.clock)
        return track

    def _take_sounds(self, bodies: list[AudioBody], timestamp_ms: int, payload: bytes) -> None:
        """Take a body with the sounds of several tracks."""
        frame: AudioTrack | None = None
        self._audio_prefixes.forget()
        for body in bodies:
            track = self._take_sound(body, timestamp_ms, body.data)
            frame = track if track.is_frame else frame
            if self._is_full:
                track.digests.add(whole(_AUDIO, timestamp_ms, body.data), body.data)
        if self._is_full:
            self._digests.add(whole(_AUDIO, timestamp_ms, payload), payload)
            if frame is not None:
                self._take_frame(frame, timestamp_ms, len(payload))

    def _digest(
        self, track: VideoTrack | AudioTrack, message: bytes, payload: bytes, clean: bytes | None
    ) -> None:
        """A message of one track, for its digests and the stream's."""
        self._digests.add(message, payload, clean)
        track.digests.add(message, payload, clean)

    def _take_frame(
        self,
        track: VideoTrack | AudioTrack,
        timestamp_ms: int,
        size: int,
        *,
        is_key: bool = False,
    ) -> None:
        """What the stream as a whole is told of a message in which frames begin.

        Args:
            track: whose frame is the last of them.
        """
        self._stream_clock.add(timestamp_ms, track.clock)
        time_ms = self._stream_clock.time_ms
        if track.clock.is_behind_stray:
            self._bitrate.come_back(time_ms)
        self._bitrate.add(time_ms, size)
        arrived_at_s = self._arrived_at_s
        if arrived_at_s is not None:
            self._arrivals.add(arrived_at_s, track.clock)
            if is_key:
                self._arrivals.add_keyframe(arrived_at_s)

    def _take_broken(
        self,
        track: VideoTrack | AudioTrack,
        type_id: int,
        timestamp_ms: int,
        payload: bytes,
        error: ProtocolError,
    ) -> None:
        """A body whose tracks cannot be told is counted with the track that is always there."""
        track.count(len(payload))
        track.is_frame = False
        track.fail(error)
        if self._is_full:
            self._digest(track, whole(type_id, timestamp_ms, payload), payload, None)

    def _take_data(self, type_id: int, payload: bytes) -> None:
        amf3 = type_id == MessageType.DATA_AMF3
        if data_frame_name(payload, amf3=amf3) not in _METADATA:
            return
        try:
            values = parse_metadata(payload, amf3=amf3).values
        except ProtocolError:
            self._metadata = None
            return
        self._metadata_changes += self._metadata is not None and values != self._metadata
        self._metadata = values

    def _video_track(self, track_id: int) -> VideoTrack:
        track = self._videos.get(track_id)
        if track is None:
            track = VideoTrack(track_id, self._is_full, self._new_clock())
            self._videos[track_id] = track
            self._tracks.append(track)
            self._first_video = self._first_video or track
        return track

    def _audio_track(self, track_id: int) -> AudioTrack:
        track = self._audios.get(track_id)
        if track is None:
            track = AudioTrack(track_id, self._is_full, self._new_clock())
            self._audios[track_id] = track
            self._tracks.append(track)
            self._first_audio = self._first_audio or track
        return track

    def _new_clock(self) -> Clock:
        return self._stream_clock.new_clock() if self._is_full else _NOT_BEGUN

    def trace(self) -> Trace:
        """Every frame so far, if everything is looked at; a value of its own."""
        return self._trace.trace()

    def facts(self) -> StreamFacts:
        """What is known so far; a value of its own, that later messages do not change."""
        self._video_prefixes.settle()
        self._audio_prefixes.settle()
        stream_clock = self._stream_clock
        return StreamFacts(
            level=self.level,
            messages=self._messages,
            bytes=self._bytes,
            tracks=tuple(map(self._track_facts, self._tracks)),
            metadata=self._metadata,
            metadata_changes=self._metadata_changes,
            clock=stream_clock.facts(),
            bitrate=self._bitrate.facts(stream_clock.duration_ms, stream_clock.count),
            skew=self._skew.facts(),
            arrival=self._arrivals.facts(),
            digests=self._digests.facts() if self._is_full else None,
        )

    def _track_facts(self, track: VideoTrack | AudioTrack) -> TrackFacts:
        """What is known of a track, and of it beside the others."""
        clock = track.clock
        return attrs.evolve(
            track.facts(),
            last_frame_s=self._arrivals.last_frame_s(clock),
            ends_early_ms=self._stream_clock.latest_ms - clock.latest_ms if clock.count else 0,
        )
