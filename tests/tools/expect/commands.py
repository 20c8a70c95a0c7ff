"""Commands for tests: what encoders do, well and badly."""

from __future__ import annotations

import sys
import textwrap

from tests import preloaded

__all__ = ["publish", "publishing", "python", "relay", "returning"]


def publishing(*options: str, frames: int = 10, url: str = "{url}") -> tuple[str, ...]:
    """What publishes a pattern of so many frames, as fast as it is taken."""
    seconds = f"{frames * 40 - 20}ms"
    program = (sys.executable, "-m", "trio_srs", "publish", "--quiet")
    pattern = ("--pattern", "h264:320x240", "--audio", "none", "--seconds", seconds)
    return (*program, *pattern, "--speed", "max", *options, url)


def publish(*options: str, frames: int = 10, url: str = "{url}") -> tuple[str, ...]:
    """The same, there in no time."""
    return preloaded.command(*publishing(*options, frames=frames, url=url)[1:])


def python(script: str, *, is_fresh: bool = False) -> tuple[str, ...]:
    """A script, with what publishes at hand; an interpreter of its own if it is to be fresh."""
    head = """\
        import os, sys, time
        import trio
        from trio_srs.errors import PeerError
        from trio_srs.media.pattern import Pattern
        from trio_srs.net.rtmp_player import open_player
        from trio_srs.net.rtmp_publisher import open_publisher
        from trio_srs.tools.publish import PatternPublish
        URL = os.environ["TRIO_SRS_URL"]
    """
    words = ("-c", textwrap.dedent(head) + textwrap.dedent(script))
    return (sys.executable, *words) if is_fresh else preloaded.command(*words)


def returning(pause_s: float) -> tuple[str, ...]:
    """Publishes without an end, and again after a pause when it is thrown out; then half a second,
    and it is done."""
    return python(f"""
        async def main():
            for pattern in (Pattern(codec="h264", width=320, height=240),
                            Pattern(codec="h264", width=320, height=240, seconds=0.5)):
                try:
                    async with open_publisher(URL) as publisher:
                        await PatternPublish(pattern).run(publisher)
                except PeerError:
                    await trio.sleep({pause_s})
        trio.run(main)
    """)


def relay() -> tuple[str, ...]:
    """Pulls the source and publishes what it gets, as it is."""
    return python("""
        async def main():
            source = os.environ["TRIO_SRS_SOURCE_URL"]
            async with open_player(source) as player, open_publisher(URL) as publisher:
                async for message in player:
                    await publisher.send(message)
        trio.run(main)
    """)
