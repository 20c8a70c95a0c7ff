"""PyAV says what it finds in files.

A program of its own, because libav may take its process down with it.

Arguments: the files. Prints a JSON object: by path, what its one stream is.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from fractions import Fraction
from typing import Any

import av

__all__: list[str] = []


def plain(number: Any) -> str:
    """A rational number; PyAV's own are written differently from one version to the next."""
    return str(Fraction(number.numerator, number.denominator))


def describe(path: str) -> dict[str, object]:
    """Demux and decode everything."""
    with av.open(path) as container:
        [stream] = container.streams
        # Headers come as empty packets, which decoders refuse.
        packets = [packet for packet in container.demux() if packet.size]
        context = stream.codec_context
        assert isinstance(context, av.VideoCodecContext | av.AudioCodecContext)
        frames = [frame for packet in packets for frame in packet.decode()]
        frames += context.decode(None)
        said: dict[str, object] = {
            "packets": len(packets),
            "keyframes": sum(packet.is_keyframe for packet in packets),
            "codec": context.name,
            "profile": context.profile,
        }
        if isinstance(context, av.VideoCodecContext):
            said |= {
                "size": [context.width, context.height],
                "sar": plain(context.sample_aspect_ratio or 1),
                "format": context.pix_fmt,
                "field_order": int(context.field_order),
                "fps": float(context.framerate or 0),
                "types": Counter(
                    "NIPBSipX"[int(f.pict_type)] for f in frames if isinstance(f, av.VideoFrame)
                ),
                "interlaced": any(
                    f.interlaced_frame for f in frames if isinstance(f, av.VideoFrame)
                ),
            }
        else:
            said |= {
                "sample_rate": context.sample_rate,
                "channels": context.channels,
                "samples": sum(f.samples for f in frames if isinstance(f, av.AudioFrame)),
            }
        return said


if __name__ == "__main__":
    sys.stdout.write(json.dumps({path: describe(path) for path in sys.argv[1:]}))
