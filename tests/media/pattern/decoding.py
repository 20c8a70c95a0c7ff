"""What ffmpeg makes of a synthetic stream, and whether it has anything to say about it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

import imageio_ffmpeg

from trio_srs.wire.flv.script import strip_set_data_frame
from trio_srs.wire.flv.tag import FlvTag, encode_header, encode_tag
from trio_srs.wire.rtmp.message import Message

__all__ = ["as_flv", "decoded", "pictures", "samples"]


def as_flv(messages: Iterable[Message]) -> bytes:
    """The messages as a file."""
    tags = (FlvTag(m.type_id, m.timestamp_ms, strip_set_data_frame(m.payload)) for m in messages)
    return encode_header(True, True) + b"".join(map(encode_tag, tags))


def decoded(data: bytes, *options: str) -> bytes:
    """What ffmpeg writes; it must have nothing to complain about."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-v", "warning"]
    done = subprocess.run(
        [*command, "-i", "-", *options, "-"], input=data, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout


def pictures(data: bytes, width: int, height: int) -> list[bytes]:
    """All pictures, as planes of 8 bits: Y, then Cb and Cr, which have half the sides."""
    raw = decoded(data, "-map", "v", "-fps_mode", "passthrough", "-f", "rawvideo",
                  "-pix_fmt", "yuv420p")  # fmt: skip
    size = width * height * 3 // 2
    assert len(raw) % size == 0
    return [raw[at : at + size] for at in range(0, len(raw), size)]


def samples(data: bytes) -> list[int]:
    """All samples of sound, 16 bits, channels one after the other."""
    raw = decoded(data, "-map", "a", "-f", "s16le")
    return list(memoryview(raw).cast("h"))
