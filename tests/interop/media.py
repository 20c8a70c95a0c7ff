"""Tiny FLV files, made once for all tests, and what is in them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

import attrs
import pytest

from tests.interop.client import MEDIA, Item
from tests.interop.programs import FFMPEG, FFMPEGS, Ended, copying, ffmpeg, run
from trio_srs.wire.flv.tag import FlvReader

__all__ = ["ANY_FFMPEG", "LEGACY", "RECIPES", "X264", "Library", "Recipe", "items_of"]

_PICTURES: Final = "testsrc=size=160x120:rate=25,format=yuv420p"
_TONE: Final = "sine=frequency=440"


@attrs.frozen
class Recipe:
    """How a file is made: encoders for its pictures and its sound, or None."""

    video: str | None = None
    audio: str | None = None
    enhanced: bool = False
    """Whether it needs Enhanced RTMP, which ffmpeg has had since version 6."""
    tracks: int = 1
    """Of pictures and of sound alike."""
    seconds: int = 2

    def arguments(self) -> list[str]:
        """What ffmpeg is to be told."""
        sources = [
            source
            for source, encoder in ((_PICTURES, self.video), (_TONE, self.audio))
            if encoder is not None
        ] * self.tracks
        command = [word for source in sources for word in ("-f", "lavfi", "-i", source)]
        command += [word for i in range(len(sources)) for word in ("-map", str(i))]
        command += ["-t", str(self.seconds)]
        if self.video is not None:
            command += ["-g", "10", "-c:v", *self.video.split()]
        if self.audio is not None:
            command += ["-c:a", *self.audio.split()]
        return command


X264: Final = "libx264 -preset ultrafast -bf 2 -b_strategy 0"

RECIPES: Final = {
    "avc_aac": Recipe(X264, "aac"),
    "avc_mp3": Recipe(X264, "libmp3lame"),
    "aac_only": Recipe(None, "aac"),
    "mp3_only": Recipe(None, "libmp3lame"),
    "avc_only": Recipe(X264, None),
    "sorenson_nellymoser": Recipe("flv", "nellymoser -ar 16000"),
    "hevc_aac": Recipe("libx265 -preset ultrafast -x265-params log-level=none", "aac", True),
    "av1_aac": Recipe("libaom-av1 -cpu-used 8 -usage realtime -crf 40", "aac", True),
    "vp9_opus": Recipe("libvpx-vp9 -deadline realtime -cpu-used 8 -crf 40", "libopus", True),
    "flac_only": Recipe(None, "flac", True),
    "avc_ac3": Recipe(X264, "ac3", True),
    "eac3_only": Recipe(None, "eac3", True),
    "multitrack": Recipe(X264, "aac", True, tracks=2),
}
LEGACY: Final = [name for name, recipe in RECIPES.items() if not recipe.enhanced]
ENHANCED: Final = [name for name, recipe in RECIPES.items() if recipe.enhanced]
ANY_FFMPEG: Final = [
    *(
        pytest.param(*each.values, name, id=f"{each.id}-{name}", marks=each.marks)
        for each in FFMPEGS
        for name in LEGACY
    ),
    *(pytest.param(FFMPEG, name, id=f"wheel-{name}") for name in ENHANCED),
]
"""Every ffmpeg with every file that it can send and read."""


class Library:
    """The files, each made when it is first asked for, by whichever process of the tests asks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._muxed: dict[tuple[str, str], Ended] = {}

    def file(self, name: str) -> Path:
        """The FLV file of a recipe: 2 seconds, a keyframe every 10 pictures."""
        return self.made(name, RECIPES[name])

    def made(self, name: str, recipe: Recipe) -> Path:
        """The file of a recipe that is in no list."""
        path = self._folder / f"{name}.flv"
        if not path.exists():
            making = path.with_name(f"{name}-{os.getpid()}.flv")
            command = ffmpeg(FFMPEG, *recipe.arguments(), "-f", "flv", str(making))
            subprocess.run(command, check=True, timeout=30, stderr=subprocess.PIPE)
            making.replace(path)
        return path

    async def muxed(self, program: str, name: str) -> Ended:
        """What a program makes of that file where it cannot seek, as with a server."""
        if (program, name) not in self._muxed:
            self._muxed[program, name] = await run(copying(program, self.file(name), "pipe:1"))
        return self._muxed[program, name]


def items_of(flv: bytes) -> list[Item]:
    """Audio and video of an FLV file."""
    reader = FlvReader()
    reader.feed(flv)
    items: list[Item] = []
    while (tag := reader.next_tag()) is not None:
        if tag.type_id in MEDIA:
            items.append((tag.type_id, tag.timestamp_ms, tag.body))
    return items
