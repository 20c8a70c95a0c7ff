"""``trio-srs probe``: what a stream is made of. Floor 8.

Play a stream for a short time, and say what it is made of: codecs, sizes, rates, keyframes,
metadata, and how its server behaved.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from functools import partial

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.quantities import seconds
from trio_srs.app.cli.terminal import say, say_json
from trio_srs.app.cli.tool import add_connection_options, run_tool, settings_from
from trio_srs.tools.probe import DEFAULT_SECONDS, Probe, probe
from trio_srs.tools.stream_summary import stream_as_dict
from trio_srs.wire.amf.values import Value

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_connection_options(
        parser, "how long the server may take to accept, and then the first audio or video"
    )
    parser.add_argument(
        "--seconds", metavar="TIME", type=seconds, default=DEFAULT_SECONDS,
        help=f"how long to look, from the first audio or video on ({DEFAULT_SECONDS:g}s)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="say it in JSON")


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Look at the stream."""
    return run_tool(partial(_probe, args))


async def _probe(args: argparse.Namespace) -> int:
    found = await probe(
        args.url,
        seconds=args.seconds,
        timeout_s=args.timeout,
        settings=settings_from(args),
    )
    if args.json:
        say_json({"event": "probed", "url": args.url, **found.as_dict()})
    else:
        for name, value in _rows(found):
            say(f"{name:<14}{value}")
    return Exit.OK


def _rows(found: Probe) -> Iterator[tuple[str, str]]:
    stream = found.stream
    said = stream_as_dict(stream)
    if isinstance(video := said["video"], dict):
        yield "video", _video(video)
    if isinstance(audio := said["audio"], dict):
        yield "audio", _audio(audio)
    yield "bitrate", _number(said["bitrate_kbps"], "kbit/s")
    yield "first media", f"{found.first_media_ms:.0f} ms after the server's yes"
    yield "watched", f"{found.watched_s:.1f} s, {stream.clock.duration_ms / 1000:.1f} s of media"
    if found.ended:
        yield "ended", found.ended
    server = found.server
    yield "server", server.version or "no fmsVer"
    yield "handshake", server.handshake
    yield "chunk size", f"{server.chunk_size} bytes"
    for key, value in (stream.metadata or {}).items():
        yield "metadata", f"{key} = {_short(value)}"


def _video(said: Mapping[str, object]) -> str:
    parts = (
        f"{said['codec']} {said['codec_string'] or ''}".strip(),
        f"profile {said['profile']}, level {said['level']}" if said["profile"] else "",
        f"{said['width']}x{said['height']}" if said["width"] else "",
        _number(said["fps"], "fps"),
        _number(said["bitrate_kbps"], "kbit/s"),
        f"a keyframe every {_number(said['gop_ms'], 'ms')}" if said["gop_ms"] else "",
        said["trouble"] or "",
    )
    return ", ".join(str(part) for part in parts if part)


def _audio(said: Mapping[str, object]) -> str:
    channels = said["channels"]
    parts = (
        f"{said['codec']} {said['codec_string'] or ''}".strip(),
        f"profile {said['profile']}" if said["profile"] else "",
        f"{said['sample_rate']} Hz" if said["sample_rate"] else "",
        f"{channels} channel{'' if channels == 1 else 's'}" if channels else "",
        _number(said["bitrate_kbps"], "kbit/s"),
        said["trouble"] or "",
    )
    return ", ".join(str(part) for part in parts if part)


def _number(value: object, unit: str) -> str:
    return f"{value:.10g} {unit}" if isinstance(value, int | float) else ""


def _short(value: Value) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
