"""A stream in segments, in one container: all of its renditions, and what there is to choose from.
Floor 1.

Source:
    RFC 8216, 4.3.4.2 and 4.3.4.2.1: what a multivariant playlist says of a variant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from trio_srs.media.codec_names import codec_string, video_range
from trio_srs.media.remux.left_out import LeftOut
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.segments.cmaf_packager import CmafPackager
from trio_srs.media.segments.common_clock import CommonClock
from trio_srs.media.segments.cut_rule import HZ, CutRule
from trio_srs.media.segments.packager import Packager
from trio_srs.media.segments.part_rule import PartRule
from trio_srs.media.segments.rendition import Rendition, WindowRule
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.media.segments.segment_keys import SegmentCipher, SegmentKeys
from trio_srs.media.segments.segmenter import Segmenter
from trio_srs.media.segments.sound_label import SoundLabel, labels_of
from trio_srs.media.segments.ts_packager import TsPackager
from trio_srs.wire.hls.multivariant_playlist import (
    MultivariantPlaylist,
    PlaylistRendition,
    PlaylistVariant,
)

__all__ = ["Presentation", "PresentationRule"]

_SOUND: Final = "sound"
_NAME_OF: Final = {"audio": "main"}
"""What a track of sound is called, if it is not as its rendition."""
_HEADROOM: Final = 1.1
"""What comes may be larger than all that has come; players allow for a tenth by themselves."""


@attrs.frozen(kw_only=True)
class PresentationRule:
    """How a stream is cut, and what is kept of it. Times are in seconds."""

    segment_s: float
    """How long a segment is, if there are keyframes."""
    longest_s: float
    """How long the first may be, if there are none."""
    target_s: int | None = None
    """The target duration; None lets it follow from the first segment."""
    part_s: float | None = None
    """How long parts are; None: segments have none. MPEG-TS never has."""
    segments_per_key: int | None = None
    """Encrypt segments, so many by one key; they have no parts then. None: they are not."""
    window_s: float
    """See :attr:`.WindowRule.length`."""
    most_bytes: int
    """Of each rendition."""


class Presentation:
    """Cuts a stream into segments, and lists them.

    Attributes:
        container: in what they are packed.
        keys: by which they are encrypted; None if they are not.

    Args:
        cipher: what encrypts them, where the rule says so.
        epoch: what no other presentation of the stream has had, in any process: part of all names.
        first_number: of the first segment: higher than any that the stream has had.
        clock: see :class:`.Segmenter`.
    """

    def __init__(
        self,
        container: SegmentContainer,
        rule: PresentationRule,
        epoch: str,
        first_number: int,
        cipher: SegmentCipher | None = None,
        clock: CommonClock | None = None,
    ) -> None:
        self.container = container
        self._rule, self._epoch = rule, epoch
        is_ts, per_key = container is SegmentContainer.TS, rule.segments_per_key
        self.keys: SegmentKeys | None = None
        self._parts: PartRule | None = None
        if per_key is not None:
            assert cipher is not None  # nothing is served in the clear by mistake
            self.keys = SegmentKeys(cipher, f"{'main' if is_ts else 'key'}-{epoch}", per_key)
        elif rule.part_s is not None and not is_ts:
            self._parts = PartRule(_ticks(rule.part_s))
        self._packager: Packager
        if is_ts:
            self._packager = TsPackager(self._make("main", first_number))
        else:
            self._packager = CmafPackager(self._make, first_number, self._parts)
        cut = CutRule(_ticks(rule.segment_s), _ticks(rule.longest_s), rule.target_s)
        self._segmenter = Segmenter(self._packager, cut, clock=clock)

    def _make(self, name: str, number: int) -> Rendition:
        rule = self._rule
        window = WindowRule(length=_ticks(rule.window_s), most_bytes=rule.most_bytes)
        ending = ".ts" if self.container is SegmentContainer.TS else ".m4s"
        return Rendition(name, ending, self._epoch, number, window, self._parts, keys=self.keys)

    # ---------------------------------------------------------------- writing

    def write(self, type_id: int, timestamp_ms: int, body: bytes, unix_ms: int) -> None:
        """Take the stream's next message; see :meth:`.Segmenter.write`."""
        self._segmenter.write(type_id, timestamp_ms, body, unix_ms)

    def restart(self, unix_ms: int) -> None:
        """The publish has ended; see :meth:`.Segmenter.restart`."""
        self._segmenter.restart(unix_ms)

    def end(self) -> None:
        """Nothing will come any more: playlists say so."""
        for rendition in self.renditions:
            rendition.has_ended = True
            rendition.revision += 1

    # ---------------------------------------------------------------- reading

    @property
    def left_out(self) -> list[LeftOut]:
        """What the container cannot carry, and why."""
        return self._segmenter.left_out

    @property
    def forced(self) -> int:
        """Segments that ended without a keyframe, because none came in time."""
        return self._segmenter.forced

    @property
    def frame_rate(self) -> float | None:
        """Pictures per second; see :attr:`.Segmenter.frame_rate`."""
        return self._segmenter.frame_rate

    @property
    def renditions(self) -> tuple[Rendition, ...]:
        """Those that there are, the leading one first."""
        return self._packager.renditions

    @property
    def is_ready(self) -> bool:
        """Whether there is a playlist of each that every player takes."""
        renditions = self.renditions
        return bool(renditions) and all(each.is_ready for each in renditions)

    @property
    def revision(self) -> int:
        """Rises with everything that any playlist says."""
        return sum([rendition.revision for rendition in self.renditions])  # at each request

    def rendition(self, name: str) -> Rendition | None:
        """One of them by its name."""
        for rendition in self.renditions:
            if rendition.name == name:
                return rendition
        return None

    def multivariant(
        self, *, with_sound_alone: bool = False, labels: Sequence[SoundLabel] = ()
    ) -> MultivariantPlaylist:
        """What there is to choose from now, behind :attr:`is_ready`.

        URIs are the names of renditions with ``.m3u8`` behind them.

        Args:
            with_sound_alone: whether sound that is apart may be chosen without pictures.
            labels: of tracks of sound, by number.
        """
        formats = self._segmenter.formats
        has_pictures = "video" in formats
        main = self.rendition("video" if has_pictures else "audio") or self.renditions[0]
        sounds = [each for each in self.renditions if has_pictures and each.name in formats][1:]
        parts = (main, *sounds)
        listed = self._listed(parts)
        video = next((each for each in listed if each.kind == "video"), None)
        variant = PlaylistVariant(
            uri=f"{main.name}.m3u8",
            bandwidth=int(_sum_of(parts, "peak_rate") * _HEADROOM) or 1,
            average_bandwidth=_sum_of(parts, "average_rate") or 1,
            codecs=",".join(dict.fromkeys(map(codec_string, listed))),
            width=video.width if video else 0,
            height=video.height if video else 0,
            frame_rate=self._segmenter.frame_rate if video else None,
            video_range=video_range(video) if video else "",
            audio=_SOUND if sounds else "",
        )
        renditions = [
            PlaylistRendition(
                kind="AUDIO", group_id=_SOUND, name=label.name or _NAME_OF.get(name, name),
                uri=f"{name}.m3u8", language=label.language, is_default=label.is_first,
                may_autoselect=label.is_automatic, channels=str(formats[name].channels or ""),
            )
            for name, label in labels_of([each.name for each in sounds], labels).items()
        ]  # fmt: skip
        alone = [
            PlaylistVariant(
                uri=f"{each.name}.m3u8",
                bandwidth=int(max(sound.peak_rate for sound in sounds) * _HEADROOM) or 1,
                average_bandwidth=max(sound.average_rate for sound in sounds) or 1,
                codecs=",".join(
                    dict.fromkeys(codec_string(said) for said in listed if said.kind == "audio")
                ),
                audio=_SOUND,
            )
            for each in sounds[:1]
            if with_sound_alone
        ]
        return MultivariantPlaylist(
            variants=(variant, *alone),
            renditions=tuple(renditions),
            independent_segments=not self.forced and not self._segmenter.open_gops,
        )

    def _listed(self, parts: tuple[Rendition, ...]) -> list[TrackFormat]:
        """Every format that is in the segments that some renditions list, the newest first."""
        oldest = min(each.segments[0].start for each in parts)
        names = {each.name for each in parts}
        is_mixed = self.container is SegmentContainer.TS
        listed = self._segmenter.formats_since(oldest)
        return [each for each in listed if is_mixed or each.kind in names]


def _sum_of(parts: tuple[Rendition, ...], rate: str) -> int:
    """That of pictures, and of the track of sound that has most: one is played at a time."""
    main, *sounds = (int(getattr(each, rate)) for each in parts)
    return main + max(sounds, default=0)


def _ticks(seconds: float) -> int:
    return round(seconds * HZ)
