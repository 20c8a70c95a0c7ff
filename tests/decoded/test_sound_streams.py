"""Streams of forty kinds with which nothing is wrong: no rule about the picture or the sound says
that anything is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.decoded.reencoding import ffmpeg, judged, pattern_file

pytestmark = pytest.mark.decoded

SECONDS: Final = "2"
SEEN: Final = (
    "decode.end == complete",
    "decode.errors == 0",
    "picture.black.frames == 0",
    "picture.frozen.seconds <= 200 ms",
    "picture.plain.frames == 0",
    "picture.corrupt.frames == 0",
)
HEARD: Final = (
    "decode.end == complete",
    "decode.errors == 0",
    "audio.silent.seconds <= 100 ms",
    "audio.clipped == 0",
)
OF_PATTERN: Final = (
    "counter.lost == 0",
    "counter.reordered == 0",
    "counter.unreadable == 0",
    "sync.ms in -15..15",
    "picture.mirrored == false",
)
X264: Final = "-c:v libx264 -preset ultrafast"
AAC: Final = "-c:a aac -b:a 64k"

CODED: Final = {
    # by what codes it: codecs, profiles, rates, sizes, orders
    "x264 with B frames": f"-c:v libx264 -preset veryfast -bf 3 -b:v 300k {AAC}",
    "x264 at 40 kbit/s": f"{X264} -b:v 40k {AAC}",
    "x264 as coarse as can be": f"{X264} -crf 51 {AAC}",
    "x264 lossless": f"{X264} -qp 0 {AAC}",
    "x264 of 4:4:4": f"{X264} -pix_fmt yuv444p {AAC}",
    "x264 of 4:2:2 and 10 bits": f"{X264} -pix_fmt yuv422p10le {AAC}",
    "x264 in full range": f"{X264} -vf scale=out_range=full -color_range pc {AAC}",
    "x264 in several slices": f"{X264} -slices 4 {AAC}",
    "x264 interlaced": f"-c:v libx264 -preset veryfast -flags +ildct+ilme {AAC}",
    "x264 with intra refresh": f"-c:v libx264 -preset veryfast -intra-refresh 1 {AAC}",
    "x265": f"-c:v libx265 -preset ultrafast -x265-params log-level=none -b:v 200k {AAC}",
    "x265 of 10 bits": "-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le "
    f"-x265-params log-level=none {AAC}",
    "AV1": f"-c:v libaom-av1 -usage realtime -cpu-used 8 -b:v 300k {AAC}",
    "VP9": f"-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 300k {AAC}",
    "H.263 of Sorenson": "-c:v flv -b:v 400k -ar 44100 -c:a aac",
    # by what is done to the picture
    "half the size": f"{X264} -s 320x180 {AAC}",
    "an eighth of the pixels": f"{X264} -s 224x126 {AAC}",
    "another aspect": f"{X264} -s 480x360 {AAC}",
    "cropped": f"{X264} -vf crop=600:340:20:10 {AAC}",
    "in a letterbox": f"{X264} -vf pad=640:480:0:60 {AAC}",
    "turned": f"{X264} -vf transpose=2 {AAC}",
    "dim": f"{X264} -vf eq=contrast=0.3:brightness=-0.2 {AAC}",
    "noisy": f"{X264} -vf noise=c0s=20:c0f=t -b:v 500k {AAC}",
    "blurred": f"{X264} -vf gblur=sigma=4 {AAC}",
    "grey": f"{X264} -vf hue=s=0 {AAC}",
    "under a logo": f"{X264} -vf drawbox=x=540:y=20:w=60:h=30:color=white:t=fill {AAC}",
    # by what is done to the sound
    "Opus": f"{X264} -c:a libopus -b:a 48k",
    "MP3": f"{X264} -c:a libmp3lame -b:a 96k -ar 44100",
    "AAC of one channel at 32 kbit/s": f"{X264} -c:a aac -ac 1 -b:a 32k",
    "AAC at 32 kHz": f"{X264} -c:a aac -ar 32000",
    "AC-3": f"{X264} -c:a ac3",
    "FLAC": f"{X264} -c:a flac -sample_fmt s16",
}
"""Our pattern, 640x360 at 25 pictures a second."""

NATURAL: Final = {
    # other pictures, some of which hardly move; none by chance, as gradients may stand still
    "a mandelbrot set": "mandelbrot=s=320x180:r=25",
    "cells that live and die": "life=s=320x180:r=25:mold=10:life_color=white:ratio=0.3:seed=5",
    "gradients": "gradients=s=320x180:r=25:speed=0.02:seed=5",
    "ffmpeg's test picture": "testsrc=s=320x180:r=25",
    "ffmpeg's other test picture": "testsrc2=s=640x360:r=30000/1001",
    "a small square on grey": "color=gray:s=640x360:r=25[a];"
    "color=white:s=16x16:r=25[b];[a][b]overlay=x=20+100*t:y=100",
    "a slow fade": "testsrc2=s=320x180:r=25,fade=out:st=0:d=20",
    "one star in the night": "color=black:s=320x180:r=25[a];"
    "color=gray:s=16x16:r=25[b];[a][b]overlay=x=20+100*t:y=100",
}


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pattern")
    return pattern_file(folder, audio="aac:48000", seconds=float(SECONDS))


@pytest.mark.parametrize("kind", CODED)
def test_nothing_is_wrong_with_our_pattern(pattern: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "coded.flv"
    ffmpeg("-i", pattern, *CODED[kind].split(), path)
    rules = [*SEEN, *HEARD, *OF_PATTERN]
    if kind == "turned":
        rules.append("picture.turned == 270")
    if kind == "grey":  # its marks have no colour; where it stands is known all the same
        rules.remove("picture.mirrored == false")
    assert [each.message for each in judged(path, rules) if not each.met] == []


@pytest.mark.parametrize("kind", NATURAL)
def test_nothing_is_wrong_with_other_pictures(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "coded.flv"
    inputs = (
        "-f",
        "lavfi",
        "-i",
        NATURAL[kind],
        "-f",
        "lavfi",
        "-i",
        "anoisesrc=a=0.2:c=pink:seed=5",
    )
    ffmpeg(*inputs, "-t", SECONDS, "-pix_fmt", "yuv420p", *X264.split(), *AAC.split(), path)
    rules = [*SEEN, *HEARD, "audio.tone absent", "counter.lost absent"]
    assert [each.message for each in judged(path, rules) if not each.met] == []


@pytest.mark.parametrize(
    ("video", "audio"), [("hevc", "opus"), ("av1", "aac"), ("h264:128x80@50", "aac:32000x1")]
)
def test_nothing_is_wrong_with_what_we_publish_ourselves(
    tmp_path: Path, video: str, audio: str
) -> None:
    path = pattern_file(tmp_path, video, audio, seconds=3.0)
    assert [each.message for each in judged(path, [*SEEN, *HEARD]) if not each.met] == []
