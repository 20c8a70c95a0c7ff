"""A tone with beeps in AAC-LC: one line of the spectrum, but for its sign. Floor 1.

A tone is at the centre of a line, up to 12 Hz from what was asked for, and sounds on without a
click, as the line's sign follows the sine's phase from frame to frame. So four frames are all of
it.

Source: ISO/IEC 14496-3:2019, 4.4.2 and 4.6.3; tables stand beside what they explain.
"""

from __future__ import annotations

from typing import Final

from trio_srs.media.pattern.beeps import (
    BEEP_GAIN,
    HIGHEST_TONE_HZ,
    PITCHES_HZ,
    beep_at,
    is_exact,
)
from trio_srs.media.pattern.pattern_error import PatternError
from trio_srs.wire.bits import BitWriter
from trio_srs.wire.codec.aac import build_audio_specific_config

__all__ = ["SAMPLES", "AacTone"]

SAMPLES: Final = 1024
"""Of each channel in a frame."""

_AAC_LC: Final = 2
_SCE, _CPE, _END = 0, 1, 7  # syntactic elements (table 4.85)
_BOOK: Final = 1  # lines by fours, each -1, 0 or 1 (table 4.A.2)
_NO_BOOK: Final = 0
_GAIN: Final = 187  # a sine of a tenth of full scale
# Of 32, 44.1 and 48 kHz: where the first scale factor bands begin (tables 4.129 and 4.130).
_BANDS: Final = (0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 88, 96)
_RATES: Final = (32000, 44100, 48000)
# Codebook 1: one line of four is 1, or -1; the others 0.
_ONE: Final = {
    (0, 1): 0x10, (0, -1): 0x11, (1, 1): 0x13, (1, -1): 0x17,
    (2, 1): 0x16, (2, -1): 0x15, (3, 1): 0x14, (3, -1): 0x12,
}  # fmt: skip
# Of a sine at a line's centre, the phase advances by a quarter turn a frame, or three.
_SIGNS: Final = ((1, -1, -1, 1), (1, 1, -1, -1))


class AacTone:
    """The frames of a tone.

    Attributes:
        config: the AudioSpecificConfig.
        hz: the tone that it is; 0 is silence.
        has_beeps: whether beeps stand in it: not in silence, nor where the tone is too high.
    """

    def __init__(self, sample_rate: int, channels: int, tone_hz: float) -> None:
        """Make the frames.

        Raises:
            PatternError: another rate than 32000, 44100 or 48000, more than two channels, or a
                tone too high for the few bands used here.
        """
        if sample_rate not in _RATES or channels not in (1, 2):
            raise PatternError(
                f"AAC at {sample_rate} Hz with {channels} channels: "
                f"expected {', '.join(map(str, _RATES))} Hz, and 1 or 2"
            )
        width = sample_rate / 2 / SAMPLES
        highest = int(width * _BANDS[-1])
        if not 0 <= tone_hz < highest:
            raise PatternError(f"a tone of {tone_hz:g} Hz: expected 0 (silence) to {highest}")
        line = int(tone_hz / width)
        self.config = build_audio_specific_config(_AAC_LC, sample_rate, channels)
        self.hz = (line + 0.5) * width if tone_hz else 0.0
        self.has_beeps = 0 < tone_hz <= HIGHEST_TONE_HZ
        self._rate = sample_rate
        self._frames = _sounding(channels, line) if tone_hz else [_frame(channels, 0, 0)]
        self._beeps = [
            _sounding(channels, int(pitch / width), _GAIN + BEEP_GAIN)
            for pitch in PITCHES_HZ[is_exact(sample_rate)]
        ]

    def frame(self, index: int) -> bytes:
        """Frame ``index`` of the stream, raw: without an ADTS header."""
        beep = beep_at(index, self._rate) if self.has_beeps else None
        frames = self._frames if beep is None else self._beeps[beep % len(self._beeps)]
        return frames[index % len(frames)]


def _sounding(channels: int, line: int, gain: int = _GAIN) -> list[bytes]:
    """The frames of one tone, which repeat."""
    return [_frame(channels, line, sign, gain) for sign in _SIGNS[line % 2]]


def _frame(channels: int, line: int, sign: int, gain: int = _GAIN) -> bytes:
    """A raw_data_block (table 4.3): one element, and its end. ``sign`` 0 is silence."""
    bits = BitWriter()
    # The bands up to the line's; in silence none.
    bands = sum(begin <= line for begin in _BANDS) if sign else 0
    bits.u(3, _SCE if channels == 1 else _CPE)
    bits.u(4, 0)  # element_instance_tag
    if channels == 1:
        bits.u(8, gain)
        _ics_info(bits, bands)
        _channel(bits, bands, line, sign)
    else:
        bits.flag(True)  # common_window
        _ics_info(bits, bands)
        bits.u(2, 0)  # no M/S
        for _ in range(2):
            bits.u(8, gain)
            _channel(bits, bands, line, sign)
    bits.u(3, _END)
    return bits.to_bytes()


def _ics_info(bits: BitWriter, bands: int) -> None:
    """One long sine window (table 4.6)."""
    bits.u(1 + 2 + 1, 0)  # reserved, ONLY_LONG_SEQUENCE, sine
    bits.u(6, bands)  # max_sfb
    bits.flag(False)  # no prediction


def _channel(bits: BitWriter, bands: int, line: int, sign: int) -> None:
    """An individual_channel_stream behind its gain and ics_info (table 4.50)."""
    if bands:
        # section_data: zeros up to the line's band, then that. Scale factors: the gain itself.
        if bands > 1:
            bits.u(4, _NO_BOOK)
            bits.u(5, bands - 1)
        bits.u(4, _BOOK)
        bits.u(5, 1)
        bits.flag(False)  # its scale factor differs by 0
    bits.u(3, 0)  # no pulses, TNS or gain control
    if bands:
        for first in range(_BANDS[bands - 1], _BANDS[bands], 4):
            if first <= line < first + 4:
                bits.u(5, _ONE[line - first, sign])
            else:
                bits.flag(False)
