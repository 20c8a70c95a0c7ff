"""A service of streams in segments, from the start of a server to its end. Floor 3."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import trio

from trio_srs.errors import EndReason
from trio_srs.hub.bus import Event, PublishBegan
from trio_srs.hub.end import End
from trio_srs.hub.outputs import PublishOutput
from trio_srs.hub.stream import Stream
from trio_srs.hub.supervisor import Body
from trio_srs.hub.waiting import CannotBeReadyError
from trio_srs.service.base import Parts, PortlessService, StopPhase, WebAnswer, WebClient
from trio_srs.service.segmented.config import SegmentedConfig, SegmentsStart
from trio_srs.service.segmented.scoped import Narrow, Scoped

if TYPE_CHECKING:
    from trio_srs.service.segmented.site import SegmentedSite
    from trio_srs.session.http_events import HttpRequest

__all__ = ["SegmentedService"]

ConfigT = TypeVar("ConfigT", bound=SegmentedConfig)


class SegmentedService(PortlessService, ABC, Generic[ConfigT]):
    """Serves one form of segments where HTTP is served, and listens nowhere. What cuts streams is
    imported when it is needed.

    Attributes:
        name: of the form: ``hls``.
        endings: of all its paths, first that of a stream.
        scoped: what holds for what begins.
    """

    name: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]

    def __init__(
        self, parts: Parts, config: ConfigT, narrow: Narrow[ConfigT] | None = None
    ) -> None:
        """
        Args:
            narrow: what holds for one stream; None: for all the same.
        """
        self.scoped: Scoped[ConfigT] = Scoped(
            parts.rules, config, narrow or (lambda *_: self.scoped.everywhere)
        )
        self._parts = parts
        self._is_used = trio.Event()
        self.output = PublishOutput(name=self.name, begin=self.begin_publish, finish_within_s=0.0)
        """Cuts every stream from the moment it is published, if the configuration says so."""

    @cached_property
    def site(self) -> SegmentedSite[ConfigT]:
        """What there is to see, and who sees it."""
        self._is_used.set()
        return self.make_site(self._parts)

    @abstractmethod
    def make_site(self, parts: Parts) -> SegmentedSite[ConfigT]:
        """Import it, and make it; see :meth:`prepare`."""

    def begins_with_publish(self, config: ConfigT) -> bool:
        """Whether streams for which this holds are cut from the moment they are published."""
        return config.enabled and config.start is SegmentsStart.PUBLISH

    async def ready(self, key: str) -> None:
        """Wait until players can take something of the newest publish of a stream, or of one that
        comes: see :data:`~trio_srs.hub.waiting.Ready`. From now on it is cut.

        Raises:
            CannotBeReadyError: that stream is not served so.
            DerivedFailedError: as :meth:`~trio_srs.hub.hub.Hub.derive`.
        """
        hub, config = self._parts.hub, self.scoped.of(key)
        if not config.enabled:
            raise CannotBeReadyError(f"{key} is not served as {self.name}")
        stream = hub.find(key) or await self._published(key)
        rule = config.rule(config.usual_container)
        with hub.derive(key, stream.settings, hub.segmented.form(rule), is_demand=False):
            await hub.segmented.has_newest(stream, rule)

    async def _published(self, key: str) -> Stream:
        """Wait for a stream that is not there."""
        came = trio.Event()

        def hear(event: Event) -> None:
            if isinstance(event, PublishBegan):
                came.set()

        hub = self._parts.hub
        while True:
            with self._parts.bus.listening(hear, key):
                await came.wait()
            stream = hub.find(key)
            if stream is not None:
                return stream
            came = trio.Event()

    @property
    def stream_ending(self) -> str:
        """What players ask for first: see :class:`~trio_srs.service.base.WebRoute`; of a form that
        is on for some streams alone it is not told."""
        return self.endings[0] if self.scoped.everywhere.enabled else ""

    def answer(
        self, asked: HttpRequest, client: WebClient, /
    ) -> WebAnswer | Awaitable[WebAnswer] | None:
        """Answer what is a path of this form; see :class:`.SegmentedSite`."""
        segments = asked.target.segments
        if not segments or not segments[-1].endswith(self.endings) or asked.target.is_folder:
            return None
        return self.site.answer(asked, client)

    def begin_publish(self, stream: Stream) -> Body | None:
        """What runs beside a publish; see :attr:`.PublishOutput.begin`."""
        config = self.scoped.of(stream.name)
        if not self.begins_with_publish(config):
            return None
        hub, settings = self._parts.hub, stream.settings
        form = hub.segmented.form(config.rule(config.usual_container))

        async def body() -> None:
            with hub.derive(stream.name, settings, form, is_demand=False):
                while stream.publishing:
                    await stream.changed.wait()

        return body

    @property
    def stop_phase(self) -> StopPhase:
        """With the connections that its viewers come by."""
        return StopPhase.SESSIONS

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """End the viewers that ask for nothing any more, until cancelled."""
        task_status.started()
        try:
            await self._is_used.wait()
            while True:
                await self.site.viewers.expire(self.scoped.everywhere.viewer_timeout)
        finally:
            self._end()  # nothing is wanted any more

    async def prepare(self) -> None:
        """Import what cuts streams."""
        _ = self.site

    async def finish(self) -> None:
        """Viewers have no connection whose end could be waited for: they are over."""
        self._end()

    async def stop(self, grace_s: float) -> None:
        """End all viewers: they hear of it when they ask again."""
        self._end()

    def _end(self) -> None:
        if self._is_used.is_set():
            self.site.viewers.end_all(End(EndReason.SHUTDOWN, "the server stops"))
