"""A synthetic stream: everything it can be, and its messages one by one. Floor 1."""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final, Self

import attrs

from trio_srs.media.pattern.canned import (
    CANNED_FPS,
    CANNED_GOP_S,
    CANNED_SIZE,
    canned_audio,
    canned_video,
)
from trio_srs.media.pattern.defects import Defect, DefectKind
from trio_srs.media.pattern.pattern_error import PatternError
from trio_srs.media.pattern.pattern_track import PatternTrack, aac_source, h264_source
from trio_srs.media.pattern.schedule import Schedule
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import EcmaArray
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["AUDIO_CODECS", "VIDEO_CODECS", "Pattern", "Timed"]

VIDEO_CODECS: Final = ("h264", "hevc", "av1")
AUDIO_CODECS: Final = ("aac", "opus", "none")

_U32: Final = 0xFFFFFFFF
_ENCODER: Final = "trio-srs pattern"
_VIDEO_FORM: Final = re.compile(
    r"([a-z0-9]+)(?::(\d{1,5})x(\d{1,5}))?(?:@(\d{1,9}(?:\.\d{1,6})?)(?:/(\d{1,6}))?)?", re.ASCII
)
_AUDIO_FORM: Final = re.compile(r"([a-z0-9]+)(?::(\d{1,6})(?:x(\d{1,2}))?)?", re.ASCII)
_MAX_FPS: Final = 1000


@attrs.frozen
class Timed:
    """A message, and when it is to be sent."""

    at_ms: float
    """Milliseconds since the first; never less than that of the message before."""
    message: Message


def _size(index: int) -> Any:
    default = (640, 360)[index]
    return attrs.Factory(lambda p: default if p.codec == "h264" else CANNED_SIZE[index], True)


