"""The programs of one server: begun and ended with publishes and plays. Floor 3."""

from __future__ import annotations

import logging
import math
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Final, Protocol

import trio

from trio_srs.errors import PeerError
from trio_srs.hub.bus import Bus, Event, PlayBegan, PlayEnded, PublishBegan, PublishEnded
from trio_srs.hub.hub import Hub
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.supervisor import ONCE, Body, RestartPolicy, SupervisedTask, TaskKind
from trio_srs.service.base import PortlessService, StopPhase
from trio_srs.service.programs.config import ProgramRestart, ProgramsConfig
from trio_srs.service.programs.process import ProgramFailedError, run_program
from trio_srs.wire.stream_name import split_key
from trio_srs.wire.url import DEFAULT_VHOST, StreamName

__all__ = ["ProgramEndedError", "ProgramsSections", "ProgramsService"]

_log = logging.getLogger(__name__)

_PAUSE_MOST: Final = 10
_PLACES: Final = {
    "url": "STREAM_URL",
    "vhost": "STREAM_VHOST",
    "app": "STREAM_APP",
    "stream": "STREAM_NAME",
}
"""What stands for what, in arguments."""
_PLACE: Final = re.compile(r"\[(url|vhost|app|stream)\]")


class ProgramsSections(Protocol):
    """What of a configuration is about programs."""

    @property
    def programs(self) -> ProgramsConfig:
        """The section ``[programs]`` of the configuration."""
        ...

    def vhost_of(self, host: str) -> str:
        """The configured virtual host of a host name, or the default one."""
        ...


class ProgramEndedError(PeerError):
    """A program that is to run as long as its publish or play has come to its end."""

    code = "program_ended"


