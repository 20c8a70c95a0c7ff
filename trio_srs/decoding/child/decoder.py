"""From coded frames to pictures and sound: a decoder of PyAV's for each track. Floor 2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs
import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import Flags, Flags2
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from trio_srs.decoding.child.coded_frames import CodedFormat, CodedFrame
from trio_srs.media.decoded.measures import Trouble, TroubleKind

__all__ = ["DecodedPicture", "DecodedSound", "TrackDecoder"]

_DECODERS: Final = {
    "av1": "libdav1d",  # FFmpeg's own needs a graphics card
    "h263": "flv",
    "screen": "flashsv",
    "screen2": "flashsv2",
    "adpcm": "adpcm_swf",
    "pcm": "pcm_s16le",
}
"""FFmpeg's names of decoders that are not ours of the codec."""
_PCM_OF_BYTES: Final = "pcm_u8"
_REMEMBERED: Final = 128
"""Frames: more than any decoder holds back."""
_SHOWS_ALL: Final = frozenset(("h264", "hevc", "vvc", "av1"))
"""Codecs of which each frame is a picture; others have frames that only later ones hang on."""


@attrs.frozen
class DecodedPicture:
    """A picture, and the frame that it was decoded from."""

    frame: VideoFrame
    coded: CodedFrame
    is_corrupt: bool
    """Whether it, or what it hangs on, is damaged."""
    sar: tuple[int, int] = (1, 1)
    """Width to height of a pixel."""


@attrs.frozen
class DecodedSound:
    """Sound out of one packet, and the frame that this was."""

    frame: AudioFrame
    coded: CodedFrame


class TrackDecoder:
    """Decodes one track, of one format after the other.

    Attributes:
        troubles: what went wrong since somebody looked last, and took it away.
    """

    def __init__(self, kind: str) -> None:
        self.troubles: list[Trouble] = []
        self._kind = kind
        self._format: CodedFormat | None = None
        self._context: VideoCodecContext | AudioCodecContext | None = None
        self._inside: dict[int, CodedFrame] = {}
        self._broken_since: int | None = None
        """The index of the frame with which the trouble began, until a keyframe."""
        self._healed_at: int | None = None
        """The index of that keyframe."""

    def decode(self, coded: CodedFrame) -> Iterator[DecodedPicture | DecodedSound]:
        """What comes out when a frame goes in."""
        if coded.format is not self._format:
            yield from self.finish()
            self._open(coded)
        if self._context is None:
            return
        if self._kind == "video":
            self._inside[coded.index] = coded
        self._forget(coded.index - _REMEMBERED)
        if coded.is_key and self._broken_since is not None:
            self._healed_at = coded.index
        packet = av.Packet(coded.data)
        packet.pts = packet.dts = coded.index
        packet.is_keyframe = coded.is_key
        try:
            frames = self._context.decode(packet)
        except av.error.FFmpegError as error:
            self._inside.pop(coded.index, None)
            self._fail(TroubleKind.REFUSED, coded, _words(error))
            return
        for frame in frames:
            yield from self._out(frame, coded)

    def finish(self) -> Iterator[DecodedPicture | DecodedSound]:
        """What is still inside."""
        if self._context is None:
            return
        try:
            frames = self._context.decode(None)
        except av.error.FFmpegError:
            frames = []
        last = self._inside.get(max(self._inside, default=-1))
        for frame in frames:
            if last is not None:
                yield from self._out(frame, last)
        self._forget(last.index if last is not None else -1)
        self._context = None

    def _out(
        self, frame: VideoFrame | AudioFrame, newest: CodedFrame
    ) -> Iterator[DecodedPicture | DecodedSound]:
        if isinstance(frame, AudioFrame):
            yield DecodedSound(frame, newest)
            return
        coded = self._inside.pop(-1 if frame.pts is None else frame.pts, newest)
        if frame.is_corrupt:
            self._fail(TroubleKind.DAMAGED, coded, "the decoder calls the picture damaged")
        assert isinstance(self._context, VideoCodecContext)
        sar = self._context.sample_aspect_ratio
        ratio = (sar.numerator, sar.denominator) if sar else (1, 1)
        yield DecodedPicture(frame, coded, self._is_broken(coded), ratio)

    def _forget(self, last: int) -> None:
        """Of frames up to this one nothing will be shown any more."""
        for index in [index for index in self._inside if index <= last]:
            coded = self._inside.pop(index)
            if coded.format.codec in _SHOWS_ALL:
                self._fail(TroubleKind.NO_PICTURE, coded, "no picture came of it")

    def _is_broken(self, coded: CodedFrame) -> bool:
        """Whether a frame hangs on one that could not be decoded: up to the next keyframe."""
        if self._broken_since is None or coded.index < self._broken_since:
            return False
        if self._healed_at is not None and coded.index >= self._healed_at:
            self._broken_since = self._healed_at = None
            return False
        return True

    def _fail(self, kind: TroubleKind, coded: CodedFrame, detail: str) -> None:
        is_healed = self._healed_at is not None and coded.index >= self._healed_at
        if self._kind == "video" and (self._broken_since is None or is_healed):
            self._broken_since, self._healed_at = coded.index, None
        self.troubles.append(
            Trouble(
                kind=kind, track=self._kind, index=coded.index,
                timestamp_ms=coded.timestamp_ms, detail=detail,
            )
        )  # fmt: skip

    def _open(self, coded: CodedFrame) -> None:
        self._format, self._inside = coded.format, {}
        self._broken_since = self._healed_at = None
        try:
            self._context = _context(coded.format)
        except (av.error.FFmpegError, ValueError) as error:
            self._context = None
            detail = f"{coded.format.codec}: {_words(error)}"
            self._fail(TroubleKind.NO_DECODER, coded, detail)


def _context(wanted: CodedFormat) -> VideoCodecContext | AudioCodecContext:
    name = _DECODERS.get(wanted.codec, wanted.codec)
    if wanted.codec == "pcm" and wanted.sample_bits == 8:
        name = _PCM_OF_BYTES
    context = av.CodecContext.create(name, "r")
    assert isinstance(context, VideoCodecContext | AudioCodecContext)
    context.thread_count = 1
    if wanted.record:
        context.extradata = wanted.record
    if isinstance(context, AudioCodecContext) and wanted.rate_hz and not wanted.record:
        context.sample_rate = wanted.rate_hz
        context.layout = "mono" if wanted.channels == 1 else "stereo"
    if isinstance(context, VideoCodecContext):
        context.flags |= Flags.output_corrupt  # what is damaged is to be seen
        context.flags2 |= Flags2.show_all
    context.open()
    return context


def _words(error: Exception) -> str:
    """FFmpeg's words, without the numbers that PyAV puts before them."""
    said = getattr(error, "strerror", None)
    return said if isinstance(said, str) else str(error)
