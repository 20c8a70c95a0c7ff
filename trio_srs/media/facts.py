"""What is known about a stream: plain values, each with its unit and definition. Floor 1.

Timestamps are the stream's own (milliseconds, DTS), so everything made from them alone is the
same whenever and however often the same messages are looked at. What depends on the moment a
message arrived stands apart, in :class:`ArrivalFacts`.

A *frame* is coded audio or video, as a rule one message: headers, ends and commands are none. Where
a picture comes in several messages (its SEI, parameter sets or slices in messages of their own, all
with its timestamp) it is one frame; messages that have nothing of a picture are none. A frame's
*index* counts the frames of its track before it. None is what was not said, or not looked at;
counters of what was not looked at are 0.

One fault is told once. Where a clock was set (a step back, a jump), or frames are missing for long
(a gap), that is what is told: a frame's *time* is its timestamp with jumps and steps back left
out, and its *pace* is that with gaps left out too. A step that is left out counts as an ordinary
one, as long as the step before it; so does the way back from it, if it comes within a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import attrs

from trio_srs.wire.amf.values import Value

__all__ = [
    "ArrivalFacts",
    "AudioFacts",
    "ClockFacts",
    "DigestFacts",
    "Finding",
    "GopFacts",
    "HeaderFacts",
    "IntervalFacts",
    "Moment",
    "PictureFacts",
    "RateFacts",
    "SkewFacts",
    "StreamFacts",
    "TrackFacts",
    "VideoFacts",
]


@attrs.frozen
class Moment:
    """One frame, or message, of a track."""

    index: int
    """How many frames the track had before it; in facts of the whole stream, how many messages
    with frames, of any track."""
    timestamp_ms: int
    """Milliseconds, as it was sent: unsigned 32 bits."""


@attrs.frozen
class Finding:
    """Something odd that may happen again."""

    count: int = 0
    """How many times."""
    first: Moment | None = None
    """The frame at which it was first seen."""
    largest_ms: int = 0
    """The longest of them, in milliseconds; of steps back, how far back."""


@attrs.frozen
class ClockFacts:
    """The timestamps of a track's frames, or of all frames in the order they came."""

    first_ms: int | None = None
    """Milliseconds: the first timestamp, as it was sent."""
    last_ms: int | None = None
    """Milliseconds: the newest timestamp, as it was sent."""
    duration_ms: int = 0
    """Milliseconds from the first time to the highest, as long as it plays: wraps, jumps and steps
    back left out."""
    regressions: Finding = Finding()
    """Steps back: a timestamp lower than the one before. A wrap of the 32 bits is none. Of a frame
    that was ahead of its time it is that frame, and not the right one behind it."""
    duplicates: Finding = Finding()
    """Frames with the very timestamp of the one before."""
    gaps: Finding = Finding()
    """Steps forward longer than the probe's ``gap_ms`` (1000 ms). The way back from a step back is
    none."""
    jumps: Finding = Finding()
    """Steps longer than the probe's ``jump_ms`` (10 000 ms), forward or back: the clock was set.
    Such a step is a gap or a regression as well. The way back from it is no second one."""
    wraps: int = 0
    """How many times the 32 bits ran over."""


@attrs.frozen
class RateFacts:
    """Bits per second, of message payloads, over the stream's own time."""

    now_bps: int | None = None
    """Bits in the last second: of frames less than 1000 ms before the newest time."""
    mean_bps: float | None = None
    """All bits over the duration and one mean interval more, which is how long the last frame
    lasts. None until there are two different timestamps."""
    peak_bps: int | None = None
    """The most bits in any one second."""


@attrs.frozen
class IntervalFacts:
    """How regularly frames follow each other, at their pace: steps back, jumps and gaps do not
    count."""

    fps: float | None = None
    """Frames a second: 1000 over the mean interval. None until there are two timestamps."""
    jitter_ms: float | None = None
    """Milliseconds: the standard deviation of the intervals. About 0.5 is what rounding to whole
    milliseconds makes."""
    shortest_ms: int | None = None
    """Milliseconds: the shortest interval."""
    longest_ms: int | None = None
    """Milliseconds: the longest interval."""


