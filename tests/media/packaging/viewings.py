"""What a viewer gets of a stream that is cut in this process, and how a fault is planted in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Final

import attrs

from tests.media.remux.records import (
    AVC,
    AVC_OTHER,
    HEVC,
    Message,
    aac,
    aac_head,
    avc,
    enhanced,
    head,
    hevc,
)
from tests.media.segments.streams import FMP4, RULE, START_MS, TS
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_rule import Breach
from trio_srs.media.packaging.packaging_rules import check_packaging
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.media.segments.presentation import Presentation, PresentationRule
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.wire.codec.aac import build_audio_specific_config
from trio_srs.wire.hls.multivariant_playlist import MultivariantPlaylist

__all__ = [
    "FOLDER",
    "SHORT",
    "SITE",
    "SOUND",
    "Fault",
    "Spectator",
    "altered",
    "breaches",
    "broadcast",
    "broken",
    "patchy",
    "sound_viewing",
    "watched",
]

SITE: Final = "http://host/live/a"
FOLDER: Final = f"{SITE}.hls/"
TYPES: Final = {".ts": "video/mp2t", ".m4s": "video/iso.segment", ".mp4": "video/mp4"}
ASC_8K: Final = build_audio_specific_config(2, 8000, 1)
PLAYLIST: Final = {"content-type": "application/vnd.apple.mpegurl", "cache-control": "max-age=1"}

Fault = Callable[[list[Fetched]], list[Fetched]]
"""What a server with a fault would have answered in place of ours."""


class Spectator:
    """Watches a stream as it is cut, and gets everything.

    Args:
        every_s: how long it waits from one playlist to the next, if not for ever.
    """

    def __init__(
        self,
        container: SegmentContainer,
        rule: PresentationRule = RULE,
        every_s: float = 0.0,
    ) -> None:
        self.presentation = Presentation(container, rule, "e", 100)
        self.fetched: list[Fetched] = []
        self.unix_ms = START_MS
        self._every_s, self._revision, self._looked_s = every_s, 0, 0.0
        self._got: set[str] = set()
        self._codecs: list[str] = []

    def publish(self, messages: list[Message], start_ms: int | None = None) -> None:
        """Messages come when they are to be decoded.

        Args:
            start_ms: when the first of them comes; None: now.
        """
        first_ms, since_ms = messages[0][1], self.unix_ms if start_ms is None else start_ms
        for type_id, timestamp_ms, body in messages:
            self.unix_ms = since_ms + (timestamp_ms - first_ms) % (1 << 32)
            self.presentation.write(type_id, timestamp_ms, body, self.unix_ms)
            self.look()

    def leave(self) -> None:
        """The publisher leaves."""
        self.presentation.restart(self.unix_ms)
        self.look(always=True)

    def look(self, *, always: bool = False) -> None:
        """Get the playlists, if there is something new in them, and what they list."""
        made, now_s = self.presentation, self.unix_ms / 1000
        if not made.is_ready:
            return
        if not always and (
            made.revision == self._revision or now_s < self._looked_s + self._every_s
        ):
            return
        self._revision, self._looked_s = made.revision, now_s
        renditions = made.renditions
        said = made.multivariant()
        codecs = [each.codecs for each in said.variants]
        if always or codecs != self._codecs:  # as who loads the page anew
            self._codecs = codecs
            self.add(f"{SITE}.m3u8", prefixed(said).encode(), PLAYLIST)
        for rendition in renditions:
            reports = tuple(each.report for each in renditions if each is not rendition)
            text = rendition.playlist(reports).write()
            self.add(f"{FOLDER}{rendition.name}.m3u8", text.encode(), PLAYLIST)
            self._get(rendition)

    def _get(self, rendition: Rendition) -> None:
        opened = [rendition.open] if rendition.open is not None else []
        for segment in [*rendition.segments, *opened]:
            if segment.init is not None:
                self._piece(segment.init.name, segment.init.data)
            for part in segment.parts if rendition.part_target is not None else ():
                self._piece(part.name, part.data)
            if segment.has_ended:
                self._piece(segment.name, *(part.data for part in segment.parts))

    def _piece(self, name: str, *data: bytes) -> None:
        if name not in self._got and any(data):
            self._got.add(name)
            kind = TYPES[name[name.rindex(".") :]]
            self.add(FOLDER + name, b"".join(data), {"content-type": kind})

    def add(self, url: str, body: bytes, fields: Mapping[str, str]) -> None:
        """One answer more, now."""
        now_s = self.unix_ms / 1000
        self.fetched.append(
            Fetched(url=url, asked_at_s=now_s, at_s=now_s, body=body, fields=dict(fields))
        )


def prefixed(said: MultivariantPlaylist) -> str:
    """A multivariant playlist whose URIs lead to where the others are."""
    folder = FOLDER.rpartition("/live/")[2]
    return attrs.evolve(
        said,
        variants=tuple(attrs.evolve(each, uri=folder + each.uri) for each in said.variants),
        renditions=tuple(attrs.evolve(each, uri=folder + each.uri) for each in said.renditions),
    ).write()


def breaches(fetched: Iterable[Fetched]) -> list[Breach]:
    """Every rule that is broken."""
    return check_packaging(Viewing(fetched))


def broken(fetched: Iterable[Fetched]) -> set[str]:
    """Their names."""
    return {each.rule.name for each in breaches(fetched)}


_RATE: Final = 8000
SHORT: Final = attrs.evolve(RULE, segment_s=1.0, window_s=6.0, part_s=None)
"""A segment a second, a window of six, and no parts."""


def broadcast(seconds: int, start_ms: int = 0, gop: int = 10, record: bytes = AVC) -> list[Message]:
    """Ten pictures a second with B-frames, ``gop`` of them from one keyframe to the next, and sound
    of 8 kHz: as small as can be."""
    pictures = [
        avc(start_ms + n * 100, key=n % gop == 0, cts=100 if n % gop == 0 else (0, 200)[n % 2])
        for n in range(seconds * 10)
    ]
    sounds = [aac(start_ms + n * 128) for n in range(seconds * _RATE // 1024)]
    frames = sorted([*pictures, *sounds], key=lambda each: (each[1] - start_ms) % (1 << 32))
    return [head(record, start_ms), aac_head(start_ms, ASC_8K), *frames]


def watched(container: SegmentContainer, *publishes: list[Message], **rule: Any) -> list[Fetched]:
    """What a viewer gets of what one publisher after the other sends.

    Args:
        rule: other than :data:`SHORT`.
    """
    made = Spectator(container, attrs.evolve(SHORT, **rule))
    for messages in publishes:
        made.publish(messages)
        made.leave()
        made.unix_ms += 300
    return made.fetched


@cache
def _kept(name: str) -> list[Fetched]:
    return SOUND[name]()


def sound_viewing(name: str) -> list[Fetched]:
    """A presentation in which nothing is wrong, by its name."""
    return list(_kept(name))


SOUND: Final[Mapping[str, Callable[[], list[Fetched]]]] = {
    "ts": lambda: watched(TS, broadcast(9)),
    "plain": lambda: watched(FMP4, broadcast(9)),
    "low": lambda: watched(FMP4, broadcast(4), part_s=0.3),
    "long": lambda: watched(FMP4, broadcast(9), part_s=0.5, window_s=20.0),
    "coarse": lambda: watched(FMP4, broadcast(4, gop=14), part_s=1.4, segment_s=1.4),
    "alone": lambda: watched(FMP4, [m for m in broadcast(8, gop=20) if m[0] == 9], segment_s=2.0),
    "sound": lambda: watched(FMP4, [m for m in broadcast(4) if m[0] == 8]),
    "twice": lambda: watched(FMP4, broadcast(3), broadcast(3, 60_000)),
    "changed": lambda: watched(FMP4, [*broadcast(3), *broadcast(3, 3000, record=AVC_OTHER)]),
    "late": lambda: watched(TS, late()),
    "hdr": lambda: watched(FMP4, hdr()),
    "hevc": lambda: watched(FMP4, h265()),
}
"""By name; ``low`` and what follows have low latency, as far as they have parts."""


def gaps() -> list[Message]:
    """Sound that stops for good."""
    return [message for message in broadcast(8) if message[0] == 9 or message[1] < 1500]


def lost() -> list[Fetched]:
    """What somebody gets who does not get everything, and does not look at fields."""
    names = ("video-e-101.m4s", "video-e-102.1", "audio-e-103.m4s", "audio-e-100-init")
    return [
        attrs.evolve(each, fields={}, first_at_s=each.at_s)
        for each in sound_viewing("low")
        if not any(name in each.url for name in names)
    ]


def alone() -> list[Fetched]:
    """Transport streams, all of them lost, or empty, or the rest of a picture, but for one."""
    fetched = [each for each in sound_viewing("ts") if "main-e-103" not in each.url]
    names = [f"main-e-10{n}.ts" for n in (4, 5, 6)]
    return [
        attrs.evolve(each, body=b"") if any(name in each.url for name in names) else each
        for each in fetched
    ]


def patchy() -> list[list[Fetched]]:
    """Presentations with holes, in which nothing is wrong."""
    return [_gappy(), lost(), alone(), *map(sound_viewing, ("hdr", "sound", "late"))]


@cache
def _gappy() -> list[Fetched]:
    return watched(FMP4, gaps(), part_s=0.4)


def late() -> list[Message]:
    """Sound that comes two seconds behind the pictures."""
    heads, frames = broadcast(6)[:2], broadcast(6)[2:]
    return [*heads, *[message for message in frames if message[0] == 9 or message[1] >= 2000]]


def h265() -> list[Message]:
    """Pictures of H.265 alone."""
    pictures = [hevc(n * 100, key=n % 10 == 0) for n in range(60)]
    return [head(HEVC, codec="hvc1"), *pictures]


def hdr() -> list[Message]:
    """VP9 in PQ."""
    record = bytes((2, 10, 0xA2, 9, 16, 9, 0, 0))
    key, inter = bytes.fromhex("824983420013f00ef000"), b"\x86\x00\x00"
    return [
        head(record, codec="vp09"),
        *[enhanced("vp09", n * 100, inter if n % 10 else key, key=n % 10 == 0) for n in range(50)],
    ]


def altered(
    fetched: list[Fetched],
    name: str,
    change: Callable[[bytes], bytes],
    which: Callable[[int], bool] = lambda _: True,
) -> list[Fetched]:
    """The same, with another body of some.

    Args:
        name: what their URLs have in them.
        which: of those, by their place from 0 on, or from -1 back.
    """
    found = [at for at, each in enumerate(fetched) if name in each.url]
    count = len(found)
    chosen = {at for place, at in enumerate(found) if which(place) or which(place - count)}
    made = [
        attrs.evolve(each, body=change(each.body)) if at in chosen else each
        for at, each in enumerate(fetched)
    ]
    assert any(a.body != b.body for a, b in zip(fetched, made, strict=True)), "a fault is planted"
    return made
