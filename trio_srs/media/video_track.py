"""One video track, from its first message. Floor 1."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.clock import FindingCounter
from trio_srs.media.facts import TrackFacts, VideoFacts
from trio_srs.media.gop import Gops
from trio_srs.media.parameter_sets import ParameterSets
from trio_srs.media.picture import Picture
from trio_srs.media.picture_counter import PictureCounter
from trio_srs.media.track import Track, only_if_full
from trio_srs.media.video_headers import IN_BAND, NO_VIDEO_HEADERS, VIDEO_HEADERS, VideoHeader
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType

__all__ = ["VideoTrack"]

_NOTHING: Final = VideoHeader()
_NO_MORE: Final = Picture()

# Asking an enumeration for a member takes long.
_KEY, _COMMAND = FrameType.KEY, FrameType.COMMAND
_INTER = (FrameType.INTER, FrameType.DISPOSABLE)
_START = VideoPacketType.SEQUENCE_START
_FRAMES = (VideoPacketType.CODED_FRAMES, VideoPacketType.CODED_FRAMES_X)


@attrs.define(eq=False)
class VideoTrack(Track):
    """Follows one video track.

    A picture may come in several messages with one timestamp. Its first slice, or the frame that
    is shown, begins it; what comes before that goes ahead of it, what comes after is part of it.
    Two first slices are two pictures, whatever their timestamps are.
    """

    is_part: bool = False
    """Whether it is more of the newest picture."""
    is_ahead: bool = False
    """Whether it goes ahead of a picture to come."""
    is_key: bool = False
    """Whether it begins one that is called a keyframe."""
    frame_size: int = 0
    """Bytes that the newest message adds to its picture, those that went ahead among them; of what
    goes ahead itself, none yet."""
    picture: Picture | None = None
    """The newest picture as far as it has come; None if it cannot be read."""
    _picture_ms: int | None = None
    """The timestamp of that picture; None if nothing can be part of it."""
    _picture_size: int = 0
    _ahead_size: int = 0
    _may_begin: bool = False
    """Whether what went ahead says that a decoder may begin at the picture to come."""
    _header: VideoHeader = _NOTHING
    _sets: ParameterSets = attrs.field(factory=ParameterSets)
    _record_sets: tuple[bytes, ...] = ()
    """Those of the newest header."""
    _newest_sets: tuple[bytes, ...] = ()
    """Those that were learned last."""
    _is_in_band: bool = False
    """Whether any of them came after the header."""
    _asks: bool = False
    """Whether the next place to begin must be asked which of them holds."""
    _size: tuple[int, int] | None = None
    _area: int = 0
    _first_field: str | None = None
    _false_keys: FindingCounter = attrs.field(factory=FindingCounter)
    _unmarked_keys: FindingCounter = attrs.field(factory=FindingCounter)
    _gops: Gops = attrs.field(default=only_if_full(Gops))
    _pictures: PictureCounter = attrs.field(default=only_if_full(PictureCounter))

    def see(self, body: VideoBody, timestamp_ms: int, size: int) -> Picture | None:
        """Take the track's part of a message, all in all of so many bytes.

        Returns:
            What there is of a picture in it, if somebody knows how to read it.

        Raises:
            ProtocolError: its header cannot be read; it is counted all the same.
        """
        self.is_frame = self.is_part = self.is_ahead = self.is_key = False
        self.frame_size = 0
        if body.frame_type is _COMMAND:
            return None
        self.name(body.codec)
        if body.packet_type in _FRAMES:
            return self._see_coded(body, timestamp_ms, size)
        if body.packet_type is _START:
            self.see_record(body.data, timestamp_ms)
        return None

    @property
    def is_in_frame(self) -> bool:
        return self.is_frame or self.is_part

    @property
    def is_coded(self) -> bool:
        """Whether the newest message has coded video."""
        return self.is_frame or self.is_part or self.is_ahead

    @property
    def needs_look(self) -> bool:
        """Whether keyframes may tell something that no header did."""
        return self._header.read_picture is not None

    def forget_header(self) -> None:
        """Nothing is known of the frames to come but their codec."""
        self._header = NO_VIDEO_HEADERS.get(self.codec, _NOTHING)
        self._sets, self._newest_sets = ParameterSets(self.codec), ()
        self._is_in_band = self._asks = False
        self._size, self._area, self._first_field = None, 0, None
        self._picture_ms = None

    def read_header(self, record: bytes) -> None:
        """Learn sizes, rates and how to read pictures. Raises ProtocolError."""
        read = VIDEO_HEADERS.get(self.codec)
        if read is not None:
            header = read(record)
            self._apply(header)
            self._record_sets = header.sets
            trouble = self._learn(header.sets)
            if trouble is not None and header.trouble is None:
                self.fail(trouble)

    def repeat_header(self) -> None:
        """Its sets replace those that came after it."""
        self._learn(self._record_sets)

    def count_frames(self, count: int, size: int, keyframes: int) -> None:
        super().count_frames(count, size, keyframes)
        self._picture_ms = None  # the newest picture was not read, and nothing can be part of it

    def _apply(self, header: VideoHeader) -> None:
        self._header = header
        if header.width and header.height:
            self._set_size((header.width, header.height))
        if header.trouble is not None:
            self.fail(header.trouble)

    def _set_size(self, size: tuple[int, int]) -> None:
        self._size, self._area = size, size[0] * size[1]

    def _learn(self, sets: tuple[bytes, ...]) -> str | None:
        """Take parameter sets, which hold from the next place to begin; return what is wrong."""
        if sets == self._newest_sets:
            return None
        trouble = self._sets.learn(sets)
        self._asks, self._newest_sets = True, sets if trouble is None else ()
        return trouble

    def _see_coded(self, body: VideoBody, timestamp_ms: int, size: int) -> Picture | None:
        read = self._header.read_picture
        if read is None:
            self._begin(body, None, timestamp_ms, size)
            return None
        picture = read(body.data)
        trouble = picture.trouble
        if picture.sets:
            trouble = self._learn(picture.sets) or trouble
            self._is_in_band = True
        if self._is_more(picture, timestamp_ms):
            self._extend(body, picture, size)
        elif picture.slices or picture.continues or picture.broken:
            if self._asks and (picture.is_key or body.frame_type is _KEY or not self._header.sps):
                picture, error = self._settle(body.data, picture, timestamp_ms)
                trouble = trouble or error
            self._begin(body, picture, timestamp_ms, size)
        else:
            self.is_ahead = True
            self._ahead_size += size
            self._may_begin |= picture.may_begin
        if picture.size:
            self._set_size(picture.size)
        if self._first_field is None:
            self._first_field = picture.first_field
        if trouble is not None:
            self.fail(trouble)
        return picture

    def _is_more(self, picture: Picture, timestamp_ms: int) -> bool:
        """Whether it is of the newest picture, and does not begin one of its own."""
        if timestamp_ms != self._picture_ms or self.picture is None:
            return False
        if picture.slices:
            return not (self.picture.starts and picture.starts)
        return not picture.broken

    def _settle(
        self, data: bytes, picture: Picture, timestamp_ms: int
    ) -> tuple[Picture, str | None]:
        """Ask a place to begin which parameter sets hold from it on."""
        try:
            found = self._sets.of_picture(picture.first_slice)
            if found is None:
                return picture, None
            self._asks = False
            if found == (self._header.sps, self._header.extra_bits):
                return picture, None
            header = IN_BAND[self.codec](attrs.evolve(self._header, trouble=None), *found)
        except CodecConfigError as error:
            self._asks = False
            return picture, str(error)
        if self._is_in_band and self._header.sps:
            self.note_change(timestamp_ms)
        self._apply(header)
        assert header.read_picture is not None  # it was read with one
        return header.read_picture(data), None

    def _check_mark(self, kind: FrameType, picture: Picture, timestamp_ms: int) -> None:
        """Compare what FLV calls a frame with what it is."""
        if kind is _KEY:
            may_begin = picture.is_key or picture.may_begin or self._may_begin
            if picture.kind and not may_begin:
                self._false_keys.add(self.frames, timestamp_ms, 0)
        elif picture.is_key and kind in _INTER:
            self._unmarked_keys.add(self.frames, timestamp_ms, 0)

    def _begin(
        self, body: VideoBody, picture: Picture | None, timestamp_ms: int, size: int
    ) -> None:
        """A picture begins, as far as can be told."""
        if picture is not None:
            self._check_mark(body.frame_type, picture, timestamp_ms)
        self.is_frame = True
        self.is_key = key = body.frame_type is _KEY
        self.frames += 1
        self.keyframes += key
        self.frame_size = size + self._ahead_size
        self._ahead_size, self._may_begin = 0, False
        can_go_on = picture is not None and not (picture.broken and not picture.slices)
        self.picture, self._picture_ms = picture, timestamp_ms if can_go_on else None
        if not self.is_full:
            if picture is not None:  # the next that is read may be hours away: keep no bytes of it
                self.picture = picture.joined(_NO_MORE)
            return
        data, skipped = body.data, False
        time_ms = self.see_time(timestamp_ms, self.frame_size)
        self._gops.add(time_ms, keyframe=key)
        self._pictures.add_composition(body.composition_ms)
        if picture is not None:
            if picture.leads or (key and picture.opens):
                self._gops.mark_open()
            self._picture_size = len(data)
            skipped = self._pictures.add(picture, len(data), self._area)
        self.still.add(data, self.clock, skipped=skipped)

    def _extend(self, body: VideoBody, more: Picture, size: int) -> None:
        """More of the newest picture came."""
        assert self.picture is not None  # there is one to be part of
        self.is_part, self.frame_size = True, size
        self.picture = picture = self.picture.joined(more)
        if not self.is_full:
            return
        self.bitrate.add(self.clock.time_ms, size)
        if more.leads:
            self._gops.mark_open()
        self._picture_size += len(body.data)
        skipped = self._pictures.revise(picture, self._picture_size, self._area)
        self.still.extend(body.data, skipped=skipped)

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
                false_keyframes=self._false_keys.facts(),
                unmarked_keyframes=self._unmarked_keys.facts(),
                gop=self._gops.facts(),
                pictures=self._pictures.facts(),
            ),
            **self.shared_facts(),
        )