@attrs.frozen
class GopFacts:
    """Groups of pictures: from a keyframe up to the next. All but the last are finished."""

    count: int = 0
    """Finished groups."""
    frames_min: int | None = None
    """Frames in the shortest finished group."""
    frames_mean: float | None = None
    """Frames in a finished group, on average."""
    frames_max: int | None = None
    """Frames in the longest finished group."""
    seconds_min: float | None = None
    """Seconds from keyframe to keyframe at the track's pace, the shortest."""
    seconds_mean: float | None = None
    """Seconds from keyframe to keyframe, on average."""
    seconds_max: float | None = None
    """Seconds from keyframe to keyframe, the longest."""
    closed: int = 0
    """Groups, the unfinished one too, in which nothing refers to earlier groups."""
    open: int = 0
    """Groups that a decoder cannot begin at cleanly: in H.264 the keyframe is no IDR picture, in
    H.265 pictures to be skipped (RASL) follow it, in AV1 it is not shown at once."""
    before_first: int = 0
    """Frames before the first keyframe, which no decoder can show."""
    current_frames: int = 0
    """Frames of the unfinished group so far."""
    current_seconds: float = 0.0
    """Seconds from the last keyframe to the newest frame."""


@attrs.frozen
class PictureFacts:
    """Pictures by type, as their slice or frame headers say (H.264, H.265, AV1, VP8, VP9)."""

    intra: int = 0
    """Pictures without a reference to others: I slices only; AV1 and VP9 key and intra-only
    frames. Of H.265 pictures the first slice is asked."""
    predicted: int = 0
    """P pictures; AV1 and VP9 inter frames, in which there is no telling P from B."""
    bidirectional: int = 0
    """B pictures."""
    shown_again: int = 0
    """AV1, VP9: messages that only show a frame sent before."""
    hidden: int = 0
    """AV1, VP9: frames sent but not shown, such as alternate references."""
    longest_b_run: int = 0
    """The most B pictures in a row, in the order they were sent."""
    skipped: int = 0
    """Pictures so small that only skipped blocks fit in: at most 16 bytes for each slice and a
    bit for every 32 blocks of 16x16. A hint at a frozen source; nothing is decoded."""
    composition_min_ms: int | None = None
    """Milliseconds: the smallest composition offset (PTS - DTS)."""
    composition_max_ms: int | None = None
    """Milliseconds: the largest composition offset (PTS - DTS)."""


@attrs.frozen
class DigestFacts:
    """SHA-256, in hexadecimal, over all messages so far, headers among them: of a stream its
    audio and video, of a track its own. Data messages have no part: servers put their own words
    in. Of a body with several tracks, each track's data is what follows all headers."""

    exact: str
    """Of each message the type (1 byte), the timestamp, the length (4 bytes each, big-endian) and
    the payload."""
    payload: str
    """Of the payloads alone: whatever the timestamps are."""
    without_user_data: str
    """As :attr:`exact`, but for the user data in H.264 and H.265 SEI, where encoders write their
    name, settings and the time; the same as exact while there is none."""


@attrs.frozen
class SkewFacts:
    """The first audio track against the first video track: audio minus video.

    What is seen at a picture counts when the sound has gone on as before: a step that both tracks
    make within a second is none between them, nor is a frame astray, nor sound that is missing.
    """

    first_ms: int | None = None
    """Milliseconds: the first audio timestamp minus the first video timestamp."""
    now_ms: int | None = None
    """Milliseconds: the newest audio timestamp minus the newest video timestamp."""
    least_ms: int | None = None
    """Milliseconds: the lowest it was at any picture; negative is audio behind."""
    most_ms: int | None = None
    """Milliseconds: the highest it was at any picture."""
    drift_ms_per_minute: float | None = None
    """How the skew grows, in milliseconds a minute of video: the slope of the line that fits best
    (least squares) through the skew at each picture; behind a step of one track another line, that
    grows likewise."""


