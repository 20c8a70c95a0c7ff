"""AAC: the AudioSpecificConfig, plain, with SBR and PS, and with channels counted one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.bits import BitWriter
from trio_srs.wire.codec.aac import (
    AacConfig,
    build_audio_specific_config,
    parse_audio_specific_config,
)
from trio_srs.wire.codec.config_record import CodecConfigError

DATA = Path(__file__).parents[2] / "data" / "codec"


def config(rate: int, channels: int, **changes: object) -> AacConfig:
    """AAC-LC of 1024 samples, unless ``changes`` say otherwise."""
    fields: dict[str, object] = {
        "object_type": 2, "sample_rate": rate, "channels": channels, "core_sample_rate": rate,
        "core_channels": channels, "sbr": False, "ps": False, "frame_length": 1024,
    }  # fmt: skip
    return AacConfig(**(fields | changes))  # type: ignore[arg-type]  # the fields vary


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        ("1210", "mp4a.40.2", config(44100, 2)),
        ("1190", "mp4a.40.2", config(48000, 2)),
        ("11b8", "mp4a.40.2", config(48000, 8)),
        ("1214", "mp4a.40.2", config(44100, 2, frame_length=960)),
        # SBR in the object type; SBR and PS
        ("2b920800", "mp4a.40.5", config(44100, 2, core_sample_rate=22050, sbr=True)),
        ("eb098800", "mp4a.40.29",
         config(48000, 2, core_sample_rate=24000, core_channels=1, sbr=True, ps=True)),
        # the same, signalled behind the configuration
        ("131056e598", "mp4a.40.5", config(48000, 2, core_sample_rate=24000, sbr=True)),
        ("130856e59d4880", "mp4a.40.29",
         config(48000, 2, core_sample_rate=24000, core_channels=1, sbr=True, ps=True)),
        ("130856e59d4800", "mp4a.40.5",
         config(48000, 1, core_sample_rate=24000, sbr=True)),
        ("118856e500", "mp4a.40.2", config(48000, 1)),  # SBR signalled as absent
        ("118856ff00", "mp4a.40.2", config(48000, 1)),  # an extension of another type
        ("11880000", "mp4a.40.2", config(48000, 1)),  # padding
    ],
)  # fmt: skip
def test_the_letter_of_a_configuration(data: str, name: str, expected: AacConfig) -> None:
    parsed = parse_audio_specific_config(bytes.fromhex(data))
    assert parsed == expected
    assert parsed.codec_string == name


def write(*fields: tuple[int, int]) -> bytes:
    """Bits from (count, value) fields."""
    bits = BitWriter()
    for count, value in fields:
        bits.u(count, value)
    return bits.to_bytes()


def program_config(*, mixdown: bool) -> bytes:
    """Front: a pair and a single, back: a pair, one LFE; a data and a coupling element."""
    mixdowns = ((1, 1), (4, 0)) * 2 + ((1, 1), (3, 0)) if mixdown else ((3, 0),)
    head = [(5, 2), (4, 3), (4, 0), (3, 0)]
    element = [(4, 0), (2, 1), (4, 3), (4, 2), (4, 0), (4, 1), (2, 1), (3, 1), (4, 1), *mixdowns,
               (1, 1), (4, 0), (1, 0), (4, 0), (1, 1), (4, 1), (4, 0), (4, 0), (5, 0)]  # fmt: skip
    used = sum(count for count, _ in head + element)
    return write(*head, *element, (-used % 8, 0), (8, 2), (16, 0x6869))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # a rate in Hz; an object type past 31 (USAC); a core coder's delay
        (write((5, 2), (4, 15), (24, 48001), (4, 1), (3, 0)), config(48001, 1)),
        (write((5, 31), (6, 8), (4, 3), (4, 2)), config(48000, 2, object_type=40)),
        (write((5, 2), (4, 3), (4, 1), (2, 1), (14, 99), (1, 0)), config(48000, 1)),
        # extensions of the scalable, the error resilient and the BSAC types
        (write((5, 6), (4, 3), (4, 1), (3, 0), (3, 1)), config(48000, 1, object_type=6)),
        (write((5, 17), (4, 3), (4, 1), (3, 1), (3, 0), (1, 0)), config(48000, 1, object_type=17)),
        (write((5, 22), (4, 3), (4, 1), (3, 1), (17, 0)), config(48000, 1, object_type=22)),
        (write((5, 2), (4, 3), (4, 1), (3, 1), (1, 0)), config(48000, 1)),
        (write((5, 5), (4, 6), (4, 1), (4, 3), (5, 22), (4, 0), (3, 0)),
         config(48000, 1, object_type=22, core_sample_rate=24000, sbr=True)),
        # channels counted from a program config element
        (program_config(mixdown=False), config(48000, 6)),
        (program_config(mixdown=True), config(48000, 6)),
    ],
)  # fmt: skip
def test_rarer_configurations_are_read(data: bytes, expected: AacConfig) -> None:
    assert parse_audio_specific_config(data) == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "AudioSpecificConfig: 5 bits wanted at bit 0 of 0"),
        (b"\x12", "4 bits wanted at bit 5 of 8"),
        (write((5, 2), (4, 13), (7, 8)), "sample rate index 13 before bit 9 gives no rate"),
        (write((5, 2), (4, 15), (24, 0), (7, 8)), "sample rate index 15 before bit 33 gives no"),
        (write((5, 2), (4, 3), (4, 8), (3, 0)), "channel configuration 8 has none"),
        (write((5, 31), (6, 8), (4, 3), (4, 0)),
         "channel configuration 0 has none"),
        (write((5, 2), (4, 3), (4, 0), (3, 0)), "AudioSpecificConfig: 10 bits wanted"),
    ],
)  # fmt: skip
def test_a_broken_configuration_is_blamed(data: bytes, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_audio_specific_config(data)


ELD, LD = ((5, 31), (6, 7), (4, 3), (4, 1)), ((5, 23), (4, 3), (4, 1))
USAC = ((5, 31), (6, 10), (4, 3), (4, 2))


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (write(*LD, (3, 0), (4, 0)), "mp4a.40.23",
         config(48000, 1, object_type=23, frame_length=512)),
        (write(*LD, (3, 4), (4, 0)), "mp4a.40.23",
         config(48000, 1, object_type=23, frame_length=480)),
        (write(*ELD, (5, 0), (4, 0)), "mp4a.40.39",
         config(48000, 1, object_type=39, frame_length=512)),
        (write(*ELD, (5, 16), (4, 0)), "mp4a.40.39",
         config(48000, 1, object_type=39, frame_length=480)),
        (write(*ELD, (5, 1), (2, 0), (9, 0)), "mp4a.40.39",
         config(48000, 1, object_type=39, frame_length=512, sbr=True)),
        (write(*ELD, (5, 1), (2, 2), (9, 0)), "mp4a.40.39",
         config(96000, 1, object_type=39, frame_length=512, sbr=True, core_sample_rate=48000)),
        (write(*USAC, (5, 3), (3, 0), (5, 2)), "mp4a.40.42",
         config(48000, 2, object_type=42, frame_length=768)),
        (write(*USAC, (5, 3), (3, 1), (5, 0)), "mp4a.40.42", config(48000, 2, object_type=42)),
        (write(*USAC, (5, 27), (3, 3), (5, 1)), "mp4a.40.42",
         config(9600, 1, object_type=42, frame_length=2048)),
        (write(*USAC, (5, 31), (24, 44056), (3, 4), (5, 8)), "mp4a.40.42",
         config(44056, 2, object_type=42, frame_length=4096)),
        (write(*USAC, (5, 14), (3, 7), (5, 2)), "mp4a.40.42", config(48000, 2, object_type=42)),
    ],
)  # fmt: skip
def test_low_delay_and_extended_aac_have_frames_of_their_own(
    data: bytes, name: str, expected: AacConfig
) -> None:
    parsed = parse_audio_specific_config(data)
    assert (parsed, parsed.codec_string, parsed.trouble) == (expected, name, None)


@pytest.mark.parametrize(
    ("data", "rate", "channels", "frame_length"),
    [
        (write((5, 5), (4, 7), (4, 2)), 22050, 2, 1024),  # before the rate of its SBR
        (write(*USAC), 48000, 2, 1024),
    ],
)
def test_a_configuration_cut_short_keeps_what_stands_before(
    data: bytes, rate: int, channels: int, frame_length: int
) -> None:
    parsed = parse_audio_specific_config(data)
    seen = parsed.sample_rate, parsed.channels, parsed.frame_length
    assert seen == (rate, channels, frame_length)
    assert parsed.trouble is not None
    assert parsed.trouble.startswith("AudioSpecificConfig: ")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("aac_lc_48k_mono", config(48000, 1)), ("aac_lc_44k_51", config(44100, 6))],
)
def test_configurations_of_ffmpeg_say_what_was_encoded(name: str, expected: AacConfig) -> None:
    assert parse_audio_specific_config((DATA / f"{name}.bin").read_bytes()) == expected


@given(
    st.sampled_from([1, 2, 3, 4]),
    st.sampled_from([96000, 48000, 44100, 22050, 8000, 7350]),
    st.integers(1, 8),
)
def test_what_is_built_is_read(object_type: int, rate: int, channels: int) -> None:
    data = build_audio_specific_config(object_type, rate, channels)
    assert len(data) == 2
    assert parse_audio_specific_config(data) == config(rate, channels, object_type=object_type)


@pytest.mark.parametrize(
    ("object_type", "rate", "channels"),
    [(2, 48001, 2), (2, 48000, 9), (31, 48000, 2), (0, 8000, 1)],
)
def test_what_has_no_form_is_not_written(object_type: int, rate: int, channels: int) -> None:
    with pytest.raises(ValueError, match="no two-byte form"):
        build_audio_specific_config(object_type, rate, channels)


@given(st.binary(max_size=30))
def test_garbage_is_read_or_blamed_on_the_peer(data: bytes) -> None:
    try:
        parsed = parse_audio_specific_config(data)
    except CodecConfigError:
        return
    assert parsed.sample_rate > 0
    assert parsed.channels > 0
