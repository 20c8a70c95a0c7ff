"""Providers: who can bring a stream that is asked for and not there. Floor 2.

An edge's pull, a worker's stream, a transcoder on demand, a slate. They are asked when somebody
begins to read what nobody publishes, and cancelled a while after the last reader has gone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import attrs
import trio

from trio_srs.errors import InternalError
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.hub.stream_table import StreamTable
from trio_srs.hub.supervisor import (
    ALWAYS,
    Body,
    SupervisedTask,
    Supervisor,
    TaskKind,
    TaskState,
)

__all__ = ["Provider", "ProviderNameError", "Providers"]


class ProviderNameError(InternalError):
    """Two providers of one name."""

    code = "provider_name"


@attrs.frozen(kw_only=True)
class Provider:
    """Whoever can bring streams."""

    name: str
    """What it is called: ``edge``."""
    provide: Callable[[str, StreamSettings], Body | None]
    """Called with a stream's name in the hub and its settings; what it returns brings the stream,
    by :meth:`Hub.publishing <trio_srs.hub.hub.Hub.publishing>`, in a task of its own, until there
    is no more of it, or it is cancelled. None where it has none of that name. What the task raises
    means that it cannot: the next provider has its turn."""


@attrs.define(eq=False)
class _Bringing:
    """One stream on its way: all who can bring it have their turn, until one does."""

    stream: Stream
    bodies: Mapping[str, Body]
    """By the name of the provider."""
    supervisor: Supervisor
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    """Of the present try: its deadline is set when nobody reads any more."""
    task: SupervisedTask | None = None
    has_failed: bool = False
    """Whether everybody has had a turn, and nobody could."""
    was_dropped: bool = False
    """Whether it was ended because nobody read any more."""

    async def run(self) -> None:
        """Try once, until it is there and over, nobody reads it any more, or nobody can.

        Raises:
            Exception: why the last of them could not.
        """
        self.has_failed = False
        with trio.CancelScope(deadline=self._deadline()) as self.scope:
            *others, last = self.bodies
            for name in others:
                if self.stream.publishing or await self._brings(name):
                    return
            if self.stream.publishing:  # somebody else was faster
                return
            try:
                await self.bodies[last]()
            except Exception as error:
                self.was_dropped = not self.stream.demand
                self.has_failed = not (self.was_dropped or self.stream.publishing)
                if self.has_failed:
                    self.stream.tell_changed()
                    raise
                self._tell(last, error)
            return
        self.was_dropped = True

    async def _brings(self, name: str) -> bool:
        try:
            await self.bodies[name]()
        except Exception as error:
            self._tell(name, error)
            return False
        return True

    def _tell(self, name: str, error: Exception) -> None:
        """Why one could not."""
        what = f"provider {name} of {self.stream.name}"
        self.supervisor.tell(what, ExceptionGroup(what, [error]), stream=self.stream.name)

    def _deadline(self) -> float:
        if self.stream.demand:
            return math.inf
        return trio.current_time() + self.stream.settings.provide_linger

    def want(self) -> None:
        """Somebody reads it: it is not dropped, for as long as that is so."""
        self.scope.deadline = math.inf

    def want_no_more(self) -> None:
        """Nobody reads it any more."""
        assert self.task is not None  # it has begun
        if self.task.state is TaskState.RUNNING:
            self.scope.deadline = self._deadline()
        else:
            self.was_dropped = True
            self.task.cancel()


class Providers:
    """The providers of one server, in the order in which they are asked."""

    def __init__(self, streams: StreamTable) -> None:
        self._streams = streams
        self._providers: dict[str, Provider] = {}
        self._bringing: dict[Stream, _Bringing] = {}

    def __len__(self) -> int:
        return len(self._providers)

    def add(self, provider: Provider) -> None:
        """Ask one more, behind the others.

        Raises:
            ProviderNameError: there is one of its name.
        """
        if self._providers.setdefault(provider.name, provider) is not provider:
            raise ProviderNameError(f"there are two providers called {provider.name!r}")

    def want(self, stream: Stream) -> None:
        """A session begins to read a stream; each call is to be followed by one of
        :meth:`want_no_more`."""
        stream.demand += 1
        if self._providers:
            bringing = self._bringing.get(stream)
            if bringing is not None:
                bringing.want()
            elif not stream.publishing:
                self._bring(stream)

    def want_no_more(self, stream: Stream) -> None:
        """It reads no more."""
        stream.demand -= 1
        if not stream.demand and stream in self._bringing:
            self._bringing[stream].want_no_more()

    async def bring(self, stream: Stream) -> bool:
        """Wait until a stream that a session wants is there; whether it is.

        That takes no time if nobody can bring it, and at most its ``provide_timeout``.
        """
        with trio.move_on_after(stream.settings.provide_timeout):
            while not stream.publishing:
                bringing = self._bringing.get(stream)
                if bringing is None or bringing.has_failed:
                    break
                await stream.changed.wait()
        return stream.publishing

    def _bring(self, stream: Stream) -> None:
        """Begin to bring it, if anybody can."""
        supervisor = self._streams.broadcaster.supervisor
        bodies = {
            each.name: body
            for each in self._providers.values()
            if (body := self._ask(each, stream)) is not None
        }
        if not bodies or not supervisor.is_running:
            return

        def end() -> None:
            del self._bringing[stream]
            if bringing.was_dropped and stream.demand:  # somebody came while it ended
                self._bring(stream)
            stream.tell_changed()
            self._streams.release(stream)

        self._streams.hold(stream.name, stream.settings)
        self._bringing[stream] = bringing = _Bringing(stream, bodies, supervisor)
        bringing.task = stream.tasks.start(
            f"provider {'+'.join(bodies)}",
            bringing.run,
            kind=TaskKind.SOURCE,
            restart=ALWAYS,
            on_end=end,
        )

    def _ask(self, provider: Provider, stream: Stream) -> Body | None:
        try:
            return provider.provide(stream.name, stream.settings)
        except Exception as bug:
            supervisor = self._streams.broadcaster.supervisor
            supervisor.report(f"what provider {provider.name} says of {stream.name}", bug)
            return None