@attrs.frozen
class HeaderFacts:
    """Sequence headers, alias decoder configuration records."""

    count: int = 0
    """How many came."""
    changes: int = 0
    """How many differed from the one before. Parameter sets that come with a picture and are not
    those that held before it (H.264, H.265, AV1) are a change as well."""
    first_change: Moment | None = None
    """The frame that the first of those stood before, and the header's timestamp."""
    missing: int = 0
    """Frames that came before any sequence header, in a codec that needs one."""


@attrs.frozen(kw_only=True)
class VideoFacts:
    """What only video has."""

    width: int | None = None
    """Pixels, cropping applied. H.265 field sequences, VP8 and VP9 as coded."""
    height: int | None = None
    """Pixels, cropping applied."""
    sar: tuple[int, int] | None = None
    """Sample aspect ratio, width to height; (1, 1) also if not given."""
    display_width: int | None = None
    """Pixels as shown: the width, stretched by the sample aspect ratio and rounded."""
    display_height: int | None = None
    """Pixels as shown: the height."""
    bit_depth: int | None = None
    """Bits of a luma sample."""
    chroma: str | None = None
    """``"4:2:0"``, ``"4:2:2"``, ``"4:4:4"`` or ``"4:0:0"``."""
    interlaced: bool | None = None
    """Whether pictures may be (H.264) or are (H.265) coded as fields; AV1 and VP9 have none."""
    first_field: str | None = None
    """``"top"`` or ``"bottom"``: the field order, as the first picture timing SEI with fields
    says (H.264 with pic_struct, H.265 field sequences)."""
    nominal_fps: Fraction | None = None
    """Frames a second (H.265 field sequences: fields), as the sequence header promises."""
    keyframes: int = 0
    """Frames that their FLV header calls keyframes."""
    false_keyframes: Finding = Finding()
    """Frames that their FLV header calls keyframes although no decoder can begin there: slices that
    refer to others, without a recovery point SEI (H.264); no IRAP picture, likewise (H.265); no
    keyframe (AV1, VP8, VP9)."""
    unmarked_keyframes: Finding = Finding()
    """Frames that their FLV header does not call keyframes although they are: IDR pictures (H.264),
    IRAP pictures (H.265), keyframes that are shown (AV1, VP8, VP9)."""
    gop: GopFacts = GopFacts()
    """Groups of pictures."""
    pictures: PictureFacts = PictureFacts()
    """Pictures by type."""


@attrs.frozen(kw_only=True)
class AudioFacts:
    """What only audio has."""

    sample_rate: int | None = None
    """Hz, as played: from the AudioSpecificConfig, FLAC's STREAMINFO, the frame header of MP3, AC-3
    and E-AC-3, or always 48000 for Opus. Of other codecs, what the FLV header says; of those with
    one rate, that: Nellymoser 16000 and 8000, Speex 16000, G.711 8000."""
    channels: int | None = None
    """As played, from the same place."""
    samples: int = 0
    """Samples per channel in all frames, at :attr:`sample_rate` (all but Speex and ADPCM)."""
    sample_drift_ms: float | None = None
    """Milliseconds by which the timestamps have run ahead of the samples since the first frame,
    or since the last header, at the track's pace. Less than 1 is rounding."""


