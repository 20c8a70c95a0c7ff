"""The header cache: the newest of each kind, in the order a late reader needs them."""

from __future__ import annotations

import attrs
import pytest

from trio_srs.hub.headers import HeaderCache
from trio_srs.hub.record import AlteredRecord, Record
from trio_srs.testing.bodies import audio, audio_header, data, header, key
from trio_srs.wire.amf import amf0
from trio_srs.wire.flv.audio import classify_audio
from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.flv.slot import track_codecs
from trio_srs.wire.flv.video import classify_video
from trio_srs.wire.rtmp.message import Message, MessageType


@attrs.define
class Log:
    """Positions, and a cache that sees what stands there."""

    cache: HeaderCache = attrs.field(factory=lambda: HeaderCache(2**20))
    end: int = 0

    def media(self, message: Message) -> Record:
        classify = classify_video if message.type_id == MessageType.VIDEO else classify_audio
        record = Record(message.type_id, 0, message.payload, 0.0, classify(message.payload))
        self.cache.see_media(record, self.end)
        self.end += 1
        return record

    def frame(self, message: Message) -> None:
        self.cache.see_frame(Record(message.type_id, 0, message.payload, 0.0))
        self.end += 1

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
    sequence = log.media(header())
    assert len(log.kept()) == 64
    assert sequence in log.kept()  # rather than the oldest data


def test_headers_are_bounded_in_bytes() -> None:
    log = Log(HeaderCache(20_000))
    for number in range(100):
        log.data(data(f"name {number}", "x" * 5000), keep=True)
    assert len(log.kept()) == 3
    assert log.cache.peak <= 20_000


def test_data_gives_way_to_headers() -> None:
    log = Log(HeaderCache(20_000))
    _, _ = log.data(data("one", "x" * 5000), keep=True)
    two, _ = log.data(data("two", "x" * 5000), keep=True)
    three, _ = log.data(data("three", "x" * 5000), keep=True)
    video, sound = log.media(other(header(), bytes(3000))), log.media(audio_header())
    assert log.kept() == [two, three, video, sound]


def test_what_has_no_room_is_not_kept_nor_what_it_replaces() -> None:
    """A player would begin with what no longer holds."""
    log = Log(HeaderCache(20_000))
    about, _ = log.data(data("onMetaData", "x"))
    log.media(header())
    log.data(data("onMetaData", "x" * 20_000))
    sound = log.media(audio_header())
    log.media(other(header(), bytes(30_000)))
    assert log.kept() == [sound]
    assert about not in log.kept()
    again = log.media(header())
    assert log.kept() == [again, sound]


def test_a_long_name_and_many_tracks_take_room_too() -> None:
    log = Log(HeaderCache(20_000))
    log.data(data("n" * 6000, 0.0), keep=True)
    many = b"".join(bytes((track, 0, 0, 0)) for track in range(100))
    log.media(Message(MessageType.VIDEO, 1, 0, b"\x96\x10hvc1" + many))
    assert log.kept() == []


def test_the_peak_is_remembered_when_less_is_held() -> None:
    log = Log()
    log.data(data("big", "x" * 10_000), keep=True)
    log.data(data("@clearDataFrame", "big"))
    assert log.kept() == []
    assert log.cache.peak > 10_000


def test_what_was_sent_is_held_with_a_header_and_counted() -> None:
    log = Log(HeaderCache(20_000))
    body = amf0.encode("onMetaData", "x" * 12_000)
    record = AlteredRecord(18, 0, body, 0.0, sent_body=body[:-1] + b"y")
    assert log.cache.see_data(record, 0, keep=True)
    assert log.kept() == []


AAC = audio_header().payload
MP3 = b"\x2f\xff\xfb\x90"
OPUS, FLAC, HEVC, AV1 = b"\x91Opus\xff", b"\x91fLaC\xff", b"\xa3hvc1\x00", b"\xa1av01\x00"
AVC = header().payload


@pytest.mark.parametrize(
    ("is_video", "before", "frame"),
    [
        (False, AAC, MP3),
        (False, AAC, OPUS),
        (False, AAC, b"\x7f\xff\xff"),  # G.711
        (False, b"\x90Opus\x01", FLAC),
        (False, b"\x90Opus\x01", b"\xaf\x01\x21"),
        (False, b"\x95\x00Opus\x00\x01", MP3),
        (True, AVC, HEVC),
        (True, AVC, AV1),
        (True, AVC, b"\x22\x00\x00"),  # H.263
        (True, AVC, b"\xa6\x01hvc1\x00\x00"),
        (True, b"\x1c\x00\x00\x00\x00\x01", b"\x27\x01\x00\x00\x00\x00"),
        (True, b"\x90hvc1\x01", b"\x27\x01\x00\x00\x00\x00"),
        (True, b"\x84hvc1\x02", b"\x27\x01\x00\x00\x00\x00"),
    ],
)
def test_a_header_does_not_hold_while_its_track_has_another_codec(
    is_video: bool, before: bytes, frame: bytes
) -> None:
    type_id = MessageType.VIDEO if is_video else MessageType.AUDIO
    log = Log()
    about, _ = log.data(data("onMetaData", {}))
    kept = log.media(Message(type_id, 1, 0, before))
    assert log.kept() == [about, kept]
    log.frame(Message(type_id, 1, 0, frame))
    assert log.kept() == [about]
    codec = track_codecs(is_video, before)[0][1].encode()
    log.frame(Message(type_id, 1, 0, (b"\xa3" if is_video else b"\x91") + codec + b"\x00"))
    assert log.kept() == [about, kept]  # one odd frame does not take it from those who come later


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (AVC, b"\x90hvc1\x01"),
        (b"\x90hvc1\x01", AVC),
        (b"\x1c\x00\x00\x00\x00\x01", AVC),
        (b"\x96\x00hvc1\x00\x01", AVC),
        (AVC, b"\x96\x10avc1\x00\x00\x00\x01\x01\x01\x00\x00\x01\x01"),
    ],
)
def test_another_form_or_codec_of_a_track_replaces_its_header(before: bytes, after: bytes) -> None:
    log = Log()
    log.media(Message(MessageType.VIDEO, 1, 0, before))
    new = log.media(Message(MessageType.VIDEO, 1, 0, after))
    assert log.kept() == [new]


def test_colour_of_another_codec_does_not_hold() -> None:
    log = Log()
    log.media(Message(MessageType.VIDEO, 1, 0, b"\x84hvc1\x02"))
    log.media(Message(MessageType.VIDEO, 1, 0, b"\x90hvc1\x01"))
    avc = log.media(header())
    assert log.kept() == [avc]


def test_a_header_of_several_tracks_holds_while_one_of_them_has_its_codec() -> None:
    log = Log()
    both = log.media(
        Message(MessageType.AUDIO, 1, 0, b"\x95\x10mp4a\x00\x00\x00\x01\x01\x01\x00\x00\x01\x01")
    )
    log.frame(Message(MessageType.AUDIO, 1, 0, MP3))
    assert log.kept() == [both]
    log.frame(Message(MessageType.AUDIO, 1, 0, b"\x95\x01.mp3\x01\xff"))
    assert log.kept() == []


def test_frames_of_one_kind_say_nothing_of_the_other() -> None:
    log = Log()
    video, sound = log.media(header()), log.media(audio_header())
    log.frame(Message(MessageType.AUDIO, 1, 0, MP3))
    assert log.kept() == [video]
    log.frame(audio(0))
    log.frame(Message(MessageType.VIDEO, 1, 0, HEVC))
    assert log.kept() == [sound]


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
