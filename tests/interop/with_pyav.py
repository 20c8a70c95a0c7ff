"""PyAV plays a URL and says what it decoded.

A program of its own, because libav may take its process down with it.

Arguments: the URL to play. Prints one line of JSON: the timestamps of the pictures, in ms, and
the number of samples of sound.
"""

from __future__ import annotations

import json
import sys

import av

__all__: list[str] = []


def main(url: str) -> None:
    """Decode everything."""
    times: list[int] = []
    samples = 0
    with av.open(url, timeout=10.0) as container:
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame) and frame.time is not None:
                times.append(round(frame.time * 1000))
            elif isinstance(frame, av.AudioFrame):
                samples += frame.samples
    sys.stdout.write(json.dumps({"times": times, "samples": samples}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
