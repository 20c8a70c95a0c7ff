"""The table of codecs: no name twice, and every peer's name for a codec leads to it."""

from __future__ import annotations

from collections import Counter

import pytest

from trio_srs.wire.codec.ids import (
    AUDIO_BY_FLV_ID,
    BY_FOURCC,
    BY_NAME,
    CODECS,
    VIDEO_BY_FLV_ID,
    codec_by_fourcc,
)


def test_no_name_and_no_number_stands_for_two_codecs() -> None:
    assert len(BY_NAME) == len(BY_FOURCC) == len(CODECS)
    ids = Counter((codec.kind, flv_id) for codec in CODECS for flv_id in codec.flv_ids)
    assert max(ids.values()) == 1
    assert len(ids) == len(VIDEO_BY_FLV_ID) + len(AUDIO_BY_FLV_ID)


def test_every_fourcc_has_four_characters() -> None:
    assert {len(codec.fourcc.encode("ascii")) for codec in CODECS} == {4}


def test_every_codec_can_be_carried() -> None:
    assert [codec.name for codec in CODECS if not codec.enhanced and not codec.flv_ids] == []


@pytest.mark.parametrize(
    ("flv_id", "name"), [(2, "h263"), (4, "vp6"), (7, "h264"), (12, "hevc"), (13, "av1")]
)
def test_video_ids_are_those_of_flv_and_of_custom(flv_id: int, name: str) -> None:
    assert VIDEO_BY_FLV_ID[flv_id].name == name


@pytest.mark.parametrize(
    ("flv_id", "name"),
    [(2, "mp3"), (14, "mp3"), (10, "aac"), (7, "pcm_alaw"), (8, "pcm_mulaw"), (13, "opus")],
)
def test_audio_ids_are_those_of_flv_and_of_custom(flv_id: int, name: str) -> None:
    assert AUDIO_BY_FLV_ID[flv_id].name == name
    assert 9 not in AUDIO_BY_FLV_ID


@pytest.mark.parametrize(
    ("fourcc", "name"),
    [("avc1", "h264"), ("avc3", "h264"), ("hev1", "hevc"), ("vp09", "vp9"), ("Opus", "opus"),
     ("opus", "opus"), ("fLaC", "flac"), (".mp3", "mp3"), ("ec-3", "eac3"), ("vvc1", "vvc")],
)  # fmt: skip
def test_a_fourcc_and_its_aliases_lead_to_one_codec(fourcc: str, name: str) -> None:
    assert codec_by_fourcc(fourcc) is BY_NAME[name]


def test_an_unknown_fourcc_leads_nowhere() -> None:
    assert codec_by_fourcc("zzzz") is None
    assert codec_by_fourcc("AVC1") is None
