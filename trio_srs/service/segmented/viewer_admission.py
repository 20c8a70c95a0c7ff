"""How somebody comes to see a stream in segments: let in, and waiting for the first. Floor 3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

import attrs
import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.derived import DerivedForm
from trio_srs.hub.end import End
from trio_srs.hub.playing import StreamNotFoundError
from trio_srs.hub.segmented_stream import SegmentedStream
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.media.segments.variant_template import VariantMember
from trio_srs.service.base import Parts, WebClient, find_web_name
from trio_srs.service.segmented.config import SegmentedConfig
from trio_srs.service.segmented.scoped import Scoped
from trio_srs.service.segmented.viewer import SegmentsViewer, Wanted
from trio_srs.service.segmented.viewers import Viewers
from trio_srs.session.http_events import HttpRequest

__all__ = ["ViewerAdmission"]

ConfigT = TypeVar("ConfigT", bound=SegmentedConfig)


class ViewerAdmission(Generic[ConfigT]):
    """Lets viewers of one form in.

    Args:
        form: its name: ``hls``.
        viewers: where they are put then.
        members: the streams that are offered as one under a name.
        on_end: told when one is over; also of one that was not let in.
    """

    def __init__(
        self,
        parts: Parts,
        scoped: Scoped[ConfigT],
        form: str,
        viewers: Viewers,
        members: Callable[[str], tuple[VariantMember, ...]],
        on_end: Callable[[SegmentsViewer, End], None],
    ) -> None:
        self._parts, self._scoped, self._form, self._viewers = parts, scoped, form, viewers
        self._live = parts.hub.segmented
        self._members, self._on_end = members, on_end
        self._admitting: dict[str, trio.Event] = {}

    def config_for(self, asked: HttpRequest, client: WebClient, wanted: Wanted) -> ConfigT:
        """What holds for a stream as it is asked for: what is granted may be another one."""
        try:
            _, said = find_web_name(
                self._parts.rules, asked, client.protocol, wanted.app, wanted.name
            )
        except RefusedError:  # which whoever lets the viewer in will say
            return self._scoped.everywhere
        return self._scoped.narrow(said.vhost, said.app, said.name)

    async def admit(
        self,
        asked: HttpRequest,
        client: WebClient,
        wanted: Wanted,
        ctx: str,
        container: SegmentContainer | None,
        *,
        is_cut: bool = True,
    ) -> SegmentsViewer:
        """A viewer of that id: another one, or the one that somebody else has just been let in as.

        Args:
            container: in what it wants the stream; None: in whatever that is usually.
            is_cut: whether the stream is cut for as long as the viewer is there.

        Raises:
            RefusedError: no.
        """
        while ctx in self._admitting:
            await self._admitting[ctx].wait()
            known = self._viewers.seen(ctx)
            if known is not None:
                return known
        over = self._admitting[ctx] = trio.Event()
        try:
            return await self._let_in(asked, client, wanted, ctx, container, is_cut=is_cut)
        finally:
            del self._admitting[ctx]
            over.set()

    async def _let_in(
        self,
        asked: HttpRequest,
        client: WebClient,
        wanted: Wanted,
        ctx: str,
        container: SegmentContainer | None,
        *,
        is_cut: bool,
    ) -> SegmentsViewer:
        secure = "s" if client.protocol == "https" else ""
        viewer = SegmentsViewer(
            self._parts, ctx, wanted, client, f"{self._form}{secure}", self._on_end,
            lasted_s=self._viewers.lasted_s(ctx),
        )  # fmt: skip

        def choose(key: str) -> list[tuple[str, DerivedForm]]:
            config = self._scoped.of(key)
            if not config.enabled:
                raise StreamNotFoundError(f"{key} is not served as {self._form}")
            viewer.rule = config.rule(container or config.usual_container)
            viewer.members = tuple(
                each for each in self._members(key) if self._scoped.of(each.key).enabled
            )
            if not viewer.members:
                raise StreamNotFoundError(f"nothing of {key} is served as {self._form}")
            if viewer.members[0].label:
                viewer.rule = attrs.evolve(viewer.rule, group=key)
            form = self._live.form(viewer.rule)
            return [(member.key, form) for member in viewer.members] if is_cut else []

        await viewer.begin(asked, self._scoped.everywhere, choose)
        self._viewers.add(viewer)
        return viewer

    async def ready(self, viewer: SegmentsViewer) -> Mapping[str, SegmentedStream]:
        """The streams that a viewer may choose from, by label, as soon as they have playlists that
        every player takes: all that are published, or those that are as far in time.

        Raises:
            StreamNotFoundError: there was none in time.
        """
        config, found = self._scoped.of(viewer.key), dict[str, SegmentedStream]()
        missing_s = config.missing_timeout
        with self._viewers.waiting(viewer), trio.move_on_after(missing_s):
            if len(viewer.members) > 1:
                await self._find_some(viewer, found, more_s=config.segment)
            else:
                (member,) = viewer.members
                found[member.label] = await self._live.ready(member.key, viewer.rule)
        if found:
            return {each.label: found[each.label] for each in viewer.members if each.label in found}
        raise StreamNotFoundError(
            f"nothing of {viewer.key} can be seen, also after {missing_s:g} s"
        )

    async def _find_some(
        self, viewer: SegmentsViewer, found: dict[str, SegmentedStream], more_s: float
    ) -> None:
        """Wait for one of several streams, and so much longer for those that are published."""
        news = trio.Event()

        async def find(member: VariantMember) -> None:
            nonlocal news
            found[member.label] = await self._live.ready(member.key, viewer.rule)
            news.set()
            news = trio.Event()

        async with trio.open_nursery() as nursery:
            for member in viewer.members:
                nursery.start_soon(find, member)
            while not found:
                await news.wait()
            with trio.move_on_after(more_s):
                while self._is_more(viewer, found):
                    await news.wait()
            nursery.cancel_scope.cancel()

    def _is_more(self, viewer: SegmentsViewer, found: Mapping[str, SegmentedStream]) -> bool:
        """Whether a stream is published that has no playlist yet."""
        others = (each.key for each in viewer.members if each.label not in found)
        streams = map(self._parts.hub.find, others)
        return any(stream is not None and stream.publishing for stream in streams)
