"""What sections have in common whose service serves streams in segments. Floor 3."""

from __future__ import annotations

import enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.units import Bytes, Seconds, Timeout, bytes_within, seconds_within, within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trio_srs.hub.segmented_streams import SegmentsRule
    from trio_srs.media.segments.sound_label import SoundLabel

__all__ = ["EVERYWHERE", "READ_MOST", "SegmentedConfig", "SegmentsStart"]

READ_MOST: Final = 256
"""Values of a key that are kept as they were read; who may change the configuration may say any."""
EVERYWHERE: Final = {"everywhere": True}
"""Of keys that hold for the whole server; all others may be given for some streams."""


class SegmentsStart(enum.StrEnum):
    """When a stream begins to be cut."""

    REQUEST = "request"
    """When somebody asks for its playlist."""
    PUBLISH = "publish"
    """When it is published, so that the first viewer waits for nothing."""


@lru_cache(READ_MOST)
def _read_tracks(texts: tuple[str, ...]) -> tuple[SoundLabel, ...]:
    from trio_srs.media.segments.sound_label import read_label  # where there are some

    return tuple(map(read_label, texts))


def _check_tracks(_config: object, _field: object, texts: tuple[str, ...]) -> None:
    if texts:
        _read_tracks(texts)


@attrs.frozen(kw_only=True)
class SegmentedConfig:
    """How streams are cut, and for whom. Where `[hls]` and `[dash]` say the same, a stream is cut
    once for both."""

    enabled: bool = True
    """Whether streams are served so at all."""
    start: SegmentsStart = SegmentsStart.REQUEST
    """Begin to cut a stream at the first `request` for it, or as soon as it is published
    (`publish`)."""
    segment: Seconds = attrs.field(default=Seconds(2.0), validator=seconds_within("1s", "60s"))
    """How long a segment is: it ends at the first keyframe behind that. A stream without pictures
    is cut at that length."""
    longest_segment: Seconds = attrs.field(
        default=Seconds(10.0), validator=seconds_within("1s", "60s")
    )
    """How long the first segment of a stream may be, if no keyframe comes. From the first segment
    follows the target duration, which holds for good: later segments that would be longer end
    without a keyframe."""
    target_duration: int | None = attrs.field(default=None, validator=within(1, 60))
    """The target duration, in whole seconds, if it is not to follow from the first segment: for
    encoders whose keyframes are at irregular distances, the longest of those. Players begin three
    of them behind, unless latency is low. `"off"` lets it follow."""
    part: Seconds | None = attrs.field(default=Seconds(0.2), validator=seconds_within("50ms", "5s"))
    """Low latency: how long the parts of a segment are that are sent before it is whole, or a
    little longer, so that whole pictures fill them. `"off"`: segments have none; nor have those of
    MPEG-TS."""
    window: Seconds = attrs.field(default=Seconds(30.0), validator=seconds_within("1s", "1h"))
    """How much of a stream its playlist has: at least six segments, and three target durations.
    Segments that leave it are kept as long again."""
    window_bytes: Bytes = attrs.field(
        default=Bytes(128 * 2**20), validator=bytes_within("1MiB", "16GiB")
    )
    """The most bytes that are kept of each rendition, whatever their length in time."""
    linger: Seconds = attrs.field(default=Seconds(30.0), validator=seconds_within("0s", "24h"))
    """How long a stream goes on being cut when its last viewer has left."""
    missing_timeout: Timeout = attrs.field(
        default=Timeout(15.0), validator=seconds_within("0s", "never")
    )
    """How long a viewer waits for the first segment of a stream before the answer is 404; with
    `play_missing = "refuse"` a stream that nobody publishes is not waited for."""
    republish_timeout: Timeout = attrs.field(
        default=Timeout(10.0), validator=seconds_within("0s", "never")
    )
    """How long a playlist stays open, when a publisher has left, for the next one of the same name.
    Then it says that it has ended."""
    audio_tracks: tuple[str, ...] = attrs.field(default=(), validator=_check_tracks)
    """Of a stream with several tracks of sound, the language of each (RFC 5646) and what it is
    called, the first first: `["de: Originalton", "en: English", "en: Commentary"]`. One of them may
    be left out: `["de", ": Music"]`."""
    viewer_timeout: Seconds = attrs.field(
        default=Seconds(30.0), validator=seconds_within("1s", "1h"), metadata=EVERYWHERE
    )
    """A viewer that has asked for nothing for this long is gone."""
    viewer_ctx: bool = True
    """Give each viewer URLs of its own, by which it is a session. `false` gives all the same ones,
    so that a CDN or a cache can keep what is there: then who asks this server is the viewer, by its
    address and its `Authorization`."""
    max_viewers: int = attrs.field(
        default=10_000, validator=within(1, 1_000_000), metadata=EVERYWHERE
    )
    """The most viewers and other connections of the server at once, for another viewer of this kind
    to be let in."""
    max_viewers_per_ip: int | None = attrs.field(
        default=None, validator=within(1, 1_000_000), metadata=EVERYWHERE
    )
    """The most of them from one IP address; `"off"` counts none."""

    @property
    def usual_container(self) -> SegmentContainer:
        """In what streams are cut where nobody asks for another container."""
        return SegmentContainer.FMP4

    @property
    def sound_labels(self) -> tuple[SoundLabel, ...]:
        """What tracks of sound are called, by number."""
        return _read_tracks(self.audio_tracks) if self.audio_tracks else ()

    def narrowed(self, given: Mapping[str, Any]) -> Self:
        """The same but for keys that are given for some streams."""
        return attrs.evolve(self, **given)

    def rule(self, container: SegmentContainer) -> SegmentsRule:
        """How streams are cut in a container."""
        from trio_srs.hub.segmented_streams import SegmentsRule  # when they are cut
        from trio_srs.media.segments.presentation import PresentationRule  # likewise

        return SegmentsRule(
            container=container,
            cut=PresentationRule(
                segment_s=self.segment,
                longest_s=max(self.longest_segment, self.segment),
                target_s=self.target_duration,
                part_s=self.part,
                window_s=self.window,
                most_bytes=self.window_bytes,
            ),
            linger_s=self.linger,
            republish_s=self.republish_timeout,
        )
