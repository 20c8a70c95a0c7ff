"""PyAV opens a file and says what it found in it.

A program of its own, because libav may take its process down with it.

Arguments: the file. Prints one line of JSON: of each stream by type its codec, and for video
profile, size, rate, the timestamps of its keyframes and the number of pictures decoded; for
audio rate, channels and profile.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from typing import Any

import av

__all__: list[str] = []


def plain(number: Any) -> str:
    """A rational number; PyAV's own are written differently from one version to the next."""
    return str(Fraction(number.numerator, number.denominator))


def video_of(path: str) -> dict[str, Any]:
    """The first video stream."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.pts is not None]
        found: dict[str, Any] = {
            "codec": stream.codec_context.name,
            "profile": stream.codec_context.profile,
            "size": [stream.codec_context.width, stream.codec_context.height],
            "fps": plain(stream.average_rate),
            "keys": [packet.pts for packet in packets if packet.is_keyframe],
        }
    with av.open(path) as container:
        found["shown"] = sum(1 for _ in container.decode(video=0))
    return found


def audio_of(path: str) -> dict[str, Any]:
    """The first audio stream."""
    with av.open(path) as container:
        context = container.streams.audio[0].codec_context
        return {
            "codec": context.name,
            "profile": context.profile,
            "rate": context.sample_rate,
            "channels": context.channels,
        }


def main(path: str) -> None:
    """Say it."""
    sys.stdout.write(json.dumps({"video": video_of(path), "audio": audio_of(path)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
