"""PyAV demuxes files and decodes what is in them.

A program of its own, because libav may take its process down with it.

Arguments: the files. Prints a JSON object: by path, a list of streams, each with its codec, its
packets (PTS and DTS in ticks of 90 kHz, size, whether it is a keyframe) and how many frames were
decoded; and what libav warned of.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import av
import av.logging

__all__: list[str] = []


def ticks(value: int | None, stream: Any) -> int | None:
    """A time in the stream's own unit, in ticks of 90 kHz."""
    return None if value is None else round(value * stream.time_base * 90_000)


def describe(path: str) -> list[dict[str, object]]:
    """Demux and decode everything."""
    with av.open(path) as container:
        found: dict[int, dict[str, Any]] = {
            stream.index: {"codec": stream.codec_context.name, "packets": [], "decoded": 0}
            for stream in container.streams
        }
        for packet in container.demux():
            stream = packet.stream
            said = found[stream.index]
            if packet.size:
                times = [ticks(packet.pts, stream), ticks(packet.dts, stream)]
                said["packets"].append([*times, packet.size, packet.is_keyframe])
            said["decoded"] += len(packet.decode())
        for stream in container.streams:
            context = stream.codec_context
            if isinstance(context, av.VideoCodecContext):
                found[stream.index]["size"] = [context.width, context.height]
            elif isinstance(context, av.AudioCodecContext):
                found[stream.index]["rate"] = context.sample_rate
                found[stream.index]["channels"] = context.channels
    return list(found.values())


def main(paths: list[str]) -> None:
    """Say it."""
    av.logging.set_level(av.logging.WARNING)
    said = {}
    for path in paths:
        with av.logging.Capture() as captured:
            streams = describe(path)
        warned = [f"{name}: {text.strip()}" for _, name, text in captured]
        said[path] = {"streams": streams, "warned": warned}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1:])
