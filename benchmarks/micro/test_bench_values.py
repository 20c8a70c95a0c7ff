"""How fast values are read and written: a connect command, an FLV tag."""

from __future__ import annotations

from typing import Final

from pytest_benchmark.fixture import BenchmarkFixture

from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import Value
from trio_srs.wire.flv.tag import FlvReader, FlvTag, encode_header, encode_tag

CONNECT: Final[tuple[Value, ...]] = (
    "connect",
    1.0,
    {
        "app": "live",
        "type": "nonprivate",
        "flashVer": "FMLE/3.0 (compatible; Lavf60.3.100)",
        "tcUrl": "rtmp://127.0.0.1:1935/live",
        "fpad": False,
        "capabilities": 15.0,
        "audioCodecs": 4071.0,
        "videoCodecs": 252.0,
        "videoFunction": 1.0,
    },
)
TAGS: Final = [FlvTag(9, i * 40, bytes(5_000)) for i in range(200)]


def test_amf_decode(benchmark: BenchmarkFixture) -> None:
    wire = amf0.encode(*CONNECT)
    assert benchmark(amf0.decode_all, wire) == [*CONNECT]


def test_amf_encode(benchmark: BenchmarkFixture) -> None:
    assert amf0.decode_all(benchmark(amf0.encode, *CONNECT)) == [*CONNECT]


def test_flv_tags_written(benchmark: BenchmarkFixture) -> None:
    def write() -> bytes:
        return b"".join(map(encode_tag, TAGS))

    assert len(benchmark(write)) == sum(len(tag.body) + 15 for tag in TAGS)


def test_flv_tags_read(benchmark: BenchmarkFixture) -> None:
    data = encode_header(audio=False, video=True) + b"".join(map(encode_tag, TAGS))

    def read() -> list[FlvTag]:
        reader = FlvReader()
        reader.feed(data)
        return list(iter(reader.next_tag, None))

    assert benchmark(read) == TAGS