@attrs.frozen(kw_only=True)
class TrackFacts:
    """One track: Enhanced RTMP may carry several, all others are track 0."""

    kind: str
    """``"video"`` or ``"audio"``."""
    track_id: int = 0
    """As Enhanced RTMP numbers them."""
    codec: str = ""
    """Our name of the codec, or the FourCC of one we do not know."""
    codec_string: str | None = None
    """The RFC 6381 name, such as ``avc1.64001f``."""
    profile: str | None = None
    """Its profile, in the words of its standard."""
    level: str | None = None
    """Its level, as ``3.1``."""
    trouble: str | None = None
    """What could not be read, the last time."""
    troubles: int = 0
    """How many messages could not be read, or not all of them."""
    first_trouble: int | None = None
    """The index of the first of their frames; of a header, of the frame that it stood before."""
    messages: int = 0
    """Messages, headers among them."""
    frames: int = 0
    """Messages with coded audio or video."""
    bytes: int = 0
    """Of message payloads, FLV headers included."""
    headers: HeaderFacts = HeaderFacts()
    """Sequence headers."""
    bitrate: RateFacts = RateFacts()
    """Bits per second."""
    clock: ClockFacts = ClockFacts()
    """Timestamps."""
    intervals: IntervalFacts = IntervalFacts()
    """Measured frame rate, and its jitter."""
    last_frame_s: float | None = attrs.field(default=None, eq=False)  # two ends of one stream
    """Seconds from publish to the newest frame; None if it is not known when it came."""
    ends_early_ms: int = 0
    """Milliseconds by which the newest frame is before the newest of any track. If that is more
    than the longest gap allowed, the track has ended early, or has a gap that goes on."""
    longest_still_ms: int = 0
    """Milliseconds: the longest time in which nothing new came: frames that repeat the one before
    byte for byte, or pictures that skip everything. A hint at silent or frozen input."""
    digests: DigestFacts | None = None
    """What to compare by."""
    video: VideoFacts | None = None
    """What only video has."""
    audio: AudioFacts | None = None
    """What only audio has."""


@attrs.frozen(kw_only=True)
class ArrivalFacts:
    """When messages arrived: no more exact than :attr:`resolution_s`."""

    resolution_s: float | None = None
    """Seconds by which any of these may be off: all that one reading brings counts as arrived
    together, and merged reading reads this seldom. None if whoever looked did not say."""
    first_frame_s: float | None = None
    """Seconds from publish to the first frame."""
    first_keyframe_s: float | None = None
    """Seconds from publish to the first keyframe."""
    last_frame_s: float | None = None
    """Seconds from publish to the newest frame."""
    lag_ms: float | None = None
    """Milliseconds that the newest frame came later than its time says, counted from the first
    frame; negative is earlier. A gap for which nobody waited is left out."""
    lag_least_ms: float | None = None
    """Milliseconds: the lowest lag so far."""
    lag_most_ms: float | None = None
    """Milliseconds: the highest lag so far."""
    longest_silence_s: float = 0.0
    """Seconds: the longest time between two frames, and from publish to the first."""


@attrs.frozen(kw_only=True)
class StreamFacts:
    """Everything about one stream, from its first message."""

    level: str = "full"
    """How much was looked at: ``off`` nothing; ``headers`` counters, codecs, sizes and metadata;
    ``full`` everything."""
    messages: int = 0
    """Audio, video and data messages."""
    bytes: int = 0
    """Of their payloads."""
    tracks: tuple[TrackFacts, ...] = ()
    """In the order in which they first came."""
    metadata: Mapping[str, Value] | None = None
    """What the last ``onMetaData`` said; None also if it could not be read."""
    metadata_changes: int = 0
    """How many ``onMetaData`` differed from the one before."""
    clock: ClockFacts = ClockFacts()
    """Timestamps of all frames in the order they came. Interleaved tracks may step back a little,
    and a clock that is set is so at a frame of each track."""
    bitrate: RateFacts = RateFacts()
    """Bits per second, of audio and video together."""
    skew: SkewFacts = SkewFacts()
    """Audio against video."""
    arrival: ArrivalFacts = ArrivalFacts()
    """When it came."""
    digests: DigestFacts | None = None
    """What to compare by."""

    @property
    def video(self) -> TrackFacts | None:
        """The first video track."""
        return self._first("video")

    @property
    def audio(self) -> TrackFacts | None:
        """The first audio track."""
        return self._first("audio")

    def _first(self, kind: str) -> TrackFacts | None:
        return next((track for track in self.tracks if track.kind == kind), None)
