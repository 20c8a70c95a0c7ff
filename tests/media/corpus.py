"""Small generated streams of many kinds: how each is made."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import attrs

from tests.interop.programs import FFMPEG, ffmpeg

__all__ = ["RECIPES", "Recipe", "make_all"]


@attrs.frozen
class Recipe:
    """One file: FLV, a second long, of one track."""

    arguments: tuple[str, ...]
    """Of ffmpeg, between the sources and the output."""
    source: str
    """A source of libavfilter."""

    def input(self) -> tuple[str, ...]:
        """Of ffmpeg: where it comes from."""
        return "-f", "lavfi", "-i", self.source

    def output(self, number: int, path: Path) -> tuple[str, ...]:
        """Of ffmpeg: the file, from the input of that number."""
        options = ("-map", str(number), "-t", "1", *self.arguments, "-threads", "1")
        return *options, "-f", "flv", str(path)


def _video(
    encoder: str, size: str = "128x96", rate: str = "25", pixels: str = "yuv420p", *, sar: str = "1"
) -> Recipe:
    source = f"testsrc=rate={rate}:size={size},setsar={sar},format={pixels}"
    return Recipe(("-c:v", *encoder.split()), source)


def _audio(encoder: str, rate: int, layout: str) -> Recipe:
    source = f"anoisesrc=sample_rate={rate}:amplitude=0.2:seed=1,aformat=channel_layouts={layout}"
    return Recipe(("-c:a", *encoder.split(), "-ar", str(rate)), source)


_TOGETHER: Final = 8

_X264: Final = "libx264 -preset ultrafast"
_X264_B: Final = "libx264 -preset veryfast -bf 2 -b_strategy 0"
_X265: Final = "libx265 -preset ultrafast -x265-params log-level=none:pools=none"
_AOM: Final = "libaom-av1 -cpu-used 8 -usage realtime -crf 50 -g 10"
_VPX: Final = "libvpx-vp9 -deadline realtime -cpu-used 8 -crf 50 -b:v 0 -g 10"

RECIPES: Final[dict[str, Recipe]] = {
    "h264_baseline": _video(f"{_X264} -profile:v baseline -g 10"),
    "h264_main_b": _video(f"{_X264_B} -profile:v main -g 12"),
    "h264_high_b": _video(f"{_X264_B} -profile:v high -g 25 -8x8dct 1"),
    "h264_b_pyramid": _video(
        "libx264 -preset veryfast -bf 3 -b_strategy 0 -b-pyramid normal -g 25"
    ),
    "h264_open_gop": _video(f"{_X264_B} -g 8 -x264-params open-gop=1:scenecut=0"),
    "h264_intra": _video(f"{_X264} -g 1"),
    "h264_slices": _video(f"{_X264} -g 10 -slices 3", "128x128"),
    "h264_high10": _video(f"{_X264} -g 10", pixels="yuv420p10le"),
    "h264_high422": _video(f"{_X264} -g 10", pixels="yuv422p"),
    "h264_high422_10": _video(f"{_X264} -g 10", pixels="yuv422p10le"),
    "h264_high444": _video(f"{_X264} -g 10", pixels="yuv444p"),
    "h264_odd_size": _video(f"{_X264} -g 10", "322x242"),
    "h264_tall": _video(f"{_X264} -g 10", "90x160"),
    "h264_pal_sar": _video(f"{_X264} -g 10", "180x144", sar="16/11"),
    "h264_odd_sar": _video(f"{_X264} -g 10", "176x144", sar="7/5"),
    "h264_10_fps": _video(f"{_X264} -g 5", rate="10"),
    "h264_film": _video(f"{_X264} -g 24", rate="24000/1001"),
    "h264_ntsc": _video(f"{_X264} -g 30", rate="30000/1001"),
    "h264_50_fps": _video(f"{_X264} -g 50", rate="50"),
    "h264_60_fps": _video(f"{_X264} -g 30", rate="60"),
    "h264_top_first": _video(f"{_X264} -g 10 -flags +ildct+ilme", "128x128,setfield=tff"),
    "h264_bottom_first": _video(f"{_X264_B} -g 10 -x264-params bff=1", "128x144"),
    "hevc_main": _video(f"{_X265} -g 10"),
    "hevc_b": _video("libx265 -preset veryfast -bf 3 -g 12 -x265-params log-level=none:open-gop=0"),
    "hevc_open_gop": _video(f"{_X265}:open-gop=1:bframes=3:b-adapt=0:scenecut=0 -g 8"),
    "hevc_main10": _video(f"{_X265} -g 10", pixels="yuv420p10le"),
    "hevc_422_10": _video(f"{_X265} -g 10", pixels="yuv422p10le"),
    "hevc_444": _video(f"{_X265} -g 10", pixels="yuv444p"),
    "hevc_odd_size": _video(f"{_X265} -g 10", "322x242", "30"),
    "hevc_sar": _video(f"{_X265} -g 10", "180x144", sar="16/11"),
    "hevc_fields": _video(f"{_X265}:interlace=tff -g 10", "128x128"),
    "hevc_ntsc": _video(f"{_X265} -g 10", rate="30000/1001"),
    "av1_main": _video(_AOM),
    "av1_odd_size": _video(_AOM, "322x242", "30"),
    "av1_main10": _video(_AOM, "66x50", pixels="yuv420p10le"),
    "av1_high444": _video(_AOM, "66x50", pixels="yuv444p"),
    "vp9_0": _video(_VPX),
    "vp9_odd_size": _video(_VPX, "322x242", "30"),
    "vp9_1_444": _video(_VPX, pixels="yuv444p"),
    "vp9_2_10": _video(_VPX, pixels="yuv420p10le"),
    "vp9_lag": _video("libvpx-vp9 -cpu-used 5 -b:v 100k -g 20 -lag-in-frames 10"),
    "aac_8k_mono": _audio("aac", 8000, "mono"),
    "aac_16k": _audio("aac", 16000, "stereo"),
    "aac_22k": _audio("aac", 22050, "stereo"),
    "aac_44k": _audio("aac", 44100, "stereo"),
    "aac_48k_mono": _audio("aac", 48000, "mono"),
    "aac_48k_51": _audio("aac", 48000, "5.1"),
    "aac_48k_71": _audio("aac", 48000, "7.1"),
    "aac_96k": _audio("aac", 96000, "stereo"),
    "mp3_44k": _audio("libmp3lame", 44100, "stereo"),
    "mp3_44k_mono": _audio("libmp3lame", 44100, "mono"),
    "mp3_22k": _audio("libmp3lame", 22050, "stereo"),
    "mp3_11k_mono": _audio("libmp3lame", 11025, "mono"),
    "opus_mono": _audio("libopus -b:a 24k", 48000, "mono"),
    "opus_stereo_60_ms": _audio("libopus -b:a 48k -frame_duration 60", 48000, "stereo"),
    "opus_short": _audio("libopus -b:a 96k -frame_duration 2.5", 48000, "stereo"),
    "opus_51": _audio("libopus -b:a 128k -mapping_family 1", 48000, "5.1"),
    "g711_mulaw": _audio("pcm_mulaw", 8000, "mono"),
    "g711_alaw": _audio("pcm_alaw", 8000, "mono"),
    "nellymoser_16k": _audio("nellymoser", 16000, "mono"),
    "pcm_22k": _audio("pcm_s16le", 22050, "stereo"),
    "pcm_44k_mono": _audio("pcm_u8", 44100, "mono"),
}


def make_all(folder: Path) -> Iterator[tuple[str, Path]]:
    """Write every file, some of them together: to start ffmpeg takes as long as to write one."""
    paths = {name: folder / f"{name}.flv" for name in RECIPES}
    files = list(paths.items())
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(_make, [files[at : at + _TOGETHER] for at in range(0, len(files), _TOGETHER)])
        )
    yield from paths.items()


def _make(files: list[tuple[str, Path]]) -> None:
    inputs = [word for name, _ in files for word in RECIPES[name].input()]
    outputs = [
        word for number, (name, path) in enumerate(files)
        for word in RECIPES[name].output(number, path)
    ]  # fmt: skip
    command = ffmpeg(FFMPEG, *inputs, *outputs)
    subprocess.run(command, check=True, timeout=50, stderr=subprocess.PIPE)
