"""Damage that was planted before ffmpeg coded everything again is found, at its frame."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.decoded.reencoding import ffmpeg, judged, pattern_file

pytestmark = pytest.mark.decoded

AT = 50
"""The frame at which damage begins, 2 s from the beginning."""
CODED = (
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-bf",
    "0",
    "-b:v",
    "400k",
    "-c:a",
    "aac",
    "-b:a",
    "64k",
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pattern_file(tmp_path_factory.mktemp("source"))


@pytest.mark.parametrize(
    ("planted", "rule", "frame"),
    [
        (("-vf", f"drawbox=t=fill:color=black:enable='between(n,{AT},{AT + 9})'"),
         "picture.black.frames == 0", ("video", AT)),
        (("-vf", f"drawbox=t=fill:color=black:enable='eq(n,{AT})'"),
         "picture.black.frames == 0", ("video", AT)),
        (("-vf", f"drawbox=t=fill:color=0x309060:enable='between(n,{AT},{AT + 9})'"),
         "picture.plain.frames == 0", ("video", AT)),
        (("-filter_complex", f"[0:v]split[a][b];[a][b]freezeframes=first={AT}:last={AT + 19}:"
          f"replace={AT - 1}", "-map", "0:a"), "picture.frozen.seconds <= 200 ms", ("video", AT)),
        (("-af", "volume=0:enable='between(t,2,2.8)'"),
         "audio.silent.seconds <= 200 ms", ("audio", 87)),
        (("-vf", f"select='not(eq(n,{AT}))'", "-fps_mode", "passthrough"),
         "counter.lost == 0", ("video", AT)),
        (("-vf", f"select='not(eq(n,{AT}))'", "-fps_mode", "cfr"),
         "counter.repeated == 0", ("video", AT)),
        (("-vf", f"boxblur=10:enable='eq(n,{AT})'"), "picture.ssim >= 0.9", ("video", AT)),
        (("-af", "volume=30:enable='between(t,2,2.2)'"), "audio.clipped == 0", ("audio", 87)),
    ],
)  # fmt: skip
def test_it_is_found_at_its_frame_and_nothing_else_is(
    source: Path, tmp_path: Path, planted: tuple[str, ...], rule: str, frame: tuple[str, int]
) -> None:
    path = tmp_path / "coded.flv"
    ffmpeg("-i", source, *planted, *CODED, path)
    [found] = judged(path, [rule], source)
    assert not found.met
    assert found.track == frame[0]
    assert found.index == pytest.approx(frame[1], abs=1)


def test_sound_that_is_120_ms_late_is_found_at_the_first_beep(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "coded.flv"
    late = ("-itsoffset", "0.12", "-i", source, "-i", source, "-map", "1:v", "-map", "0:a")
    ffmpeg(*late, *CODED, path)
    found, mean = judged(path, ["sync.ms in -40..40", "sync.mean ~ 120±10"])
    assert not found.met
    assert found.index == pytest.approx(8, abs=1)  # which is shown at 0.32 s
    assert mean.met, mean.message


def test_sound_that_falls_behind_is_found_at_the_next_beep(source: Path, tmp_path: Path) -> None:
    """Beeps are at 0.32, 1.28, 2.24 and 3.2 s; the sound stops for 120 ms at 1.7 s."""
    path = tmp_path / "coded.flv"
    stop = ("-af", "asplit[a][b];[a]atrim=0:1.7[a];[b]atrim=1.7,adelay=120:all=1[b];"
            "[a][b]concat=v=0:a=1")  # fmt: skip
    graph = f"[0:a]{stop[1]}[out]"
    ffmpeg("-i", source, "-filter_complex", graph, "-map", "0:v", "-map", "[out]", *CODED, path)
    [found] = judged(path, ["sync.ms in -40..40"])
    assert not found.met
    assert found.index == pytest.approx(56, abs=1)


@pytest.mark.parametrize(
    ("at", "rule", "frame"),
    [
        (AT + 10, "decode.errors == 0", AT + 10),
        (AT + 10, "picture.corrupt.frames == 0", AT + 11),  # up to the next keyframe
        (AT, "decode.errors <= 10", AT + 10),  # a keyframe: nothing is shown of all that follow
    ],
)
def test_a_frame_that_was_damaged_on_the_way_is_found_and_all_that_hang_on_it(
    source: Path, tmp_path: Path, at: int, rule: str, frame: int
) -> None:
    data = bytearray(source.read_bytes())
    marked = data.index(b"trio-srs frame #%08d" % at)
    data[marked + 32 : marked + 60] = bytes(28)  # its slice
    path = tmp_path / "damaged.flv"
    path.write_bytes(data)
    [found] = judged(path, [rule])
    assert not found.met
    assert found.index == pytest.approx(frame, abs=1)
