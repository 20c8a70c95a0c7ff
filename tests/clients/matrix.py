"""The streams that are published, the forms they are watched in, and what of one the other has."""

from __future__ import annotations

from typing import Final

import attrs

from tests.interop.media import RECIPES, X264, Recipe

__all__ = ["FORMS", "STREAMS", "Form", "Sample", "Wanted", "wanted"]


@attrs.frozen
class Sample:
    """A stream that is published."""

    video: str
    """Codecs, by our names; empty if it has none."""
    audio: str
    recipe: Recipe
    """How its file is made: two seconds, 25 pictures each."""

    @property
    def name(self) -> str:
        """The codecs: ``h264+aac``."""
        return "+".join(filter(None, (self.video, self.audio)))


STREAMS: Final = (
    Sample("h264", "aac", RECIPES["avc_aac"]),
    Sample("h264", "mp3", RECIPES["avc_mp3"]),
    Sample("h264", "ac3", RECIPES["avc_ac3"]),
    Sample("h264", "opus", Recipe(X264, "libopus", enhanced=True)),
    Sample("hevc", "aac", RECIPES["hevc_aac"]),
    Sample("av1", "aac", RECIPES["av1_aac"]),
    Sample("vp9", "opus", RECIPES["vp9_opus"]),
    Sample("h264", "", RECIPES["avc_only"]),
    Sample("", "aac", RECIPES["aac_only"]),
    Sample("", "mp3", RECIPES["mp3_only"]),
    Sample("", "eac3", RECIPES["eac3_only"]),
    Sample("", "flac", RECIPES["flac_only"]),
)

_TS: Final = frozenset({"h264", "hevc", "aac", "mp3", "ac3", "eac3", "opus"})
_CARRIES: Final = {
    "flv": _TS | {"av1", "vp9", "flac"},
    "ts": _TS,
    "mp4": _TS | {"av1", "vp9", "flac"},
    "aac": frozenset({"aac"}),
    "mp3": frozenset({"mp3"}),
}
_LISTS: Final = {
    "hls": (".m3u8?container=fmp4", _CARRIES["mp4"]),
    "hls-ts": (".m3u8?container=ts", _TS),
    "dash": (".mpd", _CARRIES["mp4"]),
}
_ENDLESS: Final = frozenset({"dash"})
"""Lists that say when a stream is over, and some clients ask for what comes behind that."""
"""What of these streams a view has a place for; and a list of segments, behind its ending. Segments
of fragmented MP4 are offered in low latency, to who takes them so. Not every client lets itself be
told whom to trust for what a list names, so these are not inside TLS."""


@attrs.frozen
class Form:
    """A view, and how it is asked for."""

    scheme: str
    view: str

    @property
    def name(self) -> str:
        """As sessions are called: ``ws-flv``."""
        return f"{self.scheme}-{self.view}"

    @property
    def ending(self) -> str:
        """Of its path."""
        return _LISTS[self.view][0] if self.is_list else f".{self.view}"

    @property
    def is_list(self) -> bool:
        """Whether it is a list of what is to be asked for."""
        return self.view in _LISTS

    @property
    def ends_clients(self) -> bool:
        """Whether the end of the stream is that of who plays it; else they are ended by us, when
        they have shown enough."""
        return self.view not in _ENDLESS

    @property
    def carries(self) -> frozenset[str]:
        """Codecs that it has a place for."""
        return _LISTS[self.view][1] if self.is_list else _CARRIES[self.view]


FORMS: Final = (
    *(Form(scheme, view) for scheme in ("http", "https", "ws", "wss") for view in _CARRIES),
    *(Form("http", view) for view in _LISTS),
)


@attrs.frozen
class Wanted:
    """What there is to see and to hear."""

    pictures: bool
    sound: bool


def wanted(form: Form, stream: Sample) -> Wanted | None:
    """What a viewer has to get of a stream; None if the form cannot carry all that it is for."""
    carries = form.carries
    is_sound = not carries & {"h264"}
    codecs = {stream.audio} if is_sound else {stream.video, stream.audio} - {""}
    if not codecs <= carries:
        return None
    return Wanted(bool(stream.video) and not is_sound, bool(stream.audio))
