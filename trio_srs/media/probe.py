"""Running facts about a stream, exact at any moment. Floor 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from trio_srs.errors import ProtocolError
from trio_srs.media.arrival import Arrivals
from trio_srs.media.audio_track import AudioTrack
from trio_srs.media.clock import DEFAULT_GAP_MS, DEFAULT_JUMP_MS, Clock
from trio_srs.media.digest import Digests
from trio_srs.media.facts import StreamFacts
from trio_srs.media.rates import BitRate
from trio_srs.media.skew import Skew
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
        self._gap_ms, self._jump_ms = gap_ms, jump_ms
        self._messages = self._bytes = 0
        self._tracks: list[VideoTrack | AudioTrack] = []
        self._videos: dict[int, VideoTrack] = {}
        self._audios: dict[int, AudioTrack] = {}
        self._first_video: VideoTrack | None = None
        self._first_audio: AudioTrack | None = None
        self._metadata: Mapping[str, Value] | None = None
        self._metadata_changes = 0
        self._clock = Clock(gap_ms, jump_ms)
        self._bitrate = BitRate()
        self._skew = Skew()
        self._arrivals = Arrivals(published_at_s, arrival_resolution_s)
        self._digests = Digests()
        self._trace = TraceKeeper(published_at_s)

    @property
    def has_media(self) -> bool:
        """Whether there was any audio or video, be it only a header."""
        return bool(self._tracks)

    def see(self, message: Message, arrived_at_s: float | None = None) -> None:
        """Look at a message.

        Args:
            message: audio, video or data; others are none of the stream's.
            arrived_at_s: when it came, in seconds on any clock that never steps back; None, from
                a file, leaves out the facts of arrival.
        """
        type_id = message.type_id
        if self.level == "off":
            return
        if type_id == _VIDEO:
            self._see_video(message, arrived_at_s)
        elif type_id == _AUDIO:
            self._see_audio(message, arrived_at_s)
        elif type_id in _DATA:
            self._see_data(message)
        else:
            return
        self._messages += 1
        self._bytes += len(message.payload)

    def _see_video(self, message: Message, arrived_at_s: float | None) -> None:
        payload = message.payload
        self._trace.arrived_at_s = arrived_at_s
        try:
            bodies = parse_video(payload)
        except ProtocolError as error:
            self._see_broken(self._video_track(0), message, error)
            return
        if len(bodies) == 1:
            frame, key, clean = self._see_picture(bodies[0], message, payload)
        else:
            frame, key, clean = self._see_pictures(bodies, message)
        if not self._is_full:
            return
        self._digests.add(_VIDEO, message.timestamp_ms, payload, clean)
        if frame:
            self._see_frame(message, arrived_at_s)
            if key and arrived_at_s is not None:
                self._arrivals.add_keyframe(arrived_at_s)

    def _see_pictures(self, bodies: list[VideoBody], message: Message) -> tuple[bool, bool, bytes]:
        """Likewise of several tracks; without user data is then what their data is, joined."""
        seen = [self._see_picture(body, message, body.data) for body in bodies]
        is_clean = all(part is body.data for (_, _, part), body in zip(seen, bodies, strict=True))
        clean = message.payload if is_clean else b"".join(part for _, _, part in seen)
        return any(frame for frame, _, _ in seen), any(key for _, key, _ in seen), clean

    def _see_picture(
        self, body: VideoBody, message: Message, payload: bytes
    ) -> tuple[bool, bool, bytes]:
        """Whether it has a frame, whether that is a keyframe, and it without user data."""
        track = self._video_track(body.track_id)
        track.count(len(payload))
        clean, picture = payload, None
        try:
            picture = track.see(body, message.timestamp_ms, len(payload))
            if picture is not None and picture.clean is not None:
                clean = payload[: len(payload) - len(body.data)] + picture.clean
        except ProtocolError as error:
            track.fail(error)
        if self._is_full:
            track.digests.add(_VIDEO, message.timestamp_ms, payload, clean)
            if track.is_frame:
                self._trace.add_picture(track, body, picture, message.timestamp_ms, len(payload))
                if track is self._first_video:
                    self._skew.add_video(track.clock.now_ms)
        return track.is_frame, track.is_key, clean

    def _see_audio(self, message: Message, arrived_at_s: float | None) -> None:
        payload = message.payload
        self._trace.arrived_at_s = arrived_at_s
        try:
            bodies = parse_audio(payload)
        except ProtocolError as error:
            self._see_broken(self._audio_track(0), message, error)
            return
        frame = False
        for body in bodies:
            part = payload if len(bodies) == 1 else body.data
            frame |= self._see_sound(body, message.timestamp_ms, part)
        if self._is_full:
            self._digests.add(_AUDIO, message.timestamp_ms, payload, payload)
            if frame:
                self._see_frame(message, arrived_at_s)

    def _see_sound(self, body: AudioBody, timestamp_ms: int, payload: bytes) -> bool:
        """Take one track's part; return whether it has a frame."""
        track = self._audio_track(body.track_id)
        track.count(len(payload))
        try:
            track.see(body, timestamp_ms, len(payload))
        except ProtocolError as error:
            track.fail(error)
        if self._is_full:
            track.digests.add(_AUDIO, timestamp_ms, payload, payload)
            if track.is_frame:
                self._trace.add_sound(track, body, timestamp_ms, len(payload))
                if track is self._first_audio:
                    self._skew.add_audio(track.clock.now_ms)
        return track.is_frame

    def _see_frame(self, message: Message, arrived_at_s: float | None) -> None:
        """What the stream as a whole is told of a message with frames."""
        time_ms = self._clock.add(message.timestamp_ms)
        self._bitrate.add(time_ms, len(message.payload))
        if arrived_at_s is not None:
            self._arrivals.add(arrived_at_s, time_ms)

    def _see_broken(
        self, track: VideoTrack | AudioTrack, message: Message, error: ProtocolError
    ) -> None:
        """A body whose tracks cannot be told is counted with the track that is always there."""
        track.count(len(message.payload))
        track.fail(error)
        if self._is_full:
            each = message.type_id, message.timestamp_ms, message.payload, message.payload
            self._digests.add(*each)
            track.digests.add(*each)

    def _see_data(self, message: Message) -> None:
        amf3 = message.type_id == MessageType.DATA_AMF3
        if data_frame_name(message.payload, amf3=amf3) not in _METADATA:
            return
        try:
            values = parse_metadata(message.payload, amf3=amf3).values
        except ProtocolError:
            self._metadata = None
            return
        self._metadata_changes += self._metadata is not None and values != self._metadata
        self._metadata = values

    def _video_track(self, track_id: int) -> VideoTrack:
        track = self._videos.get(track_id)
        if track is None:
            track = VideoTrack(track_id, self._is_full, Clock(self._gap_ms, self._jump_ms))
            self._videos[track_id] = track
            self._tracks.append(track)
            self._first_video = self._first_video or track
        return track

    def _audio_track(self, track_id: int) -> AudioTrack:
        track = self._audios.get(track_id)
        if track is None:
            track = AudioTrack(track_id, self._is_full, Clock(self._gap_ms, self._jump_ms))
            self._audios[track_id] = track
            self._tracks.append(track)
            self._first_audio = self._first_audio or track
        return track

    def trace(self) -> Trace:
        """Every frame so far, if everything is looked at; a value of its own."""
        return self._trace.trace()

    def facts(self) -> StreamFacts:
        """What is known so far; a value of its own, that later messages do not change."""
        clock = self._clock
        return StreamFacts(
            level=self.level,
            messages=self._messages,
            bytes=self._bytes,
            tracks=tuple(track.facts() for track in self._tracks),
            metadata=self._metadata,
            metadata_changes=self._metadata_changes,
            clock=clock.facts(),
            bitrate=self._bitrate.facts(clock.duration_ms, clock.count),
            skew=self._skew.facts(),
            arrival=self._arrivals.facts(),
            digests=self._digests.facts() if self._is_full else None,
        )
