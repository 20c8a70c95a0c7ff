"""Tallies count what goes by, and two ends of the same stream have the same digest."""

from __future__ import annotations

import hashlib

import pytest

from tests.tools.files import clip
from trio_srs.testing.bodies import audio, audio_header, header, key, metadata
from trio_srs.tools.tally import Tally
from trio_srs.wire.rtmp.message import Message


def tally_of(*messages: Message) -> Tally:
    tally = Tally()
    for message in messages:
        tally.add(message)
    return tally


def test_headers_are_messages_but_no_frames() -> None:
    tally = tally_of(metadata(), header(), audio_header(), key(0), audio(5), audio(28))
    assert (tally.messages, tally.video, tally.audio) == (6, 2, 3)
    assert (tally.video_frames, tally.audio_frames) == (1, 2)


def test_time_runs_from_the_first_timestamp_to_the_latest() -> None:
    tally = tally_of(key(1000), audio(3500), key(3000))
    assert (tally.first_ms, tally.last_ms, tally.media_s) == (1000, 3500, 2.5)


def test_nothing_has_come_before_any_audio_or_video() -> None:
    tally = tally_of(metadata())
    assert (tally.messages, tally.has_media, tally.media_s) == (1, False, 0.0)
    assert tally_of(audio(0)).has_media


def test_the_digest_is_over_type_time_length_and_payload() -> None:
    said = bytes.fromhex("08 00000102 00000003") + b"\xaf\x01\x07"
    assert tally_of(audio(0x102, 3, fill=7)).digest == hashlib.sha256(said).hexdigest()


def test_what_servers_change_has_no_part_in_the_digest() -> None:
    messages = list(clip(1))
    other = [metadata({"server": "other"}), *messages[1:]]
    assert tally_of(*messages).digest == tally_of(*other).digest
    assert tally_of(*messages).digest != tally_of(*messages[:-1]).digest


def test_a_dictionary_has_what_is_printed() -> None:
    tally = tally_of(key(0, 100), audio(500, 10))
    assert tally.as_dict() == {
        "messages": 2, "audio": 1, "video": 1, "bytes": 110, "seconds": 0.5,
        "digest": tally.digest,
    }  # fmt: skip


@pytest.mark.parametrize("times", [(2**32 - 40, 0, 960), (2**32 - 500, 500), (0, 2**32 - 40, 1000)])
def test_time_goes_on_where_timestamps_go_round(times: tuple[int, ...]) -> None:
    assert tally_of(*map(key, times)).media_s == 1


def test_the_timestamps_of_headers_say_nothing() -> None:
    """ffmpeg's are 0 wherever the media begins."""
    tally = tally_of(header(0), audio_header(0), key(50_000), audio(51_000))
    assert (tally.first_ms, tally.media_s) == (50_000, 1)


def test_headers_alone_are_no_media() -> None:
    assert not tally_of(metadata(), header(), audio_header()).has_media
