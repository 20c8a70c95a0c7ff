"""Codec headers: any bytes are read as something that makes sense, or blamed on the peer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from tests.fuzz.reading import read
from trio_srs.media.nalu_pictures import read_avc_picture, read_hevc_picture
from trio_srs.media.shown_pictures import read_av1_picture
from trio_srs.wire.bits import escape, unescape
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.ac3 import ac3_samples
from trio_srs.wire.codec.adts import find_adts, split_adts
from trio_srs.wire.codec.av1 import iter_obus, parse_av1_config, parse_sequence_header
from trio_srs.wire.codec.av1_frame import parse_av1_frame
from trio_srs.wire.codec.avc import build_avc_config, parse_avc_config, parse_pps_ids, parse_sps_id
from trio_srs.wire.codec.avc import parse_sps as parse_avc_sps
from trio_srs.wire.codec.avc_slice import avc_slice_pps, avc_slice_type
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.flac import parse_flac_frame, parse_flac_info
from trio_srs.wire.codec.hevc import parse_hevc_config
from trio_srs.wire.codec.hevc_slice import hevc_slice_pps, hevc_slice_type, parse_pps
from trio_srs.wire.codec.hevc_sps import parse_sps as parse_hevc_sps
from trio_srs.wire.codec.hevc_sps import parse_sps_id as parse_sps_id_of_hevc
from trio_srs.wire.codec.mp3 import parse_mp3_header
from trio_srs.wire.codec.nalu import (
    NaluError,
    join_annexb,
    join_prefixed,
    split_annexb,
    split_prefixed,
)
from trio_srs.wire.codec.opus import parse_opus_head
from trio_srs.wire.codec.opus_packet import opus_packet_samples
from trio_srs.wire.codec.sei import iter_sei, read_sei
from trio_srs.wire.codec.vp8_frame import parse_vp8_frame
from trio_srs.wire.codec.vp9 import parse_vp9_config
from trio_srs.wire.codec.vp9_frame import parse_vp9_frame, split_superframe

T = TypeVar("T")

_CODEC_STRING: Final = re.compile(r"[a-z0-9]+(\.[A-Za-z0-9]+)*")


def _read(function: Callable[..., T], *args: Any) -> T | None:
    return read(function, *args, by=CodecConfigError)


def avc(data: bytes) -> None:
    """The record, its parameter sets, and the same bytes as a parameter set and as a slice."""
    if config := _read(parse_avc_config, data):
        assert _CODEC_STRING.fullmatch(config.codec_string)
        for nalu in config.sps:
            _avc_sps(nalu)
        if config.sps and (rebuilt := _read(build_avc_config, config.sps, config.pps)):
            again = parse_avc_config(rebuilt)
            assert (again.sps, again.pps) == (config.sps, config.pps)
    _avc_sps(b"\x67" + data)
    assert _read(avc_slice_type, b"\x65" + data) in (None, *"IPB")
    _read(avc_slice_pps, b"\x65" + data)
    _read(parse_sps_id, b"\x67" + data)
    _read(parse_pps_ids, b"\x68" + data)


def _avc_sps(nalu: bytes) -> None:
    if sps := _read(parse_avc_sps, nalu):
        assert sps.width > 0
        assert sps.height > 0
        assert min(sps.sar) > 0
        assert sps.frame_rate is None or sps.frame_rate > 0


def hevc(data: bytes) -> None:
    """The record, its parameter sets, and the same bytes as each of them and as a slice."""
    if config := _read(parse_hevc_config, data):
        assert _CODEC_STRING.fullmatch(config.codec_string)
        for nalu in config.sps:
            _hevc_sps(nalu)
        for nalu in config.pps:
            _read(parse_pps, nalu)
    _hevc_sps(b"\x42\x01" + data)
    _, _, extra = _read(parse_pps, b"\x44\x01" + data) or (0, 0, 0)
    _read(parse_sps_id_of_hevc, b"\x42\x01" + data)
    for head in (b"\x02\x01", b"\x26\x01"):
        assert _read(hevc_slice_type, head + data, extra) in (None, *"IPB")
        _read(hevc_slice_pps, head + data)


def _hevc_sps(nalu: bytes) -> None:
    if sps := _read(parse_hevc_sps, nalu):
        assert sps.width > 0
        assert sps.height > 0
        assert sps.frame_rate is None or sps.frame_rate > 0


def av1(data: bytes) -> None:
    """The record, a sequence header, and a temporal unit."""
    if config := _read(parse_av1_config, data):
        assert _CODEC_STRING.fullmatch(config.codec_string)
    if sequence := _read(parse_sequence_header, data):
        assert sequence.width > 0
        assert sequence.height > 0
        assert sequence.frame_rate is None or sequence.frame_rate > 0
    units = _read(lambda: list(iter_obus(data)))
    if units is not None:
        assert sum(len(unit.payload) for unit in units) <= len(data)
    _read(parse_av1_frame, data)
    assert _read(read_av1_picture, data) is not None


def vp9(data: bytes) -> None:
    """The record, a frame, and a superframe; a frame of VP8, too."""
    if config := _read(parse_vp9_config, data):
        assert _CODEC_STRING.fullmatch(config.codec_string)
    if (frame := _read(parse_vp9_frame, data)) and frame.size:
        assert min(frame.size) > 0
    _read(parse_vp8_frame, data)
    frames = _read(split_superframe, data)
    assert frames is None or b"".join(frames) in (data, data[: sum(map(len, frames))])


def aac(data: bytes) -> None:
    """The configuration."""
    if config := _read(parse_audio_specific_config, data):
        assert _CODEC_STRING.fullmatch(config.codec_string)
        assert config.channels >= 0
        assert config.sample_rate > 0
        assert config.frame_length > 0


def mp3(data: bytes) -> None:
    """A frame's header."""
    if header := _read(parse_mp3_header, data):
        assert header.sample_rate > 0
        assert header.channels in (1, 2)


def opus(data: bytes) -> None:
    """The identification header, and a packet; FLAC, AC-3 and ADTS, too."""
    if head := _read(parse_opus_head, data):
        assert head.channels > 0
        assert len(head.mapping) == head.channels
        assert head.coupled <= head.streams
    _read(parse_flac_info, data)
    _read(parse_flac_frame, b"\xff\xf8" + data)
    _read(ac3_samples, b"\x0b\x77" + data)
    find_adts(data)
    adts, left = split_adts(data)
    assert sum(header.size for header, _ in adts) + left == len(data)
    samples = _read(opus_packet_samples, data)
    assert samples is None or 0 < samples <= 5760


def nalus(data: bytes) -> None:
    """Access units of both forms, and SEI; pictures, which are read whatever comes."""
    for read_picture in (read_avc_picture, read_hevc_picture):
        picture = read_picture(data)
        assert picture.kind in ("", *"IPB")
        assert picture.trouble is not None or not picture.broken
    for size in (1, 2, 4):
        if (split := read(split_prefixed, data, size, by=NaluError)) is not None:
            assert split_prefixed(join_prefixed(split, size), size) == split
    if (split := read(split_annexb, data, by=NaluError)) is not None:
        assert split_annexb(join_annexb(split)) == split
    assert unescape(escape(data)) == data
    assert b"\0\0\1" not in escape(data)
    if (messages := _read(lambda: list(iter_sei(data)))) is not None:
        assert data.startswith(b"".join(raw for _, _, raw in messages))
    for size in (1, 2):
        clean = read_sei(data, size).clean
        assert clean is None or len(clean) <= len(data)
