"""What a viewer gets is counted alike in every container, and however it is cut."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.remux.container_muxer import ContainerMuxer
from trio_srs.media.remux.mp4_muxer import Mp4Muxer
from trio_srs.media.remux.ts_muxer import TsMuxer
from trio_srs.tools.load.skim import SkimError
from trio_srs.tools.load.skim_containers import container_skimmer
from trio_srs.tools.load.source import LoadSource, encode_flv, synthetic
from trio_srs.wire.ts.packet import PACKET_SIZE
from trio_srs.wire.websocket import binary_head

FRAME_MS: Final = 40
SILENT: Final = synthetic(64, audio=False)
"""10 seconds: 250 pictures, every fiftieth a keyframe."""
PING: Final = b"\x89\x03abc"


def without(source: LoadSource, *numbers: int) -> LoadSource:
    kept = [item for number, item in enumerate(source.items) if number not in numbers]
    return attrs.evolve(source, items=tuple(kept))


def muxed(muxer: ContainerMuxer, source: LoadSource) -> list[bytes]:
    pieces = [piece for kind, body in source.headers for piece in muxer.write(kind, 0, body)]
    for ms, kind, body in source.items:
        pieces += muxer.write(kind, ms, body)
    pieces += muxer.finish()
    heads = [piece.head if piece.is_new_head else b"" for piece in pieces]
    return [head + piece.data for head, piece in zip(heads, pieces, strict=True)]


MAKE: Final[dict[str, Callable[[LoadSource], list[bytes]]]] = {
    "flv": lambda source: [encode_flv(source)],
    "ts": lambda source: muxed(TsMuxer(), source),
    "mp4": lambda source: muxed(Mp4Muxer(), source),
}
"""By ending: what a viewer of a source gets."""
WHOLE: Final = {ending: b"".join(make(SILENT)) for ending, make in MAKE.items()}
BEGINNING: Final = 8000
ENDINGS: Final = pytest.mark.parametrize("ending", MAKE)


@attrs.define
class Total:
    """What a whole connection brought."""

    messages: int = 0
    keyframes: int = 0
    backward: int = 0
    skipped: int = 0
    video_ms: int = -1


def skim(ending: str, slices: list[bytes], *, in_messages: bool = False) -> Total:
    skimmer = container_skimmer(ending, in_messages=in_messages, frame_ms=FRAME_MS)
    total, position = Total(), skimmer.start
    for data in slices:
        step = skimmer.step(position, data)
        position = step.after
        total.messages += step.messages
        total.keyframes += step.keyframes
        total.backward += step.backward
        total.skipped += step.skipped
        total.video_ms = position.video_ms
    return total


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@ENDINGS
def test_pictures_and_keyframes_are_counted_and_none_is_missing(ending: str) -> None:
    total = skim(ending, [WHOLE[ending]])
    assert total.messages == 250 + (ending == "flv")  # its header is a message too
    assert (total.keyframes, total.backward, total.skipped) == (5, 0, 0)


@ENDINGS
def test_sound_is_no_picture(ending: str) -> None:
    source = synthetic(64)
    total = skim(ending, MAKE[ending](source))
    assert total.messages > 250 + 100
    assert (total.keyframes, total.backward, total.skipped) == (5, 0, 0)


@ENDINGS
def test_time_is_that_of_the_last_picture(ending: str) -> None:
    flv = skim("flv", [WHOLE["flv"]]).video_ms
    assert flv == 9960
    before = 300 if ending == "ts" else 0  # the clock runs ahead of the pictures
    assert skim(ending, [WHOLE[ending]]).video_ms == flv + before


@ENDINGS
def test_missing_pictures_are_noticed_by_their_times(ending: str) -> None:
    total = skim(ending, MAKE[ending](without(SILENT, 20, 21, 30)))
    assert total.skipped == 3


@ENDINGS
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_slices_do_not_change_what_is_counted(ending: str, size: int) -> None:
    data = WHOLE[ending][:BEGINNING]
    assert skim(ending, cut(data, size)) == skim(ending, [data])


@ENDINGS
@pytest.mark.parametrize("length", [100, 1000, 70_000])
def test_messages_of_websocket_are_unwrapped_and_pings_passed_over(
    ending: str, length: int
) -> None:
    data = WHOLE[ending]
    wire = b"".join(binary_head(len(each)) + each + PING for each in cut(data, length))
    whole = skim(ending, [data])
    assert skim(ending, [wire], in_messages=True) == whole
    assert skim(ending, cut(wire, 333), in_messages=True) == whole


def test_a_lost_packet_of_a_transport_stream_is_noticed() -> None:
    data = WHOLE["ts"]
    at = 100 * PACKET_SIZE
    assert skim("ts", [data[:at], data[at + PACKET_SIZE :]]).skipped >= 1


@pytest.mark.parametrize(
    ("ending", "data", "complaint"),
    [
        ("flv", b"<html><body></body>", "where an FLV file begins"),
        ("ts", b"<" * PACKET_SIZE, "byte 0x3c where a packet of MPEG-TS begins"),
        ("mp4", b"<html><body>", "a box b'l><b' of"),
        ("mp4", b"\0\0\0\x01ftyp", "a box b'ftyp' of 1 bytes"),
        ("mp4", b"\0\0\0\x40moof\0\0\0\x04traf" + bytes(48), "a box of 4 bytes"),
    ],
)
def test_what_is_no_such_container_is_the_servers_fault(
    ending: str, data: bytes, complaint: str
) -> None:
    with pytest.raises(SkimError, match=complaint):
        skim(ending, [data])


def test_a_fragment_without_a_head_is_the_servers_fault() -> None:
    data = WHOLE["mp4"]
    with pytest.raises(SkimError, match="a track that no head has"):
        skim("mp4", [data[data.index(b"moof") - 4 :]])


def test_a_masked_frame_is_the_servers_fault() -> None:
    with pytest.raises(SkimError, match="masked"):
        skim("flv", [b"\x82\x85" + bytes(9)], in_messages=True)


@given(st.sampled_from(list(MAKE)), st.lists(st.integers(0, BEGINNING), max_size=8))
def test_cuts_anywhere_do_not_change_what_is_counted(ending: str, cuts: list[int]) -> None:
    data = WHOLE[ending][:BEGINNING]
    ends = [0, *sorted(cuts), len(data)]
    slices = [data[a:b] for a, b in pairwise(ends) if a < b]
    assert skim(ending, slices) == skim(ending, [data])
