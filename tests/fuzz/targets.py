"""What is fuzzed: a table. The laws themselves stand in the modules that it names.

Names and not objects, since what is to be watched must not be imported before atheris is asked
to watch it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import attrs

__all__ = ["TARGETS", "Check", "Target"]

Check = Callable[[bytes], object]
"""Fails, by an assertion or anything else that escapes, if a law does not hold for the bytes."""

_DATA: Final = Path(__file__).parents[1] / "data"


@attrs.frozen
class Target:
    """One law, for any bytes whatever."""

    check: str
    """``module:function``, a :data:`Check`."""
    watches: tuple[str, ...]
    """Parts of ``trio_srs.wire`` whose branches lead the fuzzer."""
    files: tuple[str, ...] = ()
    """Where it starts: patterns below ``tests/data``."""
    letters: Callable[[], list[bytes]] = list
    """More to start from."""
    libraries: tuple[str, ...] = ()
    """Packages of others that are watched as well."""
    longest: int = 256
    """Bytes of an input: what is longer takes time and shows nothing new."""

    def load(self) -> Check:
        """Import the check, and with it what is watched."""
        check: Check = _find(self.check)
        return check

    def seeds(self) -> list[bytes]:
        """Everything to start from; a file that is too long gives its beginning."""
        files = [path for pattern in self.files for path in sorted(_DATA.glob(pattern))]
        return [path.read_bytes()[: self.longest] for path in files] + self.letters()


def _find(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _hex(*letters: str) -> Callable[[], list[bytes]]:
    return lambda: [bytes.fromhex(letter) for letter in letters]


def _amf() -> list[bytes]:
    cases = importlib.import_module("tests.wire.amf.cases")
    return [case.data for case in [*cases.AMF0, *cases.AMF3]]


def _bodies(type_id: int, longest: int) -> list[bytes]:
    """Bodies of one type in the FLV files, the first of each kind."""
    tag = importlib.import_module("trio_srs.wire.flv.tag")
    found: dict[bytes, bytes] = {}
    for path in sorted(_DATA.glob("flv/*.flv")):
        reader = tag.FlvReader()
        reader.feed(path.read_bytes())
        for each in iter(reader.next_tag, None):
            if each.type_id == type_id:
                found.setdefault(each.body[:2], each.body[:longest])
    return list(found.values())


def _codec(name: str, *files: str, letters: Callable[[], list[bytes]] = list) -> Target:
    return Target(f"tests.fuzz.codecs:{name}", ("codec", "bits"), files, letters)


def _http(name: str, part: str, letters: str, *libraries: str) -> Target:
    def seeds() -> list[bytes]:
        return list(_find(f"tests.fuzz.http:{letters}"))

    check = f"tests.fuzz.http:{name}"
    return Target(check, (part,), letters=seeds, libraries=libraries, longest=600)


_CHUNKS: Final = ("chunk/*.bin",)

TARGETS: Final = {
    "amf": Target(
        "tests.wire.amf.invariants:check", ("amf",), ("amf/*.bin",), _amf, longest=10_000
    ),
    "chunks": Target("tests.fuzz.messages:chunks", ("rtmp.chunk_reader",), _CHUNKS, longest=64),
    "chunks-oracle": Target(
        "tests.wire.rtmp.plain_chunks:check", ("rtmp",), _CHUNKS, longest=3000
    ),
    "handshake": Target(
        "tests.fuzz.handshake:check", ("rtmp",), ("handshake/*.bin",), longest=4000
    ),
    "control": Target(
        "tests.fuzz.messages:control", ("rtmp",), letters=_hex("00 00001000", "03 0006 00000001")
    ),
    "command": Target("tests.fuzz.messages:command", ("rtmp", "amf"), ("amf/amf0_*ffmpeg.bin",)),
    "aggregate": Target(
        "tests.fuzz.messages:aggregate", ("rtmp",),
        letters=_hex("08 000001 000010 00 000000 af 0000000c 09 000000 000020 00 000000 0000000b"),
    ),
    "avc": _codec("avc", "codec/avc_*.bin", letters=_hex("b8", "42c01eda0507e4", "88 84 00 10")),
    "hevc": _codec("hevc", "codec/hevc_*.bin", letters=_hex("af", "c1 80", "80 60")),
    "av1": _codec(
        "av1", "codec/av1_*.bin",
        letters=_hex("12 00 0a 01 00 32 02 10 00", "1a 01 80", "00 00 00 02 af ff 9b 5f 30 08"),
    ),
    "vp9": _codec(
        "vp9", "codec/vp9_*.bin",
        letters=_hex("82 49 83 42 00 13 f0 0e f6 00", "86 00", "01 02 c9 01 00 01 00 c9", "88"),
    ),
    "aac": _codec("aac", "codec/aac_*.bin", letters=_hex("1210", "2b 92 08 00", "eb 09 88 00")),
    "mp3": _codec("mp3", letters=_hex("fffb9064", "fff38064", "ffe31864")),
    "opus": _codec("opus", "codec/opus_*.bin", letters=_hex("fc", "03 04", "fb 41")),
    "nalus": _codec(
        "nalus",
        letters=_hex(
            "00000001 67 42 00000001 65 88", "00000002 67 42 00000001 65", "01 02 aabb 80",
            "06 05 02 aabb 80", "06 ff01 00 80",
        ),
    ),
    "flv": Target("tests.fuzz.flv:tags", ("flv.tag",), ("flv/*.flv",), longest=800),
    "flv-video": Target("tests.fuzz.flv:video", ("flv",), letters=lambda: _bodies(9, 64)),
    "flv-audio": Target("tests.fuzz.flv:audio", ("flv",), letters=lambda: _bodies(8, 64)),
    "flv-script": Target(
        "tests.fuzz.flv:script", ("flv", "amf"), ("amf/*set_data_frame*.bin",),
        lambda: _bodies(18, 400), longest=400,
    ),
    "ts": Target("tests.fuzz.ts:stream", ("ts",), ("ts/*.ts",), longest=1880),
    "mp4": Target("tests.fuzz.mp4:stream", ("mp4",), ("mp4/*.mp4",), longest=3000),
    "ts-units": Target("tests.fuzz.remux:ts", ("ts", "codec"), ("ts/*.ts",), longest=1880),
    "mp4-units": Target("tests.fuzz.remux:mp4", ("mp4", "codec"), ("mp4/*.mp4",), longest=3000),
    "remux": Target("tests.fuzz.remux:messages", ("flv", "codec"), ("flv/*.flv",), longest=3000),
    "rtmp-url": Target(
        "tests.fuzz.urls:rtmp",
        ("url", "stream_name"),
        letters=lambda: list(_find("tests.fuzz.urls:RTMP")),
    ),
    "http-url": Target(
        "tests.fuzz.urls:http", ("http_url",), letters=lambda: list(_find("tests.fuzz.urls:HTTP"))
    ),
    "http-target": Target(
        "tests.fuzz.urls:target",
        ("http_target",),
        letters=lambda: list(_find("tests.fuzz.urls:TARGETS")),
    ),
    "http-requests": _http("requests", "http_target", "REQUESTS", "h11"),
    "http-ranges": _http("ranges", "http_range", "RANGES"),
    "ws-frames": _http("frames", "websocket", "FRAMES", "websockets"),
}  # fmt: skip
"""By the word on the command line. ``chunks-oracle`` compares with a reader that has no
shortcuts, a hundred times as slowly as ``chunks`` compares with itself."""
