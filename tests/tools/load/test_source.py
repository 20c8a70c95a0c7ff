"""What publishers send has the rate, the keyframes and the pace that were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from trio_srs.media.remux.ts_muxer import TsMuxer
from trio_srs.tools.load.plan import LoadRefusedError
from trio_srs.tools.load.source import encode_flv, frame_body, read_flv, synthetic
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.avc import parse_avc_config, parse_sps
from trio_srs.wire.flv.audio import parse_audio
from trio_srs.wire.flv.tag import FlvError, encode_header
from trio_srs.wire.flv.video import FrameType, parse_video

CAPTURE = Path(__file__).parents[2] / "data" / "flv" / "ffmpeg_h264_aac.flv"


@pytest.mark.parametrize("kbit", [200, 600, 1000])
def test_the_rate_is_as_asked_for(kbit: int) -> None:
    source = synthetic(kbit)
    size = sum(len(body) for _, _, body in source.items)
    assert size * 8 / source.length_ms == pytest.approx(kbit, rel=0.03)


def test_video_has_25_frames_a_second_and_a_keyframe_every_two() -> None:
    source = synthetic(1000)
    video = [(ms, body) for ms, kind, body in source.items if kind == 9]
    assert [ms for ms, _ in video] == list(range(0, source.length_ms, 40))
    keys = [ms for ms, body in video if parse_video(body)[0].frame_type is FrameType.KEY]
    assert keys == list(range(0, source.length_ms, 2000))


def test_audio_comes_43_times_a_second_and_may_be_left_out() -> None:
    source = synthetic(1000)
    assert sum(kind == 8 for _, kind, _ in source.items) / source.length_ms == pytest.approx(
        0.043, rel=0.01
    )
    assert {kind for _, kind, _ in synthetic(1000, audio=False).items} == {9}


def test_the_order_is_that_of_time() -> None:
    times = [ms for ms, _, _ in synthetic(300).items]
    assert times == sorted(times)


def test_a_picture_can_be_packed_into_another_container() -> None:
    source = synthetic(1000, audio=False)
    muxer = TsMuxer()
    pieces = [piece for kind, body in source.headers for piece in muxer.write(kind, 0, body)]
    for ms, kind, body in source.items:
        pieces += muxer.write(kind, ms, body)
    assert not muxer.left_out
    assert sum(len(piece.data) for piece in pieces) > sum(len(body) for _, _, body in source.items)


def test_headers_are_what_decoders_read() -> None:
    (_, video), (_, audio) = synthetic(200).headers
    sps = parse_sps(parse_avc_config(parse_video(video)[0].data).sps[0])
    assert (sps.width, sps.height) == (320, 240)
    assert parse_audio_specific_config(parse_audio(audio)[0].data).sample_rate == 44100


@pytest.mark.parametrize("size", [64, 5000])
def test_a_frame_has_exactly_its_size(size: int) -> None:
    assert len(frame_body(size, key=True)) == len(frame_body(size, key=False)) == size


def test_a_file_of_it_is_read_back() -> None:
    source = synthetic(200)
    assert read_flv(encode_flv(source)) == source


def test_a_file_of_ffmpeg_begins_at_0_and_goes_round_without_a_hole() -> None:
    source = read_flv(CAPTURE.read_bytes())
    assert [kind for kind, _ in source.headers] == [9, 8]
    assert source.items[0][0] == 0
    video = [ms for ms, kind, _ in source.items if kind == 9]
    assert source.length_ms > source.items[-1][0]
    assert source.length_ms - video[-1] < 2 * (video[1] - video[0])


def test_a_file_without_media_is_refused() -> None:
    with pytest.raises(LoadRefusedError, match="0 frames, expected two at least"):
        read_flv(encode_header(audio=True, video=True))


def test_what_is_no_flv_file_is_refused() -> None:
    with pytest.raises(FlvError):
        read_flv(b"GIF89a" + bytes(20))
