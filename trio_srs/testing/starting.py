"""What starts servers, publishers and players, and the arguments that it takes. Floor 7."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypedDict, Unpack

from trio_srs.testing.hints import nearest

if TYPE_CHECKING:
    from trio_srs.testing.clients import PlayerProcess, PublisherProcess
    from trio_srs.testing.server_process import ServerProcess

__all__ = [
    "FileWords",
    "PatternWords",
    "PublishWords",
    "Sections",
    "StartPlayer",
    "StartPublisher",
    "StartServer",
    "check_words",
]

__tracebackhide__ = True  # pytest: see channel


class PatternWords(TypedDict, total=False):
    """What else a made-up stream can be: see :class:`~trio_srs.media.pattern.Pattern`."""

    width: int
    height: int
    fps: float
    gop_s: float
    kbps: int
    sample_rate: int
    channels: int
    tone_hz: float
    seconds: float
    start_ms: int
    drift_ppm: float
    audio_drift_ppm: float
    jitter_ms: float
    seed: int


class FileWords(TypedDict, total=False):
    """Which part of a file is published: see :class:`~trio_srs.tools.publish.PublishOptions`."""

    seconds: float
    loop: bool
    start_at_s: float


class PublishWords(PatternWords, FileWords, total=False):
    """The arguments of a publish, be it of a made-up stream or of a file."""


class Sections(TypedDict, total=False):
    """Sections of a configuration, each with its keys: ``stream={"publish_busy": "replace"}``."""

    rtmp: Mapping[str, Any]
    rtmps: Mapping[str, Any]
    http: Mapping[str, Any]
    https: Mapping[str, Any]
    hls: Mapping[str, Any]
    dash: Mapping[str, Any]
    stream: Mapping[str, Any]
    app: Mapping[str, Any]
    vhost: Mapping[str, Any]
    access: Mapping[str, Any]
    hooks: Mapping[str, Any]
    capture: Mapping[str, Any]
    history: Mapping[str, Any]
    api: Mapping[str, Any]
    api_https: Mapping[str, Any]
    log: Mapping[str, Any]
    process: Mapping[str, Any]
    programs: Mapping[str, Any]
    faults: Mapping[str, Any]


class StartServer(Protocol):
    """The fixture ``rtmp_server_factory``: starts servers."""

    def __call__(
        self,
        config: str = "",
        *,
        captures: str | os.PathLike[str] | None = ...,
        **sections: Unpack[Sections],
    ) -> ServerProcess:
        """Start a server, whose configuration is text or sections, and wait until it is up."""


class StartPublisher(Protocol):
    """The fixture ``rtmp_publisher``: starts publishers."""

    def __call__(
        self,
        stream: str,
        pattern: str = ...,
        *,
        audio: str = ...,
        defects: Sequence[str] = ...,
        file: str | os.PathLike[str] | None = ...,
        speed: float = ...,
        **more: Unpack[PublishWords],
    ) -> PublisherProcess:
        """Start a publisher of a made-up stream, or of a file, and wait until it may publish."""


class StartPlayer(Protocol):
    """The fixture ``rtmp_player``: starts players."""

    def __call__(self, stream: str) -> PlayerProcess:
        """Start a player, and wait until the server lets it play."""


_OF: Final = {
    "a made-up stream": frozenset(PatternWords.__annotations__),
    "a file": frozenset(FileWords.__annotations__),
}


def check_words(words: Mapping[str, object], *, is_file: bool) -> None:
    """See that what is published can be told all of this, before anything is started for it.

    Raises:
        TypeError: it has no such argument; the text has the nearest, or says of what it is one.
    """
    what, other = reversed(_OF) if is_file else _OF
    for word in words:
        if word not in _OF[what]:
            of_other = f": it is for {other}" if word in _OF[other] else ""
            hint = of_other or nearest(word, _OF[what] | _EXPLICIT)
            raise TypeError(f"a publisher of {what} has no argument {word!r}{hint}")


_EXPLICIT: Final = frozenset(("pattern", "audio", "defects", "file", "speed"))
