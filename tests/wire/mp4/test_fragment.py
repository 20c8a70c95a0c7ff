"""Fragments, box by box."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.mp4.fragment import NON_SYNC, SYNC, Mp4Sample, TrackRun, build_fragment
from trio_srs.wire.mp4.init_segment import Mp4Track, build_init
from trio_srs.wire.mp4.mp4_reader import Mp4Fragment, Mp4Reader, ReadSample
from trio_srs.wire.mp4.sample_entry import SampleEntry

VIDEO = Mp4Track(1, 90_000, SampleEntry("h264", b"avcc", 320, 240), is_video=True)
AUDIO = Mp4Track(2, 44_100, SampleEntry("aac", b"\x12\x10", 0, 0, 44_100, 2), is_video=False)


def test_the_letter_of_a_fragment() -> None:
    pictures = [Mp4Sample(b"key", 3600, True, 7200), Mp4Sample(b"inter", 3601, False, 0)]
    sounds = [Mp4Sample(b"a", 1024), Mp4Sample(b"bc", 1024)]
    data = build_fragment(9, [TrackRun(1, 1 << 33, pictures), TrackRun(2, 5, sounds)])
    assert (
        data
        == bytes.fromhex(
            "000000c8 6d6f6f66"
            "00000010 6d666864 00000000 00000009"
            "00000060 74726166"
            "00000010 74666864 00020000 00000001"  # default-base-is-moof
            "00000014 74666474 01000000 0000000200000000"
            "00000034 7472756e 00000f01 00000002 000000d0"
            "00000e10 00000003 02000000 00001c20"
            "00000e11 00000005 01010000 00000000"
            "00000050 74726166"
            "00000018 74666864 00020028 00000002 00000400 02000000"
            "00000014 74666474 01000000 0000000000000005"
            "0000001c 7472756e 00000201 00000002 000000d8 00000001 00000002"
            "00000013 6d646174"
        )
        + b"keyinterabc"
    )
    assert (SYNC, NON_SYNC) == (0x02000000, 0x01010000)


def test_negative_offsets_are_of_version_1() -> None:
    data = build_fragment(1, [TrackRun(1, 0, [Mp4Sample(b"x", 1, True, -1)])])
    assert bytes.fromhex("7472756e 01000f01") in data
    assert bytes.fromhex("ffffffff") in data


SAMPLES = st.lists(
    st.builds(
        Mp4Sample, st.binary(min_size=1, max_size=9), st.integers(0, 9), st.booleans(),
        st.integers(-9, 9),
    ),
    min_size=1, max_size=5,
)  # fmt: skip


@pytest.mark.property
@given(SAMPLES, SAMPLES, st.integers(0, 1 << 60), st.integers(0, 1 << 33))
def test_what_is_written_is_read(
    pictures: list[Mp4Sample], sounds: list[Mp4Sample], at: int, number: int
) -> None:
    reader = Mp4Reader()
    reader.feed(build_init([VIDEO, AUDIO]))
    runs = [TrackRun(1, at, pictures), TrackRun(2, 7, sounds)]
    [fragment] = reader.feed(build_fragment(number, runs))
    assert isinstance(fragment, Mp4Fragment)
    expected = []
    for track, time, samples in ((VIDEO, at, pictures), (AUDIO, 7, sounds)):
        for sample in samples:
            expected.append(
                ReadSample(
                    track, time, sample.composition, sample.duration, sample.is_sync, sample.data
                )
            )
            time += sample.duration
    assert list(fragment.samples) == expected
    assert reader.oddities == {}
