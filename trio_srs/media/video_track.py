"""One video track, from its first message. Floor 1."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.facts import TrackFacts, VideoFacts
from trio_srs.media.gop import Gops
from trio_srs.media.headers import NO_VIDEO_HEADERS, VIDEO_HEADERS, VideoHeader
from trio_srs.media.pictures import Picture, Pictures
from trio_srs.media.track import Track
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType

__all__ = ["VideoTrack"]

_NOTHING: Final = VideoHeader()

# Asking an enumeration for a member takes long.
_KEY, _COMMAND = FrameType.KEY, FrameType.COMMAND
_START = VideoPacketType.SEQUENCE_START
_FRAMES = (VideoPacketType.CODED_FRAMES, VideoPacketType.CODED_FRAMES_X)


@attrs.define(eq=False)
class VideoTrack(Track):
    """Follows one video track."""

    is_frame: bool = False
    """Whether the newest message has coded video."""
    is_key: bool = False
    """Whether the newest message has a keyframe."""
    _header: VideoHeader = _NOTHING
    _size: tuple[int, int] | None = None
    _area: int = 0
    _first_field: str | None = None
    _gops: Gops = attrs.field(factory=Gops)
    _pictures: Pictures = attrs.field(factory=Pictures)

    def see(self, body: VideoBody, timestamp_ms: int, size: int) -> Picture | None:
        """Take the track's part of a message, all in all of so many bytes.

        Returns:
            The picture, if there is one, it can be read, and this is a full probe.

        Raises:
            ProtocolError: its header or its picture cannot be read; it is counted all the same.
        """
        self.is_frame = self.is_key = False
        if body.frame_type is _COMMAND:
            return None
        self.name(body.codec)
        if body.packet_type in _FRAMES:
            return self._see_frame(body, timestamp_ms, size)
        if body.packet_type is _START:
            self.see_record(body.data, timestamp_ms)
        return None

    @property
    def needs_look(self) -> bool:
        """Whether the next keyframe may tell something that no header did."""
        return self._size is None

    def forget_header(self) -> None:
        """Nothing is known of the frames to come but their codec."""
        self._header = NO_VIDEO_HEADERS.get(self.codec, _NOTHING)
        self._size, self._area, self._first_field = None, 0, None

    def read_header(self, record: bytes) -> None:
        """Learn sizes, rates and how to read pictures. Raises ProtocolError."""
        read = VIDEO_HEADERS.get(self.codec)
        if read is None:
            return
        self._header = header = read(record)
        if header.width and header.height:
            self._set_size((header.width, header.height))

    def _set_size(self, size: tuple[int, int]) -> None:
        self._size, self._area = size, size[0] * size[1]

    def _see_frame(self, body: VideoBody, timestamp_ms: int, size: int) -> Picture | None:
        self.is_frame = True
        self.is_key = key = body.frame_type is _KEY
        self.frames += 1
        self.keyframes += key
        if not self.is_full:
            if key and self._size is None:
                self._look(body.data)
            return None
        time_ms = self.see_time(timestamp_ms, size)
        self._gops.add(time_ms, keyframe=key)
        self._pictures.add_composition(body.composition_ms)
        skipped, picture = False, None
        try:
            picture = self._look(body.data)
            if picture is not None:
                if picture.leads or (key and picture.opens):
                    self._gops.mark_open()
                skipped = self._pictures.add(picture, len(body.data), self._area)
        finally:
            self.still.add(body.data, self.clock.interval_ms or 0, skipped=skipped)
        return picture

    def _look(self, data: bytes) -> Picture | None:
        read = self._header.read_picture
        if read is None:
            return None
        picture = read(data)
        if picture.size:
            self._set_size(picture.size)
        if self._first_field is None:
            self._first_field = picture.first_field
        return picture

    def facts(self) -> TrackFacts:
        """What is known so far."""
        header, sar = self._header, self._header.sar
        width, height = self._size or (None, None)
        return TrackFacts(
            kind="video",
            codec_string=header.codec_string,
            profile=header.profile,
            level=header.level,
            video=VideoFacts(
                width=width,
                height=height,
                sar=sar,
                display_width=round(width * sar[0] / sar[1]) if width and sar else None,
                display_height=height,
                bit_depth=header.bit_depth,
                chroma=header.chroma,
                interlaced=header.interlaced,
                first_field=self._first_field,
                nominal_fps=header.nominal_fps,
                keyframes=self.keyframes,
                gop=self._gops.facts(),
                pictures=self._pictures.facts(),
            ),
            **self.shared_facts(),
        )
