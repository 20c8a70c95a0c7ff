"""The header cache: the newest of each kind, in the order a late reader needs them."""

from __future__ import annotations

import attrs
import pytest

from trio_srs.hub.headers import HeaderCache
from trio_srs.hub.record import Record
from trio_srs.testing.bodies import audio, audio_header, data, header, key
from trio_srs.wire.amf import amf0
from trio_srs.wire.flv.audio import classify_audio
from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.flv.video import classify_video
from trio_srs.wire.rtmp.message import Message, MessageType


@attrs.define
class Log:
    """Positions, and a cache that sees what stands there."""

    cache: HeaderCache = attrs.field(factory=HeaderCache)
    end: int = 0

    def media(self, message: Message) -> Record:
        classify = classify_video if message.type_id == MessageType.VIDEO else classify_audio
        record = Record(message.type_id, 0, message.payload, 0.0, classify(message.payload))
        self.cache.see_media(record, self.end)
        self.end += 1
        return record

    def data(self, message: Message, *, keep: bool = False) -> tuple[Record, bool]:
        record = Record(message.type_id, 0, message.payload, 0.0)
        seen = self.cache.see_data(record, self.end, keep=keep)
        self.end += 1
        return record, seen

    def kept(self) -> list[Record]:
        return [it.record for it in self.cache.snapshot()]


def other(message: Message, tail: bytes) -> Message:
    return attrs.evolve(message, payload=message.payload + tail)


def test_frames_are_not_headers() -> None:
    log = Log()
    log.media(key(0))
    log.media(audio(0))
    assert log.kept() == []


def test_the_order_is_data_then_video_then_audio() -> None:
    log = Log()
    sound, picture = log.media(audio_header()), log.media(header())
    about, _ = log.data(data("onMetaData", {}))
    assert log.kept() == [about, picture, sound]


def test_a_newer_header_takes_the_place_of_the_older() -> None:
    log = Log()
    log.media(header())
    newer = log.media(other(header(), b"!"))
    assert log.kept() == [newer]
    assert [it.position for it in log.cache.snapshot()] == [1]


def test_a_header_of_another_codec_takes_the_place_too() -> None:
    log = Log()
    log.media(header())
    enhanced = bytes((0x90, *b"hvc1", 1, 2, 3))
    hevc = log.media(Message(MessageType.VIDEO, 1, 0, enhanced))
    assert hevc.flags == FrameKind.SEQUENCE_HEADER
    assert log.kept() == [hevc]


def test_each_track_has_its_own_header() -> None:
    log = Log()
    one = log.media(header())
    second = bytes((0x96, 0x00, *b"hvc1", 1, 9, 9))  # one track: number 1
    two = log.media(Message(MessageType.VIDEO, 1, 0, second))
    assert log.kept() == [one, two]


def test_colour_information_stands_beside_the_sequence_header() -> None:
    log = Log()
    first = log.media(Message(MessageType.VIDEO, 1, 0, bytes((0x90, *b"hvc1", 1))))
    colour = log.media(Message(MessageType.VIDEO, 1, 0, bytes((0x94, *b"hvc1", 2))))
    assert colour.flags == FrameKind.METADATA
    assert log.kept() == [first, colour]


def test_a_header_whose_tracks_cannot_be_read_is_not_kept() -> None:
    log = Log()
    broken = bytes((0x96, 0x10, *b"hvc1", 0, 0, 0, 99))  # a track longer than the body
    log.media(Message(MessageType.VIDEO, 1, 0, broken))
    assert log.kept() == []


def test_metadata_is_kept_whether_asked_or_not() -> None:
    for keep in (True, False):
        log = Log()
        record, seen = log.data(data("onMetaData", {"a": 1.0}), keep=keep)
        assert seen
        assert log.kept() == [record]


def test_other_data_is_kept_only_if_asked() -> None:
    log = Log()
    _, seen = log.data(data("onTextData", {}))
    assert not seen
    assert log.kept() == []
    record, seen = log.data(data("onTextData", {}), keep=True)
    assert seen
    assert log.kept() == [record]


def test_data_is_kept_by_name() -> None:
    log = Log()
    log.data(data("one", 1.0), keep=True)
    two, _ = log.data(data("two", 1.0), keep=True)
    one, _ = log.data(data("one", 2.0), keep=True)
    assert log.kept() == [two, one]


def test_clearing_forgets_one_name() -> None:
    log = Log()
    log.data(data("one", 1.0), keep=True)
    two, _ = log.data(data("two", 1.0), keep=True)
    _, seen = log.data(data("@clearDataFrame", "one"))
    assert seen
    assert log.kept() == [two]
    log.data(data("@clearDataFrame", "none of them"))
    log.data(data("@clearDataFrame"))
    assert log.kept() == [two]


@pytest.mark.parametrize("switch", [b"\0", b""], ids=["AMF0 behind a switch", "pure AMF3"])
def test_metadata_of_type_15_is_metadata(switch: bytes) -> None:
    body = (
        b"\0" + amf0.encode("onMetaData", {}) if switch else b"\x06\x15onMetaData\x0a\x0b\x01\x01"
    )
    log = Log()
    record, seen = log.data(Message(MessageType.DATA_AMF3, 1, 0, body))
    assert seen
    assert log.kept() == [record]


def test_data_that_cannot_be_read_is_not_kept() -> None:
    log = Log()
    _, seen = log.data(Message(MessageType.DATA_AMF0, 1, 0, b"\xff\xff"), keep=True)
    assert not seen
    assert log.kept() == []


def test_a_publisher_cannot_invent_names_without_end() -> None:
    log = Log()
    for number in range(100):
        log.data(data(f"name {number}", 0.0), keep=True)
    assert len(log.kept()) == 64
    newer, _ = log.data(data("name 3", 1.0), keep=True)
    assert newer in log.kept()
    log.media(header())
    assert len(log.kept()) == 64


def test_the_next_publisher_begins_anew() -> None:
    log = Log()
    log.media(header())
    log.cache.clear()
    assert log.kept() == []


def test_a_snapshot_is_not_changed_by_what_follows() -> None:
    log = Log()
    log.media(header())
    before = log.cache.snapshot()
    assert log.cache.snapshot() is before
    log.media(audio_header())
    assert len(before) == 1
    assert len(log.cache.snapshot()) == 2
