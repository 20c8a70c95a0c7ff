"""Every segment can be decoded by itself, with its init segment if it has one: PyAV does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.media.packaging.reels import PICTURES, SOUNDS, reel, together
from tests.media.packaging.viewings import watched
from tests.media.remux import __path__ as folder
from tests.media.segments.streams import FMP4, TS
from trio_srs.media.packaging.viewing import Viewing

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(sys.version_info >= (3, 15), reason="PyAV has no wheel for this Python"),
]

STREAMS: Final = [
    (TS, "h264", "aac"), (TS, "hevc", "ac3"), (TS, "h264", "mp3"), (TS, "hevc", "opus"),
    (FMP4, "h264", "aac"), (FMP4, "hevc", "opus"), (FMP4, "av1", "mp3"), (FMP4, "vp9", "ac3"),
    (FMP4, "h264", "eac3"), (FMP4, "hevc", "flac"),
]  # fmt: skip
"""Every codec in every container that carries it."""
DECODERS: Final = {"libopus": "opus", "libdav1d": "av1", "mp3float": "mp3"}


def written(home: Path) -> dict[str, dict[str, int]]:
    """Segments as files: by path, how many units of each codec are in them."""
    made = {}
    for number, (container, picture, sound) in enumerate(STREAMS):
        messages = together(reel(PICTURES[picture], 1.4), reel(SOUNDS[sound], 1.4))
        viewing = Viewing(watched(container, messages, segment_s=0.45))
        for rendition, segment, content in viewing.segments:
            name = rendition.url.rpartition("/")[2]
            path = home / f"{number}-{name}-{segment.number}.{container}"
            path.write_bytes(content.init + content.data)
            made[str(path)] = {
                units[0].format.codec: len(units) for units in content.by_kind.values()
            }
    return made


def test_every_segment_decodes_alone(tmp_path: Path) -> None:
    files = written(tmp_path)
    command = [sys.executable, f"{folder[0]}/pyav_demuxes.py", *files]
    run = subprocess.run(command, check=True, timeout=50, capture_output=True)
    found: dict[str, dict[str, Any]] = json.loads(run.stdout)
    assert len(files) >= 2 * len(STREAMS)
    for path, units in files.items():
        said = found[path]
        assert said["warned"] == [], path
        streams = {DECODERS.get(each["codec"], each["codec"]): each for each in said["streams"]}
        assert {codec: len(each["packets"]) for codec, each in streams.items()} == units, path
        assert {codec: each["decoded"] for codec, each in streams.items()} == units, path
