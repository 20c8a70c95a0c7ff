"""Runs an encoder through a situation, and says what it did. Floor 6."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs
import trio

from trio_srs.config.layers import layered
from trio_srs.config.schema import Config
from trio_srs.errors import EndReason
from trio_srs.media.report import StreamReport
from trio_srs.server.run import Server, serve
from trio_srs.tools.encoder_card.situation import Behaviour, Mark, Situation
from trio_srs.tools.expect.program import Program, filled_in, running
from trio_srs.tools.expect.run_plan import placeholders
from trio_srs.tools.inspect.capture_reader import read_captures
from trio_srs.tools.inspect.conversation import By, SaidMessage, conversation
from trio_srs.tools.verdicts.outcome import ProgramEnd
from trio_srs.wire.rtmp.control import PingResponse
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["CardLine", "run_situation"]

_STREAM: Final = "live/card"
_OTHER: Final = "other/card"
_PONG: Final = PingResponse(0).encode()[:2]
_LOOK_S: Final = 0.2
_ITS_OWN: Final = frozenset({EndReason.STREAM_CLOSED, EndReason.PEER_FIN})
"""How a publish ends that its encoder ends."""
_NEARLY_S: Final = 1.0
"""Who was heard so long before the end of its time has published up to it."""


@attrs.frozen(kw_only=True)
class CardLine:
    """What an encoder did in one situation."""

    situation: Situation
    behaviour: Behaviour
    connections: int
    publishes: int
    """Those in which audio or video came."""
    program: ProgramEnd
    was_done: bool
    """Whether the situation came about: an encoder that does not get so far cannot meet it."""

    @property
    def mark(self) -> Mark:
        """What is to be said of it."""
        mark = self.situation.mark(self.behaviour)
        return mark if self.was_done or mark is Mark.BAD else Mark.NOT_TRIED

    @property
    def detail(self) -> str:
        """What else there is to say, in words."""
        ended = f"{self.program.how} after {self.program.seconds:.1f} s"
        words = [
            f"{self.connections} connections" if self.connections != 1 else "1 connection",
            f"{self.publishes} publishes" if self.publishes != 1 else "1 publish",
            "stopped by us" if self.program.stopped else ended,
        ]
        return ", ".join(words)


async def run_situation(
    situation: Situation,
    words: Sequence[str],
    environ: Mapping[str, str],
    *,
    seconds: float,
    folder: Path,
) -> CardLine:
    """Start a server that does this, and the encoder, and watch for so long.

    Args:
        folder: where the captured sessions go.

    Raises:
        ProgramStartError: the encoder cannot be run.
    """
    async with serve(_config(folder)) as server:
        url, other = server.rtmp_url(_STREAM), server.rtmp_url(_OTHER)
        fault = server.add_fault(situation.fault.format(url=other)) if situation.fault else None
        told = {**environ, "TRIO_SRS_URL": url}
        async with running(filled_in(words, placeholders(url, None)), told) as program:
            silent_s = await _watch(server, program, seconds)
            stopped = "" if program.ended.is_set() else "its time was over"
        end = program.end(stopped=stopped)
        reports = _reports(server, _STREAM)
        followed = _reports(server, _OTHER)
        await server.end_sessions(0.5)
        connections = len(server.sessions())
        was_done = fault is None or fault.taken > 0
        await server.stop(0.5)
    answered = _has_pong(folder) if situation.name == "ping" else False
    # Exit codes say little: some end with 0 when their connection broke.
    went_on = bool(reports) and (
        silent_s < _NEARLY_S if stopped else end.returncode == 0 and reports[-1].end in _ITS_OWN
    )
    return CardLine(
        situation=situation,
        behaviour=_behaviour(
            followed=bool(followed),
            publishes=len(reports),
            connections=connections,
            went_on=went_on,
            answered=answered,
            is_over=not stopped,
        ),
        connections=connections,
        publishes=len(reports) + len(followed),
        program=end,
        was_done=was_done,
    )


async def _watch(server: Server, program: Program, seconds: float) -> float:
    """Wait until the encoder ends, or its time is over; for how long nothing had come then."""
    frames, came_at = 0, trio.current_time()
    until = came_at + seconds
    while not program.ended.is_set() and trio.current_time() < until:
        with trio.move_on_after(_LOOK_S):
            await program.ended.wait()
        now = sum(track.frames for each in _reports(server, _STREAM) for track in each.facts.tracks)
        if now > frames:
            frames, came_at = now, trio.current_time()
    return trio.current_time() - came_at


def _behaviour(
    *,
    followed: bool,
    publishes: int,
    connections: int,
    went_on: bool,
    answered: bool,
    is_over: bool,
) -> Behaviour:
    if followed:
        return Behaviour.FOLLOWS
    if went_on and (publishes > 1 or connections > 1):
        return Behaviour.COMES_BACK
    if went_on:
        return Behaviour.ANSWERS if answered else Behaviour.PUBLISHES
    return Behaviour.GIVES_UP if is_over else Behaviour.STAYS


def _config(folder: Path) -> Config:
    return layered(
        {
            "rtmp": {"listen": ["127.0.0.1:0"], "shutdown_grace": "500ms"},
            "http": {"listen": []},
            "capture": {"when": "always", "folder": str(folder)},
            "stream": {"inspect": "full", "send_interval": "0s"},
        }
    )


def _reports(server: Server, stream: str) -> list[StreamReport]:
    """The publishes in which audio or video came, oldest first."""
    history = server.reports.history(server.key_of(stream))
    return sorted(
        (each for each in history if any(track.frames for track in each.facts.tracks)),
        key=lambda each: each.began_at,
    )


def _has_pong(folder: Path) -> bool:
    """Whether a client has answered a ping."""
    sessions: Iterable[Path] = folder.glob("*.rtmpcap")
    return any(
        said.by is By.CLIENT
        and said.message.type_id == MessageType.USER_CONTROL
        and said.message.payload[:2] == _PONG
        for path in sessions
        for session in read_captures(path).sessions
        for said in conversation(session)
        if isinstance(said, SaidMessage)
    )
