"""MP4 read: what is whole comes out, what is not is named, and nothing is raised."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.mp4.box import box, full_box
from trio_srs.wire.mp4.fragment import Mp4Sample, TrackRun, build_fragment
from trio_srs.wire.mp4.init_segment import Mp4Track, build_init
from trio_srs.wire.mp4.mp4_oddity import Mp4OddityKind
from trio_srs.wire.mp4.mp4_reader import Mp4Event, Mp4Fragment, Mp4Movie, Mp4Reader
from trio_srs.wire.mp4.sample_entry import SampleEntry

DATA = Path(__file__).parents[2] / "data" / "mp4"
TRACK = Mp4Track(1, 1000, SampleEntry("h264", b"avcc", 64, 48), is_video=True)
INIT = build_init([TRACK])
FRAGMENT = build_fragment(1, [TrackRun(1, 40, [Mp4Sample(b"key", 40), Mp4Sample(b"next", 40)])])


def read(*slices: bytes, **options: int) -> tuple[list[Mp4Event], dict[str, int]]:
    """Everything, and the oddities by kind."""
    reader = Mp4Reader(**options)
    events = [event for each in slices for event in reader.feed(each)] + reader.finish()
    return events, {kind.value: each.count for kind, each in reader.oddities.items()}


def samples(events: list[Mp4Event]) -> list[tuple[int, int, bool, bytes]]:
    found = [each for event in events if isinstance(event, Mp4Fragment) for each in event.samples]
    return [(each.time, each.duration, each.is_sync, each.data) for each in found]


def test_a_stream_is_its_movie_and_its_fragments() -> None:
    events, odd = read(INIT + FRAGMENT)
    assert events[0] == Mp4Movie((TRACK,))
    assert samples(events) == [(40, 40, True, b"key"), (80, 40, True, b"next")]
    assert odd == {}


@pytest.mark.parametrize("other", [box(b"styp", b"msdh"), box(b"free", bytes(99)), box(b"\xa9xyz")])
def test_other_boxes_are_passed_over_without_being_kept(other: bytes) -> None:
    reader = Mp4Reader()
    reader.feed(INIT)
    reader.feed(other[:-1])
    assert len(reader._buffer) < 10
    assert samples(reader.feed(other[-1:] + FRAGMENT)) != []
    assert reader.oddities == {}


def moof(*trafs: bytes) -> bytes:
    return box(b"moof", full_box(b"mfhd", 0, 0, bytes(4)), *trafs)


def traf(tfhd: bytes, *others: bytes) -> bytes:
    return box(b"traf", tfhd, *others)


def numbers(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


TFHD = full_box(b"tfhd", 0, 0x20000, numbers(1))


def test_every_field_of_a_header_may_be_there() -> None:
    # base-data-offset, sample-description-index, duration, size, flags
    head = full_box(b"tfhd", 0, 0x3B, struct.pack(">IQIIII", 1, len(INIT), 1, 7, 2, 0x10000))
    run = full_box(b"trun", 0, 0x5, numbers(2, 0, 0))  # an offset, and the first sample's flags
    size = len(moof(traf(head, run)))
    run = full_box(b"trun", 0, 0x5, numbers(2, size + 8, 0))
    events, odd = read(INIT + moof(traf(head, run)) + box(b"mdat", b"aabb"))
    assert samples(events) == [(0, 7, True, b"aa"), (7, 7, False, b"bb")]
    assert odd == {}


def test_defaults_are_the_movies() -> None:
    trex = full_box(b"trex", 0, 0, numbers(1, 1, 5, 2, 0x10000))
    init = INIT.replace(full_box(b"trex", 0, 0, numbers(1, 1, 0, 0, 0)), trex)
    one, two = full_box(b"trun", 0, 0, numbers(1)), full_box(b"trun", 0, 0, numbers(2))
    data = init + moof(traf(TFHD, one, two)) + box(b"mdat", b"aabbcc")
    data += moof(traf(TFHD, one)) + box(b"mdat", b"dd")
    assert samples(read(data)[0]) == [
        (0, 5, False, b"aa"), (5, 5, False, b"bb"), (10, 5, False, b"cc"), (15, 5, False, b"dd"),
    ]  # fmt: skip


def test_times_of_32_bits_and_negative_offsets_are_read() -> None:
    time = full_box(b"tfdt", 0, 0, numbers(9))
    signed = full_box(b"trun", 1, 0x900, numbers(1, 3, 0xFFFFFFFF))
    size = full_box(b"tfhd", 0, 0x20010, numbers(1, 1))
    events, _ = read(INIT + moof(traf(size, time, signed)) + box(b"mdat", b"a"))
    assert isinstance(events[1], Mp4Fragment)
    assert [(each.time, each.composition) for each in events[1].samples] == [(9, -1)]
    unsigned = full_box(b"trun", 0, 0x900, numbers(1, 3, 0xFFFFFFFF))
    events, _ = read(INIT + moof(traf(size, time, unsigned)) + box(b"mdat", b"a"))
    assert isinstance(events[1], Mp4Fragment)
    assert events[1].samples[0].composition == 0xFFFFFFFF


@pytest.mark.parametrize(
    ("bad", "oddity"),
    [
        (traf(full_box(b"tfdt", 0, 0, bytes(4))), "fragment"),  # no header
        (traf(full_box(b"tfhd", 0, 0, numbers(7))), "fragment"),  # another track
        (traf(full_box(b"tfhd", 0, 0, b"")), "fragment"),
        (traf(TFHD, full_box(b"tfdt", 1, 0, bytes(4))), "fragment"),
        (traf(TFHD, full_box(b"trun", 0, 0x200, numbers(9, 1))), "fragment"),
        (traf(TFHD, full_box(b"trun", 0, 0, numbers(1 << 30))), "fragment"),
        (traf(TFHD, full_box(b"trun", 0, 0x201, numbers(1, 0, 4))), "outside"),
        (traf(TFHD, full_box(b"trun", 0, 0x201, numbers(1, 0x7FFFFFFF, 4))), "outside"),
        (traf(TFHD, full_box(b"trun", 0, 0x200, numbers(1, 99))), "outside"),
    ],
)
def test_a_bad_fragment_is_named_and_the_next_is_read(bad: bytes, oddity: str) -> None:
    events, odd = read(INIT + moof(bad) + box(b"mdat", b"data") + FRAGMENT)
    assert len(samples(events)) == 2
    assert odd == {oddity: 1}


def test_samples_that_share_their_data_are_not_read_over_and_over() -> None:
    run = full_box(b"trun", 0, 0x201, numbers(1, 0, 4))
    size = len(moof(traf(TFHD, *[run] * 9)))
    run = full_box(b"trun", 0, 0x201, numbers(1, size + 8, 4))
    events, odd = read(INIT + moof(traf(TFHD, *[run] * 9)) + box(b"mdat", b"data"))
    assert (len(samples(events)), odd) == (1, {"outside": 8})


def test_a_fragment_has_only_so_many_samples() -> None:
    head = full_box(b"tfhd", 0, 0x20010, numbers(1, 1))
    run = full_box(b"trun", 0, 0, numbers(40_000))
    data = moof(traf(head, run), traf(head, run)) + box(b"mdat", bytes(40_000))
    events, odd = read(INIT + data)
    assert (len(samples(events)), odd) == (40_000, {"fragment": 1})


def test_many_samples_of_which_nothing_is_said_are_read() -> None:
    head = full_box(b"tfhd", 0, 0x20038, numbers(1, 10, 2, 0x10000))
    run = full_box(b"trun", 0, 0x5, numbers(3, 0, 0))
    size = len(moof(traf(head, run)))
    run = full_box(b"trun", 0, 0x5, numbers(3, size + 8, 0))
    events, odd = read(INIT + moof(traf(head, run)) + box(b"mdat", b"aabbcc") + FRAGMENT)
    assert samples(events)[:3] == [
        (0, 10, True, b"aa"),
        (10, 10, False, b"bb"),
        (20, 10, False, b"cc"),
    ]
    assert odd == {}


def test_samples_without_bytes_are_not_made_of_a_number() -> None:
    many = traf(TFHD, full_box(b"trun", 0, 0, numbers(1 << 16)))
    events, odd = read(INIT + (moof(many) + box(b"mdat", b"")) * 3 + FRAGMENT)
    assert len(samples(events)) == 2
    assert odd == {"fragment": 3}
    none = traf(TFHD, full_box(b"trun", 0, 0x4, numbers(0, 0)))
    assert read(INIT + moof(none) + box(b"mdat", b"")) == (
        [Mp4Movie((TRACK,)), Mp4Fragment(())],
        {},
    )


def test_a_movie_has_only_so_many_tracks() -> None:
    tracks = [Mp4Track(number, 1000, TRACK.entry, is_video=True) for number in range(1, 99)]
    [movie], odd = read(build_init(tracks))
    assert isinstance(movie, Mp4Movie)
    assert len(movie.tracks) == 64
    assert odd == {"track": 1}


@pytest.mark.parametrize("size", [1 << 32, 1 << 63, (1 << 64) - 1])
def test_a_box_of_any_size_is_passed_over_and_not_kept(size: int) -> None:
    reader = Mp4Reader()
    head = b"\0\0\0\x01mdat" + struct.pack(">Q", size)
    for data in (INIT, head, *[bytes(1 << 16)] * 9):
        reader.feed(data)
    assert not reader._buffer
    assert set(reader.oddities) == {Mp4OddityKind.TOO_LARGE}


def test_boxes_in_boxes_are_not_walked_deeper_than_they_are_known() -> None:
    nested = b""
    for _ in range(5000):
        nested = box(b"traf", nested)
    assert read(INIT + box(b"moof", nested) + FRAGMENT)[1] == {"fragment": 1}


def test_a_track_that_cannot_be_read_is_named_and_others_are_read() -> None:
    other = Mp4Track(2, 1000, SampleEntry("aac", b"\x12\x10", 0, 0, 44100, 2), is_video=False)
    init = build_init([TRACK, other])
    for old, new in ((b"avcC", b"none"), (b"tkhd", b"none"), (b"stsd", b"none")):
        events, odd = read(init.replace(old, new, 1))
        assert events == [Mp4Movie((other,))]
        assert odd == {"track": 1}


HEAD = full_box(b"tkhd", 1, 0, bytes(16), numbers(3))
ENTRY = box(b"alac", bytes(28))


def movie(*head: bytes, entry: bytes = ENTRY) -> bytes:
    """A movie of one track of sound, version 1 throughout."""
    stsd = full_box(b"stsd", 0, 0, numbers(1), entry)
    media = full_box(b"mdhd", 1, 0, bytes(16), numbers(5))
    handler = full_box(b"hdlr", 0, 0, bytes(4), b"soun")
    below = box(b"mdia", media, handler, box(b"minf", box(b"stbl", stsd)))
    return box(b"moov", box(b"trak", *head, below), box(b"mvex", box(b"trex", b"short")))


def test_a_track_header_cut_short_or_without_entries_is_named() -> None:
    track = Mp4Track(3, 5, SampleEntry("alac"), is_video=False)
    assert read(movie(HEAD)) == ([Mp4Movie((track,))], {})
    assert read(movie(HEAD, entry=b"")) == ([Mp4Movie(())], {"track": 1})
    assert read(movie(full_box(b"tkhd", 1, 0))) == ([Mp4Movie(())], {"track": 1})


@pytest.mark.parametrize(
    ("elst", "start"),
    [
        (full_box(b"elst", 0, 0, numbers(1, 0, 80, 0x10000)), 80),
        (full_box(b"elst", 1, 0, numbers(1, 0, 0, 0, 80, 0x10000)), 80),
        (full_box(b"elst", 0, 0, numbers(1, 0, 0xFFFFFFFF, 0x10000)), 0),  # an empty edit
        (full_box(b"elst", 0, 0, numbers(2, 0, 80, 0x10000, 0, 9, 0x10000)), 0),
        (full_box(b"elst", 0, 0), 0),
    ],
)
def test_an_edit_list_of_one_entry_is_read(elst: bytes, start: int) -> None:
    [event] = Mp4Reader().feed(movie(HEAD, box(b"edts", elst)))
    assert isinstance(event, Mp4Movie)
    assert event.tracks[0].media_start == start


def test_a_fragment_before_any_movie_is_named() -> None:
    assert read(FRAGMENT) == ([Mp4Fragment(())], {"no_movie": 1})


def test_samples_outside_fragments_are_named() -> None:
    assert read(INIT + box(b"mdat", b"data"))[1] == {"sample_table": 1}
    assert read(box(b"mdat", b"data"))[1] == {}
    assert read(INIT.replace(b"mvex", b"none")) == ([Mp4Movie((TRACK,))], {"sample_table": 1})


@pytest.mark.parametrize("data", [b"\x00\x00\x00\x04free....", b"what\x00is\x00this", bytes(40)])
def test_what_is_no_box_ends_the_reading(data: bytes) -> None:
    assert read(INIT + data, FRAGMENT) == ([Mp4Movie((TRACK,))], {"no_box": 1})


def test_a_stream_cut_short_says_so() -> None:
    for end in (3, len(INIT) - 1, len(INIT) + len(FRAGMENT) - 1):
        assert read((INIT + FRAGMENT)[:end])[1] == {"cut_short": 1}
    assert read(INIT + box(b"free", bytes(9))[:-1])[1] == {"cut_short": 1}


def test_what_is_larger_than_believed_is_passed_over() -> None:
    events, odd = read(INIT + box(b"mdat", bytes(5000)) + FRAGMENT, max_box=3000)
    assert len(samples(events)) == 2
    assert odd == {"too_large": 1}


def test_sizes_of_64_bits_are_read() -> None:
    large = b"\x00\x00\x00\x01mdat" + (16 + 7).to_bytes(8, "big")
    at = FRAGMENT.index(b"mdat") - 4
    size = struct.unpack_from(">I", FRAGMENT, FRAGMENT.index(b"trun") + 12)[0]
    moved = FRAGMENT[:at].replace(struct.pack(">I", size), struct.pack(">I", size + 8))
    whole = INIT + moved + large + b"keynext"
    events, odd = read(whole)
    assert (len(samples(events)), odd) == (2, {})
    assert read(whole[: len(INIT + moved) + 12])[1] == {"cut_short": 1}


def test_a_size_of_0_is_all_that_is_left() -> None:
    at = FRAGMENT.index(b"mdat") - 4
    open_end = INIT + FRAGMENT[:at] + bytes(4) + FRAGMENT[at + 4 :]
    for cut in (len(open_end), len(open_end) - 3):
        events, odd = read(open_end[:cut], open_end[cut:])
        assert (len(samples(events)), odd) == (2, {})
    assert read(open_end + bytes(900), max_box=800)[1] == {"too_large": 1}
    assert read(INIT + b"\x00\x00\x00\x00free" + FRAGMENT, FRAGMENT)[0] == [Mp4Movie((TRACK,))]


FILES = sorted(path.name for path in DATA.glob("*.mp4"))


@pytest.mark.parametrize("name", FILES)
def test_files_of_ffmpeg_have_nothing_odd(name: str) -> None:
    events, odd = read((DATA / name).read_bytes())
    assert odd == {}
    assert len(samples(events)) >= 4


@pytest.mark.property
@given(st.data())
def test_slicing_and_damage_do_not_matter(data: st.DataObject) -> None:
    stream = bytearray((DATA / data.draw(st.sampled_from(FILES))).read_bytes())
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(stream) - 1))
        stream[at] = data.draw(st.integers(0, 255))
    step = data.draw(st.integers(1, 900))
    slices = [bytes(stream[at : at + step]) for at in range(0, len(stream), step)]
    assert read(*slices) == read(bytes(stream))
