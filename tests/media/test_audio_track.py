"""One audio track."""

from __future__ import annotations

import pytest

from trio_srs.errors import ProtocolError
from trio_srs.media.audio_track import AudioTrack
from trio_srs.media.clock import Clock
from trio_srs.media.facts import AudioFacts, TrackFacts
from trio_srs.testing import bodies
from trio_srs.wire.flv.audio import parse_audio

MP3 = bytes.fromhex("2f fffb9064")


def track(*, full: bool = True) -> AudioTrack:
    return AudioTrack(0, full, Clock())


def see(made: AudioTrack, payload: bytes, timestamp_ms: int = 0) -> None:
    [body] = parse_audio(payload)
    made.see(body, timestamp_ms, len(payload))


def audio_of(made: AudioTrack) -> tuple[TrackFacts, AudioFacts]:
    facts = made.facts()
    assert facts.audio is not None
    return facts, facts.audio


def test_headers_and_frames_are_told_apart() -> None:
    made = track()
    see(made, bodies.AUDIO_HEADER)
    assert made.is_frame is False
    for index in range(3):
        see(made, bodies.audio(0, fill=index).payload, index * 1024 * 10 // 441)
        assert made.is_frame is True
    see(made, bytes.fromhex("92 6d703461"))
    assert made.is_frame is False
    facts, audio = audio_of(made)
    assert (facts.codec, facts.codec_string, facts.profile) == ("aac", "mp4a.40.2", "LC")
    assert (audio.sample_rate, audio.channels, audio.samples) == (44100, 2, 3072)
    assert audio.sample_drift_ms == pytest.approx(0, abs=1)
    assert (facts.frames, facts.headers.count, facts.longest_still_ms) == (3, 1, 0)


def test_the_same_frame_over_and_over_is_silence() -> None:
    made = track()
    for at_ms in (0, 20, 40):
        see(made, bodies.audio(0).payload, at_ms)
    assert made.facts().longest_still_ms == 40


def test_a_jump_is_no_drift() -> None:
    made = track()
    see(made, bodies.AUDIO_HEADER)
    for at_ms in (0, 23, 60_000):
        see(made, bodies.audio(0).payload, at_ms)
    _, audio = audio_of(made)
    assert audio.samples == 3072
    assert audio.sample_drift_ms == pytest.approx(0, abs=1)


@pytest.mark.parametrize(("full", "samples"), [(True, 2304), (False, 0)])
def test_mp3_says_everything_in_its_frames(full: bool, samples: int) -> None:
    made = track(full=full)
    see(made, MP3)
    see(made, MP3, 26)
    facts, audio = audio_of(made)
    assert (facts.codec_string, audio.sample_rate, audio.samples) == ("mp4a.40.34", 44100, samples)


def test_mp3_without_a_header_is_trouble_until_one_comes() -> None:
    made = track()
    with pytest.raises(ProtocolError, match="MP3 frame"):
        see(made, b"\x2f\x00")
    see(made, MP3)
    facts, audio = audio_of(made)
    assert (facts.frames, audio.sample_rate) == (2, 44100)


def test_other_codecs_are_as_the_flv_header_says() -> None:
    made = track()
    see(made, b"\x3e\x00")
    facts, audio = audio_of(made)
    assert (facts.codec, audio.sample_rate, audio.channels, audio.samples) == ("pcm", 44100, 1, 0)


@pytest.mark.parametrize(
    ("first", "rate", "samples"),
    [
        (0x82, 8000, 160),  # G.711, as ffmpeg writes it
        (0x72, 8000, 160),
        (0x8E, 8000, 160),  # whatever its rate bits say
        (0xB6, 16000, 0),  # Speex
        (0xB2, 16000, 0),
        (0x52, 8000, 512),  # Nellymoser at 8 and 16 kHz
        (0x42, 16000, 512),
    ],
)
def test_codecs_of_one_rate_have_that(first: int, rate: int, samples: int) -> None:
    made = track()
    see(made, bytes((first,)) + bytes(160))
    _, audio = audio_of(made)
    assert (audio.sample_rate, audio.channels, audio.samples) == (rate, 1, samples)


def test_mp3_at_8_khz_is_as_its_frames_say() -> None:
    made = track()
    see(made, bytes.fromhex("ee ffe318c4"))
    assert audio_of(made)[1].sample_rate == 8000


ADTS = bytes.fromhex("fff15080021ffc21")


@pytest.mark.parametrize("header", [True, False])
def test_adts_before_frames_is_named_and_read(header: bool) -> None:
    made = track()
    if header:
        see(made, bodies.AUDIO_HEADER)
    for number in range(3):
        see(made, b"\xaf\x01" + ADTS, 23 * number)
    facts, audio = audio_of(made)
    assert (audio.sample_rate, audio.channels, audio.samples) == (44100, 2, 3072)
    assert facts.troubles == 3
    assert facts.trouble == "an ADTS header before the frame, expected a raw frame"
    assert facts.headers.missing == (0 if header else 3)


def test_a_record_cut_short_is_named_and_read_as_far_as_it_goes() -> None:
    made = track()
    see(made, bytes.fromhex("af00 2b92"))
    see(made, bytes.fromhex("af01 2110"))
    facts, audio = audio_of(made)
    assert (audio.sample_rate, audio.channels, audio.samples) == (22050, 2, 1024)
    assert facts.trouble is not None
    assert (facts.troubles, facts.trouble[:20]) == (1, "AudioSpecificConfig:")


@pytest.mark.parametrize(
    ("payload", "rate", "missing"),
    [
        ("91 4f707573 fcff", 48000, 1),
        ("d2 fcff", 48000, 0),  # the number that some servers write bare packets under
        ("91 664c6143 fff8ca180000", 48000, 1),
        ("91 61632d33 0b77000014404300", 48000, 0),
        ("91 65632d33 0b77000334800000", 48000, 0),
    ],
)
def test_what_frames_say_is_known_without_a_header(payload: str, rate: int, missing: int) -> None:
    made = track()
    see(made, bytes.fromhex(payload))
    facts, audio = audio_of(made)
    assert (audio.sample_rate, audio.channels) == (rate, 2)
    assert (facts.headers.missing, facts.trouble) == (missing, None)
    assert audio.samples > 0


def test_what_nobody_says_is_not_known() -> None:
    made = track()
    for payload in ("90 664c6143 00", "91 664c6143 00"):
        with pytest.raises(ProtocolError):
            see(made, bytes.fromhex(payload))
    facts, audio = audio_of(made)
    assert (facts.codec, audio.sample_rate, audio.channels) == ("flac", None, None)


def test_aac_before_its_header_is_not_known() -> None:
    made = track()
    see(made, bodies.audio(0).payload)
    assert audio_of(made)[1].sample_rate is None


def test_frames_are_worth_a_look_until_the_rate_is_known() -> None:
    made = track(full=False)
    assert made.needs_look
    see(made, MP3)
    assert not made.needs_look


def test_an_enhanced_codec_that_nobody_reads_is_counted() -> None:
    made = track()
    for payload in ("90 7a7a7a7a 00", "91 7a7a7a7a 00"):
        see(made, bytes.fromhex(payload))
    facts, audio = audio_of(made)
    assert (facts.codec, facts.frames, audio.sample_rate) == ("zzzz", 1, None)
