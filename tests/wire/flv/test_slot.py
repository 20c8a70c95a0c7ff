"""Header slots: the newest header of its kind replaces the earlier one, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.flv.slot import HeaderSlot, header_slot, track_codecs
from trio_srs.wire.flv.tag import FlvReader

DATA = Path(__file__).parents[2] / "data" / "flv"


@pytest.mark.parametrize(
    ("is_video", "body", "slot"),
    [
        (True, "17 00 000000 0164001f", ("video", "header", (0,))),
        (True, "90 68766331 01", ("video", "header", (0,))),
        (True, "95 61763031 01", ("video", "header", (0,))),
        (True, "d4 68766331 02", ("video", "metadata", (0,))),
        (True, "96 00 68766331 03 01", ("video", "header", (3,))),
        (True, "96 10 68766331 01 000001 aa 02 000000", ("video", "header", (1, 2))),
        (False, "af 00 1210", ("audio", "header", (0,))),
        (False, "94 4f707573 01", ("audio", "metadata", (0,))),
        (False, "95 00 6d703461 01 11", ("audio", "header", (1,))),
        (True, "17 01 000000 00", None),
        (True, "17 02 000000", None),
        (True, "57 00", None),
        (False, "af 01 21", None),
        (False, "17 00 000000 01", None),
        (True, "96 10 68766331 01 000009 aa", None),  # a header, but of whom cannot be read
        (True, "84 68766331 02", ("video", "metadata", (0,))),  # frame type 0, as OBS writes it
        (True, "94 68766331 02", ("video", "metadata", (0,))),
        (True, "86 04 68766331 03 02", ("video", "metadata", (3,))),
        (True, "87 00 aa 04 68766331 02", ("video", "metadata", (0,))),
        (True, "f0 68766331 01", ("video", "header", (0,))),  # there is no such frame type either
    ],
)
def test_a_body_goes_to_the_slot_of_what_it_describes(
    is_video: bool, body: str, slot: HeaderSlot | None
) -> None:
    assert header_slot(is_video, bytes.fromhex(body)) == slot


@pytest.mark.parametrize(
    ("is_video", "body", "tracks"),
    [
        (True, "27 01 000000 00", ((0, "avc1"),)),
        (True, "2c 01 000000 00", ((0, "hvc1"),)),
        (True, "a1 61766331 000000 00", ((0, "avc1"),)),
        (True, "a6 13 68766331 01 000001 aa 02 000000", ((1, "hvc1"), (2, "hvc1"))),
        (True, "a6 21 61766331 00 000000 68766331 01 000000", ((0, "avc1"), (1, "hvc1"))),
        (True, "20 00", ()),  # codec id 0
        (True, "a1 6876", ()),
        (True, "", ()),
        (False, "af 01 21", ((0, "mp4a"),)),
        (False, "2f ff fb", ((0, ".mp3"),)),
        (False, "91 6d703461 21", ((0, "mp4a"),)),
        (False, "95 01 6f707573 07 21", ((7, "opus"),)),
        (False, "cf 01", ()),  # sound format 12
        (False, "95", ()),
    ],
)
def test_a_body_says_the_codec_of_each_track(
    is_video: bool, body: str, tracks: tuple[tuple[int, str], ...]
) -> None:
    assert track_codecs(is_video, bytes.fromhex(body)) == tracks


def test_a_multitrack_file_has_a_slot_for_every_header() -> None:
    reader = FlvReader()
    reader.feed((DATA / "ffmpeg_multitrack.flv").read_bytes())
    media = [tag for tag in iter(reader.next_tag, None) if tag.type_id in (8, 9)]
    slots = [slot for tag in media if (slot := header_slot(tag.type_id == 9, tag.body))]
    assert len(slots) == len(set(slots))
    assert set(slots) == {
        ("video", "header", (0,)), ("video", "header", (1,)),
        ("audio", "header", (0,)), ("audio", "header", (1,)), ("audio", "metadata", (1,)),
    }  # fmt: skip


@given(st.booleans(), st.binary(max_size=24))
def test_anything_has_a_slot_or_none(is_video: bool, body: bytes) -> None:
    track_codecs(is_video, body)
    slot = header_slot(is_video, body)
    assert slot is None or slot[0] == ("video" if is_video else "audio")
