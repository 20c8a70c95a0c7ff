"""AAC of our own: a decoder hears a tone where it should be, and beeps in it."""

from __future__ import annotations

import cmath
import math

import pytest

from tests.media.pattern.decoding import as_flv, samples
from trio_srs.media.pattern.beeps import PITCHES_HZ
from trio_srs.media.pattern.pattern_error import PatternError
from trio_srs.media.pattern.tone import SAMPLES, AacTone
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.rtmp.message import Message

WINDOW = 4096
FULL_SCALE = 32768


def heard(tone: AacTone, rate: int, channels: int, frames: int = 16) -> list[list[int]]:
    """What ffmpeg decodes, by channel."""
    messages = [Message(8, 0, 0, b"\xaf\0" + tone.config)]
    for index in range(frames):
        at_ms = round(1000 * SAMPLES * index / rate)
        messages.append(Message(8, 0, at_ms, b"\xaf\1" + tone.frame(index)))
    found = samples(as_flv(messages))
    assert len(found) == frames * SAMPLES * channels
    return [found[channel::channels] for channel in range(channels)]


def amplitude(sound: list[int], hz: float, rate: int) -> float:
    """How much of one frequency is in a window of sound, as a share of full scale."""
    total = sum(
        sample
        * (1 - math.cos(2 * math.pi * at / WINDOW))
        * cmath.exp(-2j * math.pi * hz * at / rate)
        for at, sample in enumerate(sound)
    )
    return 2 * abs(total) / WINDOW / FULL_SCALE


@pytest.mark.interop
@pytest.mark.parametrize(
    ("rate", "channels", "asked", "hz"),
    [
        (44100, 2, 1000, 1001.3),
        (44100, 1, 440, 441.4),
        (44100, 1, 455, 463.0),
        (44100, 1, 480, 484.5),
        (44100, 1, 500, 506.0),
        (48000, 2, 997, 996.1),
        (32000, 1, 50, 54.7),
        (48000, 1, 2200, 2191.4),
    ],
)
def test_a_tone_is_heard_where_it_was_asked_for(
    rate: int, channels: int, asked: float, hz: float
) -> None:
    tone = AacTone(rate, channels, asked)
    assert tone.hz == pytest.approx(hz, abs=0.1)
    for sound in heard(tone, rate, channels):
        for begin in (4 * SAMPLES, 5 * SAMPLES + 300):
            window = sound[begin : begin + WINDOW]
            assert amplitude(window, tone.hz, rate) == pytest.approx(0.1, rel=0.1)
            loud = math.sqrt(sum(sample**2 for sample in window) / WINDOW) / FULL_SCALE
            assert loud == pytest.approx(0.1 / math.sqrt(2), rel=0.1)  # there is nothing else


@pytest.mark.interop
@pytest.mark.parametrize("channels", [1, 2])
def test_silence_is_silent(channels: int) -> None:
    tone = AacTone(48000, channels, 0)
    assert tone.hz == 0
    assert not any(map(any, heard(tone, 48000, channels)))


@pytest.mark.parametrize(("rate", "channels"), [(32000, 1), (44100, 2), (48000, 1)])
def test_the_configuration_says_what_it_is(rate: int, channels: int) -> None:
    config = parse_audio_specific_config(AacTone(rate, channels, 1000).config)
    assert (config.codec_string, config.sample_rate, config.channels) == (
        "mp4a.40.2",
        rate,
        channels,
    )


@pytest.mark.parametrize(
    ("channels", "hz", "frame"),
    [
        # SCE 0; gain 187; ics_info; no bands; no tools; END
        (1, 0, f"{0:07b} {187:08b} 0000 000000 0 000 111"),
        # line 1: one band, of codebook 1; the codes of (0, 1, 0, 0)
        (1, 40, f"{0:07b} {187:08b} 0000 000001 0 0001 00001 0 000 10011 111"),
        # line 12: three bands of nothing and one of codebook 1; (1, 0, 0, 0), in both channels
        (
            2,
            270,
            "001 0000 1 0000 000100 0 00"
            + 2 * f" {187:08b} 0000 00011 0001 00001 0 000 10000"
            + " 111",
        ),
        # line 40, in a band of eight: nothing in its second four
        (1, 880, f"{0:07b} {187:08b} 0000 001011 0 0000 01010 0001 00001 0 000 10000 0 111"),
    ],
)
def test_the_letter_of_a_frame(channels: int, hz: float, frame: str) -> None:
    text = frame.replace(" ", "")
    text += "0" * (-len(text) % 8)
    assert AacTone(44100, channels, hz).frame(0) == int(text, 2).to_bytes(len(text) // 8, "big")


@pytest.mark.interop
@pytest.mark.parametrize(("rate", "first"), [(44100, 14), (48000, 15), (32000, 10)])
def test_a_beep_is_heard_in_place_of_the_tone_and_twice_as_loud(rate: int, first: int) -> None:
    tone = AacTone(rate, 1, 1000)
    assert tone.has_beeps
    [sound] = heard(tone, rate, 1, first + 6)
    begin = first * SAMPLES + 512
    window = [*sound[begin : begin + 3 * SAMPLES], *[0] * (WINDOW - 3 * SAMPLES)]
    width = rate / 2 / SAMPLES
    pitch = (int(PITCHES_HZ[rate != 44100][0] / width) + 0.5) * width
    assert amplitude(window, pitch, rate) > 4 * amplitude(window, tone.hz, rate)
    middle = sound[(first + 1) * SAMPLES : (first + 3) * SAMPLES]
    assert max(middle) == pytest.approx(0.2 * FULL_SCALE, rel=0.15)


def test_without_beeps_four_frames_are_all() -> None:
    tone = AacTone(44100, 2, 1100)
    assert not tone.has_beeps
    frames = [tone.frame(index) for index in range(8, 24)]
    assert frames[:4] == frames[4:8] == frames[8:12]
    frames = frames[:8]
    assert frames[:4] == frames[4:]
    assert len(set(frames)) == 2


@pytest.mark.parametrize(
    ("rate", "channels", "hz", "text"),
    [
        (22050, 2, 1000, "AAC at 22050 Hz with 2 channels: expected 32000, 44100, 48000 Hz"),
        (48000, 6, 1000, "with 6 channels: .* and 1 or 2"),
        (48000, 2, 2250, r"a tone of 2250 Hz: expected 0 \(silence\) to 2250"),
        (48000, 2, -1, "a tone of -1 Hz"),
        (48000, 2, math.nan, "a tone of nan Hz"),
    ],
)
def test_what_cannot_be_made_is_refused(rate: int, channels: int, hz: float, text: str) -> None:
    with pytest.raises(PatternError, match=text):
        AacTone(rate, channels, hz)
