"""What others package is judged: sound as it is, and what of it is against a rule by its name."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.interop.programs import FFMPEG, GSTREAMER, needs
from trio_srs.testing import absent, at_most, expect, report_of

pytestmark = pytest.mark.packagers

INPUT: Final = shlex.split(
    "-f lavfi -i testsrc2=size=160x120:rate=25 -f lavfi -i sine=sample_rate=48000 -t 4 "
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25 -bf 2 -c:a aac"
)
HLS: Final = ("-f", "hls", "-hls_time", "1", "-hls_list_size", "0")
KEY: Final = "00112233445566778899aabbccddeeff"
SEALED: Final = ("-hls_enc", "1", "-hls_enc_key", KEY, "-hls_enc_key_url", "k")
VARIANTS: Final = (
    *shlex.split("-map 0:v -map 0:v -map 1:a -map 1:a -s:v:0 160x120 -s:v:1 80x60"), *HLS,
    "-master_pl_name", "i.m3u8", "-var_stream_map", "v:0,a:0 v:1,a:1", "v%v.m3u8",
)  # fmt: skip
FFMPEGS: Final[Mapping[str, tuple[tuple[str, ...], str, str, frozenset[str]]]] = {
    "hls of ts": ((*HLS, "i.m3u8"), "HLS", "MPEG-TS", frozenset()),
    "hls of fmp4": ((*HLS, "-hls_segment_type", "fmp4", "i.m3u8"), "HLS", "fMP4", frozenset()),
    "hls in one file": (
        (*HLS, "-hls_flags", "single_file", "i.m3u8"), "HLS", "MPEG-TS", frozenset(),
    ),
    "hls encrypted": ((*HLS, *SEALED, "i.m3u8"), "HLS", "MPEG-TS", frozenset()),
    "hls in two sizes": (VARIANTS, "HLS", "MPEG-TS", frozenset({"pictures_have_size_and_rate"})),
    "dash": (("-f", "dash", "-seg_duration", "1", "i.mpd"), "DASH", "fMP4", frozenset()),
    "dash without timelines": (
        ("-f", "dash", "-seg_duration", "1", "-use_timeline", "0", "i.mpd"),
        "DASH", "fMP4", frozenset(),
    ),
}  # fmt: skip
"""Options, and what is seen: its form and container, and the rules that it breaks."""


@pytest.mark.parametrize("name", FFMPEGS)
def test_what_ffmpeg_packages_is_healthy(name: str, tmp_path: Path) -> None:
    options, form, container, broken = FFMPEGS[name]
    (tmp_path / "k").write_bytes(bytes.fromhex(KEY))
    command = [FFMPEG, "-v", "error", *INPUT, *options]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=50)
    report = report_of(tmp_path / options[-1] if form == "DASH" else tmp_path / "i.m3u8")
    with expect(report) as stream:
        stream.healthy(packaging=f"in {', '.join(broken)}" if broken else absent)
        stream.video(codec="h264", frames=100, size=(160, 120)).audio(codec="aac")
        stream.packaging(form=form, container=container, hole_longest=at_most(1))
        stream.packaging(segments_seconds=at_most(1.1), live=False)
    assert report.packaging is not None
    errors = {each.rule for each in report.packaging.breaches if each.severity == "error"}
    assert errors == broken


def gstreamer(folder: Path, *words: str) -> None:
    """Package four seconds of pictures that ffmpeg made.

    Of twenty runs side by side of ``hlssink2`` (1.22), one comes to its end and stands still: it is
    run again then. Nothing of ours takes part in it.
    """
    made = [FFMPEG, "-v", "error", *INPUT, "-an", "in.ts"]
    subprocess.run(made, cwd=folder, check=True, timeout=50)
    source = shlex.split("filesrc location=in.ts ! tsdemux ! h264parse !")
    for tries_left in reversed(range(3)):
        try:
            subprocess.run([GSTREAMER, "-q", *source, *words], cwd=folder, check=True, timeout=15)
            return
        except subprocess.TimeoutExpired:
            if not tries_left:
                raise


def has(element: str) -> bool:
    inspect = shutil.which("gst-inspect-1.0")
    return inspect is not None and not subprocess.run([inspect, "--exists", element]).returncode


@needs(GSTREAMER, "gstreamer1.0-tools")
@pytest.mark.parametrize(
    ("element", "options", "name"),
    [
        ("hlssink2", ["target-duration=1", "playlist-length=0", "max-files=0"], "playlist.m3u8"),
        ("hlscmafsink", ["target-duration=1", "playlist-length=0"], "playlist.m3u8"),
    ],
)
def test_what_gstreamer_packages_is_healthy(
    element: str, options: list[str], name: str, tmp_path: Path
) -> None:
    if not has(element):
        pytest.skip(f"no {element}: install gstreamer1.0-plugins-bad, or -rs for hlscmafsink")
    gstreamer(tmp_path, element, *options)
    report = report_of(tmp_path / name)
    expect(report).healthy().video(codec="h264", frames=100).packaging(form="HLS")
