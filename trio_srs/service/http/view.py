"""The forms in which a stream can be watched over HTTP, by the ending of a path. Floor 3."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import attrs
import trio

from trio_srs.hub.derived import DerivedForm
from trio_srs.hub.forms import Form
from trio_srs.hub.stream import Stream, Tracks
from trio_srs.service.http.byte_form import BYTES, BYTES_IN_MESSAGES
from trio_srs.service.http.config import HttpConfig
from trio_srs.service.http.flv_form import (
    BROWSER_FLV,
    BROWSER_FLV_IN_MESSAGES,
    FLV,
    FLV_IN_MESSAGES,
)
from trio_srs.service.http.muxed_form import LOOK_MOST, Muxer, muxed_form, nothing_carried
from trio_srs.wire.flv.tag import encode_header
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["VIEWS", "View", "find_view"]

_SETTLE_S: Final = 0.5
"""How long a publish may go on with one kind of track until the other is not waited for."""


@attrs.frozen(kw_only=True)
class View:
    """One form to watch in."""

    name: str
    """As in the protocol of a session: ``flv``."""
    content_type: str
    form: Form
    in_messages: Form
    """The same in WebSocket messages."""
    for_browsers: View | None = None
    """The same for the players of pages, if those need it otherwise."""
    derived: DerivedForm | None = None
    """What is read, if it is not the stream itself."""
    head: Callable[[Stream], bytes] = lambda _: b""
    """What stands before everything else."""
    settles_at: Callable[[Stream], float]
    """When there is something to see, on Trio's clock, as far as that is known now; else infinite.
    Asked whenever something has come."""
    nothing: Callable[[Stream], str] = lambda _: ""
    """Why a stream that is published has nothing to see in this form, in words, if it is so."""


def _tracks_settle_at(stream: Stream) -> float:
    """Players trust what the head of an FLV file says. So it is said when both kinds have come, or
    when one has and the other has had its time to."""
    tracks, lease = stream.tracks, stream.lease
    if lease is None or not any(tracks):
        return math.inf
    return lease.began_at if all(tracks) else lease.began_at + _SETTLE_S


def _flv_head(stream: Stream) -> bytes:
    tracks = stream.tracks
    return encode_header(audio=tracks.audio, video=tracks.video)


def _browser_tracks(stream: Stream) -> Tracks:
    """What of a stream is left for the players of pages, as far as its newest messages show it."""
    with stream.feed.cursor() as cursor:
        kinds = {each.type_id for each in cursor.take(LOOK_MOST) if BROWSER_FLV.pieces(each)}
    return Tracks(audio=MessageType.AUDIO in kinds, video=MessageType.VIDEO in kinds)


def _browser_tracks_settle_at(stream: Stream) -> float:
    return _tracks_settle_at(stream) if any(_browser_tracks(stream)) else math.inf


def _browser_flv_head(stream: Stream) -> bytes:
    tracks = _browser_tracks(stream)
    return encode_header(audio=tracks.audio, video=tracks.video)


def _nothing_for_browsers(stream: Stream) -> str:
    return (
        "there is none of H.264, H.265, AV1, AAC, MP3, PCM, Opus and FLAC in it, which is all that "
        "mpegts.js takes, and http.flv_for_browsers is set"
        if any(stream.tracks) and not any(_browser_tracks(stream))
        else ""
    )


def _muxed(name: str, container: str, content_type: str, make: Callable[[], Muxer]) -> View:
    """A view of a container."""
    form = muxed_form(name, container, make)

    def begins_at(stream: Stream) -> float:
        derived = stream.derived.get(name)
        is_there = derived is not None and derived.feed.has_entry
        return trio.current_time() if is_there else math.inf

    return View(
        name=name,
        content_type=content_type,
        form=BYTES,
        in_messages=BYTES_IN_MESSAGES,
        derived=form,
        settles_at=begins_at,
        nothing=nothing_carried(make),
    )


def _ts_muxer() -> Muxer:
    from trio_srs.media.remux.ts_muxer import TsMuxer  # when somebody wants it

    return TsMuxer()


def _mp4_muxer() -> Muxer:
    from trio_srs.media.remux.mp4_muxer import Mp4Muxer  # likewise

    return Mp4Muxer()


def _sound_muxer(codec: str) -> Callable[[], Muxer]:
    def make() -> Muxer:
        from trio_srs.media.remux.sound_muxer import SoundMuxer  # likewise

        return SoundMuxer(codec)

    return make


_BROWSER_FLV: Final = View(
    name="flv",
    content_type="video/x-flv",
    form=BROWSER_FLV,
    in_messages=BROWSER_FLV_IN_MESSAGES,
    head=_browser_flv_head,
    settles_at=_browser_tracks_settle_at,
    nothing=_nothing_for_browsers,
)

VIEWS: Final[Mapping[str, View]] = {
    ".flv": View(
        name="flv",
        content_type="video/x-flv",
        form=FLV,
        in_messages=FLV_IN_MESSAGES,
        head=_flv_head,
        settles_at=_tracks_settle_at,
        for_browsers=_BROWSER_FLV,
    ),
    ".ts": _muxed("ts", "a transport stream", "video/mp2t", _ts_muxer),
    ".mp4": _muxed("mp4", "an MP4", "video/mp4", _mp4_muxer),
    ".aac": _muxed("aac", "AAC", "audio/aac", _sound_muxer("aac")),
    ".mp3": _muxed("mp3", "MP3", "audio/mpeg", _sound_muxer("mp3")),
}
"""All of them."""


def find_view(ending: str, config: HttpConfig) -> View | None:
    """What is behind an ending; None where nothing is."""
    view = VIEWS.get(ending)
    if view is None or not config.flv_for_browsers:
        return view
    return view.for_browsers or view
