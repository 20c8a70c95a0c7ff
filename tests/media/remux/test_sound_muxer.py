"""Sound alone: frames of AAC behind ADTS headers, frames of MP3 as they are."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.media.remux.records import (
    ASC,
    AVC,
    IDR,
    Message,
    aac,
    aac_head,
    avc,
    file_messages,
    head,
    mp3,
    opus,
    opus_head,
)
from trio_srs.media.remux.left_out import LeftOutReason
from trio_srs.media.remux.sound_muxer import SoundMuxer
from trio_srs.wire.codec.aac import build_audio_specific_config
from trio_srs.wire.codec.adts import find_adts, split_adts

av = pytest.importorskip("av", reason="the oracle is PyAV")


FILE = Path(__file__).parents[2] / "data" / "flv" / "ffmpeg_h264_aac.flv"


def written(muxer: SoundMuxer, *messages: Message) -> list[bytes]:
    return [piece.data for message in messages for piece in muxer.write(*message)]


def test_each_frame_of_aac_has_its_header() -> None:
    muxer = SoundMuxer("aac")
    frames = written(muxer, aac_head(0), head(AVC), avc(0, IDR), aac(0), aac(23))
    assert len(frames) == 2
    for frame in frames:
        found = find_adts(frame)
        assert found is not None
        assert (found.size, found.object_type) == (len(frame), 2)
    assert muxer.left_out == []


def test_every_frame_is_a_place_to_begin_at() -> None:
    muxer = SoundMuxer("aac")
    muxer.write(*aac_head(0))
    [piece] = muxer.write(*aac(0))
    assert piece.is_entry
    assert not piece.is_new_head
    assert muxer.restart() == []


def test_another_configuration_is_in_the_headers_from_there_on() -> None:
    muxer = SoundMuxer("aac")
    other = build_audio_specific_config(2, 22_050, 1)
    assert other != ASC
    [first, second] = written(muxer, aac_head(0), aac(0), aac_head(20, other), aac(46))
    assert first[:4] != second[:4]


def test_mp3_is_as_it_came() -> None:
    muxer = SoundMuxer("mp3")
    [frame] = written(muxer, mp3(0))
    assert frame == bytes.fromhex("fffb9064") + bytes(len(frame) - 4)
    assert len(frame) == 417  # of 128 kbit/s at 44.1 kHz


def test_another_codec_is_left_out_by_name() -> None:
    muxer = SoundMuxer("aac")
    assert written(muxer, opus_head(0), opus(0), head(AVC), avc(0, IDR)) == []
    [left_out] = muxer.left_out
    assert (left_out.codec, left_out.reason) == ("opus", LeftOutReason.NOT_CARRIED)


def test_a_configuration_that_adts_cannot_say_is_left_out() -> None:
    muxer = SoundMuxer("aac")
    main_er = build_audio_specific_config(23, 44_100, 2)  # ER AAC LD: ADTS has two bits for it
    assert written(muxer, aac_head(0, main_er), aac(0)) == []
    assert [each.reason for each in muxer.left_out] == [LeftOutReason.NOT_CARRIED]


def test_a_frame_that_is_too_long_for_a_header_is_left_out() -> None:
    muxer = SoundMuxer("aac")
    long = (8, 23, aac(23)[2] + bytes(9000))
    assert len(written(muxer, aac_head(0), aac(0), long)) == 1


def test_pyav_reads_it_as_it_reads_the_file() -> None:
    data = b"".join(written(SoundMuxer("aac"), *file_messages(FILE)))
    frames, left = split_adts(data)
    assert left == 0
    with av.open(io.BytesIO(data), format="aac") as container:
        packets = [bytes(packet) for packet in container.demux() if packet.size]
        assert container.streams.audio[0].codec_context.name == "aac"
    assert len(packets) == len(frames) > 5
