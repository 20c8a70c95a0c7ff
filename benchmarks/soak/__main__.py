"""Soak a server: ``python -m benchmarks.soak [--minutes 30]``.

200 publishers and 500 players come and go; every fifth player stalls now and then, and every few
seconds a publisher is kicked. In the end memory must stand where it stood in the middle, no task,
descriptor, session or stream may be left, and nobody may have missed a frame that the server did
not count as skipped. The exit code says whether that is so.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from subprocess import PIPE
from typing import Any, Final

import attrs
import trio

from benchmarks.macro.machine import about
from benchmarks.soak.load import Crowd
from benchmarks.soak.verdict import judge

_KEPT: Final = Path(__file__).parents[1] / "results" / "soak.json"
_SAMPLES: Final = 180
_KICK_EVERY_S: Final = 3.0
_LEAVE_S: Final = 15.0
_SETTINGS: Final = (
    'rtmp.listen=["127.0.0.1:0"]',
    "rtmp.send_buffer='32KiB'",
    "stream.slow_reader_after='5s'",
    "log.level='error'",
)


@attrs.define(eq=False)
class _Server:
    """The process, and what it has said."""

    process: trio.Process
    skipped: dict[str, int] = attrs.field(factory=dict)
    _answers: list[dict[str, Any]] = attrs.field(factory=list)
    _came: trio.Event = attrs.field(factory=trio.Event)

    async def listen(self) -> None:
        """Take what it says until it ends."""
        rest = b""
        assert self.process.stdout is not None
        async for data in self.process.stdout:
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._hear(json.loads(line))

    def _hear(self, said: dict[str, Any]) -> None:
        if "ended" in said:
            peer = said["ended"]
            self.skipped[peer] = self.skipped.get(peer, 0) + said["skipped"]
            return
        self._answers.append(said)
        self._came.set()
        self._came = trio.Event()

    async def answer(self) -> dict[str, Any]:
        """The next answer."""
        while not self._answers:
            await self._came.wait()
        return self._answers.pop(0)

    async def ask(self, **command: Any) -> dict[str, Any]:
        """Have it do something."""
        assert self.process.stdin is not None
        await self.process.stdin.send_all(json.dumps(command).encode() + b"\n")
        return await self.answer()


async def _soak(args: argparse.Namespace) -> int:
    async with trio.open_nursery() as nursery:
        command = [sys.executable, "-m", "benchmarks.soak.server", *_SETTINGS]
        server = _Server(
            await nursery.start(partial(trio.run_process, command, stdin=PIPE, stdout=PIPE))
        )
        nursery.start_soon(server.listen)
        [url] = (await server.answer())["rtmp"]
        before = await server.ask(do="sample")
        crowd = Crowd(url, random.Random(args.seed), args.publishers)
        during = await _load(args, server, crowd)
        after = await _emptied(server)
        figures, complaints = judge(before, during, after, crowd.plays, server.skipped, crowd.bugs)
        assert server.process.stdin is not None
        await server.process.stdin.aclose()
    figures |= {"minutes": args.minutes, "publishers": args.publishers, "players": args.players}
    figures |= {"publishes": crowd.publishes, "ends": crowd.errors, "complaints": complaints}
    print(json.dumps(figures, indent=1))
    if args.out:
        report = {"about": about("soak"), **figures, "samples": during}
        args.out.write_text(json.dumps(report, indent=1) + "\n")
    return 1 if complaints else 0


async def _load(args: argparse.Namespace, server: _Server, crowd: Crowd) -> list[dict[str, Any]]:
    """Everybody comes, and goes when the time is over; what the server held meanwhile."""
    samples = []
    seconds = args.minutes * 60
    async with trio.open_nursery() as clients:
        for number in range(args.publishers):
            clients.start_soon(crowd.publisher, f"s{number}")
        for number in range(args.players):
            clients.start_soon(partial(crowd.player, stalls=number % 5 == 0))
        kicked_at = trio.current_time()
        for number in range(_SAMPLES):
            end = trio.current_time() + seconds / _SAMPLES
            while trio.current_time() < end:
                await trio.sleep(min(_KICK_EVERY_S, end - trio.current_time()))
                if trio.current_time() - kicked_at >= _KICK_EVERY_S:
                    kicked_at = trio.current_time()
                    await server.ask(do="kick", number=crowd.chance.randrange(1000))
            samples.append(await server.ask(do="sample"))
            if number % 10 == 0:
                print(f"{number / _SAMPLES:4.0%} {samples[-1]}", file=sys.stderr)
        clients.cancel_scope.cancel()
    return samples


async def _emptied(server: _Server) -> dict[str, Any]:
    """What the server holds as soon as nobody is left, or when it has had time enough."""
    held = await server.ask(do="sample")
    with trio.move_on_after(_LEAVE_S):
        while held["sessions"] or held["streams"]:
            await trio.sleep(0.2)
            held = await server.ask(do="sample")
    await trio.sleep(1)
    return await server.ask(do="sample")


def main(argv: Sequence[str] | None = None) -> int:
    """Soak, and say how it went."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--publishers", type=int, default=200)
    parser.add_argument("--players", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=_KEPT, help="where the report goes")
    with suppress(KeyboardInterrupt):
        return trio.run(_soak, parser.parse_args(argv))
    return 1


if __name__ == "__main__":
    sys.exit(main())