class ProgramsService(PortlessService):
    """Runs programs. It listens nowhere, and is there until the last session has ended.

    Args:
        addresses: the URLs that the server listens on now, by protocol.
        find: the open session of an id.
    """

    def __init__(
        self,
        sections: ProgramsSections,
        hub: Hub,
        bus: Bus,
        addresses: Callable[[], Mapping[str, Sequence[str]]],
        find: Callable[[str], SessionEntry | None],
    ) -> None:
        self._hub, self._bus, self._addresses, self._find = hub, bus, addresses, find
        self.configure(sections)
        self._listening = ExitStack()
        self._of_requests: dict[tuple[str, str, str], list[list[SupervisedTask]]] = {}
        """What runs for publishes and plays: by event, session and stream; several, where a session
        plays a stream twice."""
        self._running: dict[SupervisedTask, None] = {}
        self._changed = trio.Event()

    @property
    def running(self) -> int:
        """How many programs run, or wait until they are run again."""
        return len(self._running)

    @property
    def stop_phase(self) -> StopPhase:
        """It runs what is to be run when publishes and plays are over."""
        return StopPhase.WITNESSES

    def configure(self, sections: ProgramsSections, /) -> None:
        """Go on with another configuration: it holds for the programs that begin."""
        self._config = sections.programs
        self._vhost_of = sections.vhost_of

    async def listen(self) -> None:
        """Hear what begins and ends."""
        self._listening.enter_context(self._bus.listening(self._hear))

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Be there until cancelled; programs are tasks of their streams."""
        task_status.started()
        await trio.sleep_forever()

    async def prepare(self) -> None:
        """There is nothing that the first program would wait for."""

    def close(self) -> None:
        """Run nothing more. Idempotent."""
        self._listening.close()

    async def finish(self) -> None:
        """Wait until no program runs."""
        while self._running:
            await self._changed.wait()

    async def stop(self, grace_s: float) -> None:
        """The same, for so long at most; what still runs then is ended."""
        with trio.move_on_after(grace_s):
            await self.finish()
        for task in list(self._running):
            task.cancel()
        await self.finish()

    # ------------------------------------------------------------------ events

    def _hear(self, event: Event) -> None:
        config = self._config
        match event:
            case PublishBegan():
                self._begin("publish", config.publish, event, event.stream)
            case PlayBegan():
                self._begin("play", config.play, event, event.stream)
            case PublishEnded():
                ending = self._end("publish", event, event.stream)
                self._run_once("unpublish", config.unpublish, event, event.stream, ending)
            case PlayEnded():
                ending = self._end("play", event, event.stream)
                self._run_once("stop", config.stop, event, event.stream, ending)

    def _begin(
        self, what: str, programs: Sequence[Sequence[str]], event: Event, stream: str
    ) -> None:
        config = self._config
        pause_s = config.restart_pause
        policy = RestartPolicy(first_s=pause_s, most_s=_PAUSE_MOST * pause_s, tries=math.inf)
        tasks = [
            task
            for argv in programs
            if (task := self._start(what, argv, event, stream, policy, _keep_running))
        ]
        if tasks:
            self._of_requests.setdefault((what, event.session, stream), []).append(tasks)

    def _end(self, what: str, event: Event, stream: str) -> Sequence[SupervisedTask]:
        """End what runs for the oldest of them; what is still to be waited for."""
        key = (what, event.session, stream)
        begun = self._of_requests.get(key)
        if not begun:
            return ()
        tasks = begun.pop(0)
        for task in tasks:
            task.finish(0.0)
        if not begun:
            del self._of_requests[key]
        return tasks

    def _run_once(
        self,
        what: str,
        programs: Sequence[Sequence[str]],
        event: Event,
        stream: str,
        behind: Sequence[SupervisedTask],
    ) -> None:
        for argv in programs:
            self._start(what, argv, event, stream, ONCE, partial(_run_behind, behind))

    def _start(
        self,
        what: str,
        argv: Sequence[str],
        event: Event,
        stream: str,
        restart: RestartPolicy,
        run: _Run,
    ) -> SupervisedTask | None:
        if len(self._running) >= self._config.most:
            _log.warning("%s of %s is not run: programs.most = %d", argv[0], stream, self.running)
            return None
        facts = self._facts(what, event, stream)
        words = _filled(argv, facts)
        if words is None:
            _log.warning("%s of %s is not run: the name looks like an option", argv[0], stream)
            return None
        body = partial(run, words, _environment(self._config.environment, facts), self._config)
        name = f"{what} program {os.path.basename(argv[0])}"
        return self._run_for(stream, name, body, restart)

    def _run_for(
        self, stream: str, name: str, body: Body, restart: RestartPolicy
    ) -> SupervisedTask | None:
        """Run it as a task of the stream, or beside it if it is run when all is over."""
        supervisor, streams = self._hub.supervisor, self._hub.streams
        if not supervisor.is_running:
            _log.warning("the %s of %s is not run: the server ends", name, stream)
            return None
        found = None if restart is ONCE else streams.find(stream)
        held = None if found is None else streams.hold(stream, found.settings)

        def ended() -> None:
            self._running.pop(task, None)
            self._changed.set()
            self._changed = trio.Event()
            if held is not None:
                streams.release(held)

        kind = TaskKind.PROGRAM
        if held is None:
            task = supervisor.start(
                name, body, kind=kind, stream=stream, restart=restart, on_end=ended
            )
        else:
            task = held.tasks.start(name, body, kind=kind, restart=restart, on_end=ended)
        self._running[task] = None
        return task

    def _facts(self, what: str, event: Event, stream: str) -> Mapping[str, str]:
        """What is said of it, by the name of the variable."""
        named = split_key(stream, self._vhost_of)
        entry = self._find(event.session)
        requests = () if entry is None or entry.requests is None else entry.requests.newest
        accounts = [each.account for each in requests if each.stream == stream]
        facts = {
            "STREAM_EVENT": what,
            "STREAM_KEY": stream,
            "STREAM_VHOST": named.vhost,
            "STREAM_APP": named.app,
            "STREAM_NAME": named.name,
            "STREAM_URL": self._url(named),
            "STREAM_SESSION": event.session,
            "STREAM_PEER": event.peer,
            "STREAM_ACCOUNT": accounts[-1] if accounts else "",
        }
        if isinstance(event, PublishEnded | PlayEnded):
            facts["STREAM_REASON"] = str(event.reason)
        return facts

    def _url(self, named: StreamName) -> str:
        """Where the stream is played by RTMP; empty if that is nowhere but on Unix sockets."""
        where = [url for url in self._addresses().get("rtmp", ()) if url.startswith("rtmp:")]
        vhost = "" if named.vhost == DEFAULT_VHOST else f"?vhost={named.vhost}"
        return f"{where[0]}/{named.path}{vhost}" if where else ""


_Run = Callable[[Sequence[str], Mapping[str, str], ProgramsConfig], Awaitable[None]]


async def _keep_running(
    words: Sequence[str], environ: Mapping[str, str], config: ProgramsConfig
) -> None:
    """Run what is to run as long as its publish or play. Raises ProgramFailedError: again."""
    try:
        await run_program(words, environ, kill_after_s=config.kill_after)
    except ProgramFailedError as failed:
        if config.restart is not ProgramRestart.NEVER:
            raise
        _log.warning("%s", failed)
        return
    if config.restart is ProgramRestart.ALWAYS:
        raise ProgramEndedError(f"{words[0]} has ended")


async def _run_behind(
    others: Sequence[SupervisedTask],
    words: Sequence[str],
    environ: Mapping[str, str],
    config: ProgramsConfig,
) -> None:
    """Run what is to come to its end, when others are gone. Raises ProgramFailedError."""
    for task in others:
        await task.ended.wait()
    with trio.move_on_after(config.once_timeout) as patience:
        await run_program(words, environ, kill_after_s=config.kill_after)
    if patience.cancelled_caught:
        raise ProgramFailedError(f"{words[0]} did not end within {config.once_timeout:g} s")


def _filled(argv: Sequence[str], facts: Mapping[str, str]) -> Sequence[str] | None:
    """The arguments with what stands for something; None if a stranger's words would be an
    option."""
    words = []
    for word in argv:
        filled = _PLACE.sub(lambda found: facts[_PLACES[found[1]]], word)
        if filled.startswith("-") and not word.startswith("-"):
            return None
        words.append(filled)
    return words


def _environment(given: Sequence[str], facts: Mapping[str, str]) -> Mapping[str, str]:
    return {**dict(each.split("=", 1) for each in given), **facts}