@attrs.frozen(kw_only=True)
class Pattern:
    """A synthetic stream. Iterate over it as often as you like: the same messages each time.

    First come metadata and sequence headers, then audio and video as they are due. The messages'
    stream id is 0, which whoever sends them fills in.

    Raises, when it is made:
        PatternError: it cannot be; the text says what can.
    """

    codec: str = "h264"
    """Of the pictures: ``h264`` is made as asked for; ``hevc`` and ``av1`` are canned, at 320x180,
    25 frames a second, with a keyframe every 2 s."""
    width: int = _size(0)
    """Pixels, even; by default 640x360, or what is canned."""
    height: int = _size(1)
    fps: Fraction = attrs.field(default=CANNED_FPS, converter=Fraction)
    """Frames a second: 25, ``Fraction(30000, 1001)``."""
    gop_s: float = CANNED_GOP_S
    """From a keyframe to the next, to the nearest frame."""
    kbps: int = 0
    """Fill H.264 up to this bit rate; 0 for as little as it is, about 30."""
    audio: str = "aac"
    """``aac``, ``opus`` (canned: 48 kHz, stereo) or ``none``."""
    sample_rate: int = 44100
    """Hz, of AAC."""
    channels: int = 2
    """Of AAC."""
    tone_hz: float = 1000.0
    """Of AAC; 0 is silence."""
    seconds: float = math.inf
    """End before there is more media than this."""
    start_ms: int = 0
    """The first timestamp; they go round at 2**32."""
    drift_ppm: float = 0.0
    """How much faster timestamps run than the clock by which they are sent, in millionths."""
    audio_drift_ppm: float = 0.0
    """How much faster the timestamps of audio run than those of video."""
    jitter_ms: float = 0.0
    """How far a video timestamp is off at most, either way. Too little to change their order."""
    seed: int = 0
    """Of the jitter: the same number, the same jitter."""
    defects: tuple[Defect, ...] = ()
    """What is wrong with it on purpose."""
    _pictures: PatternTrack = attrs.field(init=False, repr=False, eq=False)
    _sound: PatternTrack | None = attrs.field(init=False, repr=False, eq=False)
    _schedule: Schedule = attrs.field(init=False, repr=False, eq=False)

    @_pictures.default
    def _make_pictures(self) -> PatternTrack:
        if self.codec not in VIDEO_CODECS:
            raise PatternError(f"video {self.codec!r}: expected one of {', '.join(VIDEO_CODECS)}")
        # H.264 has 32 bits for either part; of the upper one, for twice as much.
        too_fine = max(2 * self.fps.numerator, self.fps.denominator) > _U32
        if not 0 < self.fps <= _MAX_FPS or too_fine:
            raise PatternError(f"{float(self.fps):g} frames/s: expected up to {_MAX_FPS}")
        if not 0 < self.gop_s < math.inf:
            raise PatternError(f"a GOP of {self.gop_s:g} s: expected more than 0 s")
        if self.codec == "h264":
            frames = max(round(self.gop_s * self.fps), 1)
            return h264_source(self.width, self.height, self.fps, frames, self.kbps)
        asked = (self.width, self.height), self.fps, self.gop_s, self.kbps
        if asked != (CANNED_SIZE, CANNED_FPS, CANNED_GOP_S, 0):
            raise PatternError(
                f"{self.codec} is canned: only 320x180 at 25 frames/s with a GOP of 2 s, not filled"
            )
        return canned_video(self.codec)

    @_sound.default
    def _make_sound(self) -> PatternTrack | None:
        match self.audio:
            case "aac":
                return aac_source(self.sample_rate, self.channels, self.tone_hz)
            case "opus":
                return canned_audio()
            case "none":
                return None
        raise PatternError(f"audio {self.audio!r}: expected one of {', '.join(AUDIO_CODECS)}")

    @_schedule.default
    def _make_schedule(self) -> Schedule:
        if not 0 <= self.start_ms <= _U32:
            raise PatternError(f"a first timestamp of {self.start_ms}: expected 0 to {_U32}")
        most = max(float(500 / self.fps) - 1, 0.0)
        if not 0 <= self.jitter_ms <= most:
            raise PatternError(
                f"a jitter of {self.jitter_ms:g} ms at {float(self.fps):g} frames/s: "
                f"expected at most {most:g} ms, which keeps frames in order"
            )
        for ppm in (self.drift_ppm, self.audio_drift_ppm):
            if not -500_000 <= ppm <= 500_000:
                raise PatternError(f"a drift of {ppm:g} ppm: expected at most 500000 either way")
        return Schedule(
            video_interval_ms=1000 / self.fps,
            start_ms=self.start_ms,
            drift_ppm=Fraction(self.drift_ppm),
            audio_drift_ppm=Fraction(self.audio_drift_ppm),
            jitter_ms=self.jitter_ms,
            seed=self.seed,
            defects=self.defects,
        )

    @classmethod
    def parse(cls, video: str, audio: str = "aac", **others: Any) -> Self:
        """Make one from texts: ``h264``, ``h264:640x360``, ``h264:640x360@30000/1001``, ``hevc``.

        Args:
            audio: ``aac``, ``aac:48000``, ``aac:48000x1``, ``opus`` or ``none``.
            others: any of the attributes.

        Raises:
            PatternError: another form, or a pattern that cannot be.
        """
        return cls(**_video_words(video), **_audio_words(audio), **others)

    def __iter__(self) -> Iterator[Message]:
        """The messages, without regard to time."""
        return (timed.message for timed in self.timed())

    def timed(self) -> Iterator[Timed]:
        """The messages, each with the time when it is to be sent."""
        yield from self._headers()
        tracks = [self._video_track()]
        if self._sound is not None:
            tracks.append(self._audio_track(self._sound))
        for due_ms, message in heapq.merge(*tracks, key=lambda pair: pair[0]):
            yield Timed(self._schedule.send_ms(due_ms), message)

    def _headers(self) -> Iterator[Timed]:
        metadata = self._pictures.metadata | (self._sound.metadata if self._sound else {})
        values = EcmaArray(metadata | {"encoder": _ENCODER})
        said = amf0.encode("@setDataFrame", "onMetaData", values)
        bodies = [(MessageType.DATA_AMF0, said), (MessageType.VIDEO, self._pictures.header)]
        if self._sound is not None:
            bodies.append((MessageType.AUDIO, self._sound.header))
        for type_id, body in bodies:
            yield Timed(0.0, Message(type_id, 0, self.start_ms & _U32, body))

    def _video_track(self) -> Iterator[tuple[Fraction, Message]]:
        for due_ms, number, body in self._frames(self._pictures, DefectKind.NO_VIDEO):
            at_ms = self._schedule.video_ms(number) & _U32
            yield due_ms, Message(MessageType.VIDEO, 0, at_ms, body)

    def _audio_track(self, source: PatternTrack) -> Iterator[tuple[Fraction, Message]]:
        for due_ms, _, body in self._frames(source, DefectKind.NO_AUDIO):
            at_ms = self._schedule.audio_ms(due_ms) & _U32
            yield due_ms, Message(MessageType.AUDIO, 0, at_ms, body)

    def _frames(
        self, source: PatternTrack, ending: DefectKind
    ) -> Iterator[tuple[Fraction, int, bytes]]:
        """When each frame is due, its number and its body, up to the end or the defect."""
        bodies, number, due_ms = source.bodies(), 0, Fraction(0)
        while due_ms < self.seconds * 1000 and not self._schedule.is_silent(ending, due_ms):
            yield due_ms, number, next(bodies)
            number += 1
            due_ms = number * source.interval_ms


def _video_words(text: str) -> dict[str, Any]:
    found = _VIDEO_FORM.fullmatch(text)
    if not found:
        raise PatternError(f"a pattern {text!r}: expected CODEC[:WIDTHxHEIGHT][@FPS]")
    codec, width, height, fps, divisor = found.groups()
    words: dict[str, Any] = {"codec": codec}
    if width is not None:
        words |= {"width": int(width), "height": int(height)}
    if fps is not None:
        # A divisor of 0 is a rate of 0, which is refused in its place.
        divisor = int(divisor or 1)
        words["fps"] = Fraction(fps) / divisor if divisor else Fraction(0)
    return words


def _audio_words(text: str) -> dict[str, Any]:
    found = _AUDIO_FORM.fullmatch(text)
    if not found or (found[2] is not None and found[1] != "aac"):
        raise PatternError(f"audio {text!r}: expected aac[:RATE[xCHANNELS]], opus or none")
    words: dict[str, Any] = {"audio": found[1]}
    if found[2] is not None:
        words["sample_rate"] = int(found[2])
    if found[3] is not None:
        words["channels"] = int(found[3])
    return words
