"""The tracks of a stream in SRS's words. Floor 3."""

from __future__ import annotations

from typing import Final

import attrs
import trio

from trio_srs.hub.publish_record import PublishRecord
from trio_srs.hub.stream import Stream
from trio_srs.media.facts import TrackFacts
from trio_srs.service.api.srs.stream_answers import SrsAudio, SrsVideo

__all__ = ["NO_TRACKS", "KnownTracks", "SrsTracks", "known_tracks"]

_CODECS: Final = {"h264": "H264", "opus": "Opus", "vp6": "VP6", "vp6a": "VP6"}
_PROFILES: Final = {
    # H.264: by its number alone, in which constraints have no part
    "Constrained Baseline": "Baseline",
    "High 10": "High(10)",
    "High 10 Intra": "High(10+Intra)",
    "High 4:2:2": "High(422)",
    "High 4:2:2 Intra": "High(422+Intra)",
    "High 4:4:4 Predictive": "High(444+Predictive)",
    "High 4:4:4 Intra": "High(444+Intra)",
    # H.265
    "Main 10": "Main10",
    "Range Extensions": "Rext",
}
"""SRS's words for what is called otherwise in the standards."""
_OTHER: Final = "Other"
_FRESH_S: Final = 1.0


@attrs.frozen
class SrsTracks:
    """The first video and the first audio of a publish; None as long as it is not known."""

    video: SrsVideo | None = None
    audio: SrsAudio | None = None


NO_TRACKS: Final = SrsTracks()


@attrs.frozen
class KnownTracks:
    """What was known of a publish at a moment."""

    of: PublishRecord
    tracks: SrsTracks
    headers: object
    at: float
    """On Trio's clock."""

    def holds(self, stream: Stream, record: PublishRecord) -> bool:
        """Whether there is no news: another publish, other headers, a track that was not there, or
        a second that has gone by. Facts are dear, and change hardly ever."""
        if self.of is not record or self.headers is not stream.headers:
            return False
        there = stream.tracks
        lacks_video = there.video and self.tracks.video is None
        lacks_audio = there.audio and self.tracks.audio is None
        return not (lacks_video or lacks_audio) and trio.current_time() - self.at < _FRESH_S


def known_tracks(before: KnownTracks | None, stream: Stream, record: PublishRecord) -> KnownTracks:
    """What is known now of a stream that is published.

    Args:
        before: what was known the last time.
    """
    if before is not None and before.holds(stream, record):
        return before
    return KnownTracks(record, _tracks_of(record), stream.headers, trio.current_time())


def _tracks_of(record: PublishRecord) -> SrsTracks:
    if record.inspector is None:
        return NO_TRACKS
    tracks = record.inspector.facts().tracks
    video = next((each for each in tracks if each.kind == "video"), None)
    audio = next((each for each in tracks if each.kind == "audio"), None)
    return SrsTracks(
        video=None if video is None else _video(video),
        audio=None if audio is None else _audio(audio),
    )


def _video(track: TrackFacts) -> SrsVideo:
    facts = track.video
    return SrsVideo(
        codec=_codec(track),
        profile=_profile(track),
        level=track.level or _OTHER,
        width=(facts and facts.width) or 0,
        height=(facts and facts.height) or 0,
    )


def _audio(track: TrackFacts) -> SrsAudio:
    facts = track.audio
    return SrsAudio(
        codec=_codec(track),
        sample_rate=(facts and facts.sample_rate) or 0,
        channel=(facts and facts.channels) or 0,
        profile=_profile(track),
    )


def _codec(track: TrackFacts) -> str:
    return _CODECS.get(track.codec, track.codec.upper())


def _profile(track: TrackFacts) -> str:
    profile = track.profile or _OTHER
    return _PROFILES.get(profile, profile)
