"""Opus packets last as long as their first bytes say."""

from __future__ import annotations

import pytest

from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.opus_packet import opus_packet_samples


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        ("00", 480),  # SILK, 10 ms
        ("18", 2880),  # SILK, 60 ms
        ("60", 480),  # hybrid, 10 ms
        ("68", 960),  # hybrid, 20 ms
        ("80", 120),  # CELT, 2.5 ms
        ("fc", 960),  # CELT, 20 ms, stereo
        ("fd", 1920),
        ("fe", 1920),
        ("19 03", 5760),  # SILK, twice 60 ms: the most there may be
        ("ff 03", 2880),
        ("ff c6", 5760),  # the flags of the second byte are no count
    ],
)
def test_configuration_and_count_make_the_length(packet: str, samples: int) -> None:
    assert opus_packet_samples(bytes.fromhex(packet)) == samples


@pytest.mark.parametrize(
    ("packet", "text"),
    [
        ("", "0 bytes"),
        ("ff", "ends at byte 1, before its frame count"),
        ("ff 00", "0 frames, 0 samples"),
        ("ff 07", "7 frames, 6720 samples; at most 5760"),
    ],
)
def test_what_no_packet_can_be_is_refused(packet: str, text: str) -> None:
    with pytest.raises(CodecConfigError, match=text):
        opus_packet_samples(bytes.fromhex(packet))
