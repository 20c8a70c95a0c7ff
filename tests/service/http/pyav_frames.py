"""PyAV decodes files, and says what came out of it.

A program of its own, because libav may take its process down with it.

Arguments: the files. Prints a JSON object: by path, a list of streams, each with its kind and its
frames: when each is shown, in ticks of 90 kHz, and a hash of what it shows or sounds like.
"""

from __future__ import annotations

import hashlib
import json
import sys

import av
import av.logging

__all__: list[str] = []


def hash_of(frame: av.VideoFrame | av.AudioFrame) -> str:
    """What is in a frame, without what is behind its lines."""
    found = hashlib.sha256()
    for number, plane in enumerate(frame.planes):
        data = bytes(plane)
        if isinstance(plane, av.video.plane.VideoPlane):
            step, width = plane.line_size, plane.width
            for row in range(plane.height):
                found.update(data[row * step : row * step + width])
        else:
            found.update(b"%d" % number + data)
    return found.hexdigest()[:16]


def describe(path: str) -> list[dict[str, object]]:
    """Decode everything."""
    found: dict[int, list[list[object]]] = {}
    with av.open(path) as container:
        kinds = {stream.index: stream.type for stream in container.streams}
        for packet in container.demux():
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame | av.AudioFrame):
                    assert frame.pts is not None
                    assert frame.time_base is not None
                    ticks = round(frame.pts * frame.time_base * 90_000)
                    found.setdefault(packet.stream.index, []).append([ticks, hash_of(frame)])
    return [{"kind": kinds[index], "frames": frames} for index, frames in found.items()]


if __name__ == "__main__":
    av.logging.set_level(av.logging.PANIC)
    sys.stdout.write(json.dumps({path: describe(path) for path in sys.argv[1:]}))
