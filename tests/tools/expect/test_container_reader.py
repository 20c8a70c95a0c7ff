"""Whatever container a stream is in, it is read as messages, and what is odd in it is named."""

from __future__ import annotations

import pytest

from tests.media.remux.records import DATA
from tests.tools.files import clip, flv
from trio_srs.tools.expect.container_reader import ContainerReader, container_reader
from trio_srs.wire.container import Container
from trio_srs.wire.rtmp.message import Message

TS = (DATA / "ts" / "ffmpeg_h264_aac.ts").read_bytes()
MP4 = (DATA / "mp4" / "ffmpeg_h264_aac.mp4").read_bytes()


def read(container: Container, *slices: bytes) -> tuple[list[Message], ContainerReader]:
    reader = container_reader(container)
    messages = [message for each in slices for message in reader.feed(each)]
    return [*messages, *reader.finish()], reader


@pytest.mark.parametrize(
    ("container", "data", "count", "has_messages"),
    [
        (Container.FLV, flv(clip(1)), 53 + 1, True),
        (Container.TS, TS, 15, False),
        (Container.MP4, MP4, 15, False),
    ],
)
def test_a_whole_stream_is_read(
    container: Container, data: bytes, count: int, has_messages: bool
) -> None:
    messages, reader = read(container, data[:1000], data[1000:])
    assert abs(len(messages) - count) <= 1
    assert (reader.offset, reader.oddities()) == (len(data), ())
    assert reader.has_messages is has_messages


def test_lost_packets_are_told() -> None:
    _, reader = read(Container.TS, TS[: 188 * 5] + TS[188 * 6 :])
    lost, picture = reader.oddities()
    assert (lost.code, lost.detail) == ("continuity", "PID 0x100, counter 3, expected 2")
    assert (lost.count, lost.offset) == (1, 188 * 5)
    assert (picture.code, picture.detail) == (
        "unreadable", "video h264: packets are missing in it",
    )  # fmt: skip


def test_what_is_not_read_is_told() -> None:
    _, reader = read(Container.TS, (DATA / "ts" / "ffmpeg_ac3_eac3_mp3.ts").read_bytes())
    assert [(oddity.code, oddity.detail) for oddity in reader.oddities()] == [
        ("other_track", "audio eac3: another one, on PID 0x101"),
        ("other_track", "audio mp3: another one, on PID 0x102"),
    ]


@pytest.mark.parametrize(
    ("container", "data", "code"),
    [
        (Container.FLV, flv(clip(1))[:-1], "cut_off"),
        (Container.TS, TS[:-1], "cut_short"),
        (Container.MP4, MP4[:-1], "cut_short"),
    ],
)
def test_a_stream_that_is_cut_off_is_odd(container: Container, data: bytes, code: str) -> None:
    _, reader = read(container, data)
    assert code in [oddity.code for oddity in reader.oddities()]
