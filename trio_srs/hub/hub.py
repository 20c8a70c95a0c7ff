"""The hub: names to live streams; who may publish one, and who reads it. Floor 2."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import trio

from trio_srs.errors import EndReason
from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.bus import Bus
from trio_srs.hub.cursor import Begin, Cursor
from trio_srs.hub.derived import DerivedForm, derived_feed
from trio_srs.hub.end import EndOfBlock, end_of_block
from trio_srs.hub.feed import Feed
from trio_srs.hub.forms import Form
from trio_srs.hub.lease import PublishLease, Revoke, StreamBusyError
from trio_srs.hub.outputs import Outputs
from trio_srs.hub.participant import Participant, PublisherInfo
from trio_srs.hub.playing import Playing
from trio_srs.hub.policy import Block, Drop, Lossless, Skip
from trio_srs.hub.provider import Providers
from trio_srs.hub.publishing import Publishing
from trio_srs.hub.quota import Quotas
from trio_srs.hub.reader import Outlet, Reader
from trio_srs.hub.reports import Reports
from trio_srs.hub.segmented_streams import SegmentedStreams
from trio_srs.hub.session_requests import Request
from trio_srs.hub.settings import BusyPolicy, StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.hub.stream_table import StreamTable
from trio_srs.hub.supervisor import TaskKind

__all__ = ["Hub"]


class Hub:
    """All live streams of one server. Knows no sockets and no protocol.

    A stream exists while somebody publishes, reads or waits for it, and is forgotten after: at
    once, or when its ``linger`` is over.
    """

    def __init__(
        self,
        broadcaster: Broadcaster | None = None,
        *,
        bus: Bus | None = None,
        reports: Reports | None = None,
    ) -> None:
        """
        Args:
            bus: is told of every publish and play.
            reports: has a record of every publish.
        """
        self.broadcaster = broadcaster or Broadcaster()
        self.supervisor = self.broadcaster.supervisor
        self.bus = bus or Bus()
        self.reports = reports or Reports(self.bus)
        self.streams = StreamTable(self.broadcaster)
        self.outputs = Outputs()
        self.quotas = Quotas()
        self.segmented = SegmentedStreams()
        self.providers = Providers(self.streams)
        self._lines: dict[str, dict[trio.Event, None]] = {}
        """Who waits to publish a name, in the order in which they came; each is told when it is
        the first."""

    def __len__(self) -> int:
        return len(self.streams)

    def __iter__(self) -> Iterator[Stream]:
        """The streams that exist now."""
        return iter(self.streams)

    def names(self) -> tuple[str, ...]:
        """The names of the streams that exist now."""
        return self.streams.names()

    def find(self, name: str) -> Stream | None:
        """The stream of a name, if it exists."""
        return self.streams.find(name)

    def publishing(
        self,
        name: str,
        settings: StreamSettings,
        publisher: PublisherInfo,
        *,
        request: Request | None = None,
        revoke: Revoke | None = None,
        end_of: EndOfBlock = end_of_block,
    ) -> Publishing:
        """Publish ``name`` for as long as the block lasts: for a connection of any protocol, a
        relay, a file, a test.

        All that belongs to a publish is done here: the lease, the report, the events, what is
        counted. Append to what the block gets; start its :meth:`.Publishing.watch` beside that,
        for a publisher that may fall silent.

        Args:
            publisher: who it is, for events and reports.
            request: what a session asked for by it, if there is a session: it is kept up to date.
            revoke: called, synchronously, when the right is taken away. Without it the block is
                cancelled then.
            end_of: how leaving the block ends the publish, for those who are told of it. A
                connection says :func:`~trio_srs.hub.end.told_later`, and then calls
                :meth:`.Publishing.finish` on every way out; the name is free before that.

        Raises:
            StreamBusyError: as :meth:`publish`; the block is not entered.
            LeaseLostError: behind the block, if it was cancelled because the right was taken away.
        """
        return Publishing(
            self, name, settings, publisher, request=request, revoke=revoke, end_of=end_of
        )

    def playing(
        self,
        name: str,
        settings: StreamSettings,
        form: Form,
        outlet: Outlet,
        player: Participant,
        *,
        policy: Skip | Drop | None = None,
        derived: DerivedForm | None = None,
        request: Request | None = None,
        end_of: EndOfBlock = end_of_block,
    ) -> Playing:
        """Play ``name`` for as long as the block lasts, for whoever has an outlet for its bytes.

        All that belongs to a play is done here: the reader, the events, what is counted. Between
        entering the block and the first thing it awaits nothing is sent, so that a peer can be
        told yes first.

        Args:
            player: who it is, for events.
            policy: see :meth:`.Feed.attach`.
            derived: what is read, if it is not the stream itself; see :meth:`derive`.
            request, end_of: as for :meth:`publishing`.

        Raises:
            StreamNotFoundError: nobody publishes it, and players may not wait for it; the block is
                not entered.
            DerivedFailedError: as :meth:`derive`.
        """
        return Playing(
            self,
            name,
            settings,
            form,
            outlet,
            player,
            policy=policy,
            derived=derived,
            request=request,
            end_of=end_of,
        )

    @asynccontextmanager
    async def publish(
        self, name: str, settings: StreamSettings, *, holder: str, revoke: Revoke
    ) -> AsyncIterator[PublishLease]:
        """Hold the right to publish ``name`` and nothing more; it is given back on every way out.

        Args:
            holder: who publishes, in words.
            revoke: called, synchronously, when the right is taken away.

        Raises:
            StreamBusyError: somebody else publishes it, and the settings do not let this
                publisher take over, or not soon enough.
        """
        with self.streams.using(name, settings) as stream:
            lease = await self.take(stream, settings, holder=holder, revoke=revoke)
            try:
                yield lease
            finally:
                lease.give_back()

    async def take(
        self, stream: Stream, settings: StreamSettings, *, holder: str, revoke: Revoke
    ) -> PublishLease:
        """The same without a block, for who uses the stream until it has given the right back.

        Raises:
            StreamBusyError: as :meth:`publish`.
        """
        if not self.is_free(stream.name):
            await self._get_past(stream, settings, holder)
        return self.take_free(stream, settings, holder=holder, revoke=revoke)

    def is_free(self, name: str) -> bool:
        """Whether nobody publishes a name, nor waits for it."""
        stream = self.find(name)
        return (stream is None or stream.lease is None) and name not in self._lines

    def take_free(
        self, stream: Stream, settings: StreamSettings, *, holder: str, revoke: Revoke
    ) -> PublishLease:
        """The same of a name that is free."""
        lease = PublishLease(stream, holder, revoke)
        try:
            stream.publisher_came(lease, settings)
            self.outputs.begin(stream, self.streams)
        except BaseException:
            lease.give_back()
            raise
        return lease

    async def _get_past(self, stream: Stream, settings: StreamSettings, holder: str) -> None:
        """Deal with the present publisher, and with those who wait, as the policy says."""
        after = ""
        match settings.publish_busy:
            case BusyPolicy.REPLACE if stream.lease is not None:
                stream.lease.revoke(EndReason.REPLACED, f"{stream.name} was taken over by {holder}")
            case BusyPolicy.WAIT:
                with trio.move_on_after(settings.publish_busy_wait) as patience:
                    await self._wait_in_line(stream)
                if not patience.cancelled_caught:
                    return
                after = f", also after {settings.publish_busy_wait:g} s"
        if stream.lease is not None:
            raise StreamBusyError(
                f"{stream.name} is already published by {stream.lease.holder}{after}"
            )
        if stream.name in self._lines and settings.publish_busy is not BusyPolicy.REPLACE:
            raise StreamBusyError(f"{stream.name} goes to one who has waited for it longer{after}")

    async def _wait_in_line(self, stream: Stream) -> None:
        """Wait until the name is free and all who came before have had it or are gone."""
        line, turn = self._lines.setdefault(stream.name, {}), trio.Event()
        line[turn] = None
        try:
            if len(line) > 1:
                await turn.wait()
            while stream.lease is not None:
                await stream.changed.wait()
        finally:
            del line[turn]
            if line:
                next(iter(line)).set()
            else:
                del self._lines[stream.name]

    @contextmanager
    def subscribe(
        self,
        name: str,
        settings: StreamSettings,
        form: Form,
        outlet: Outlet,
        policy: Skip | Drop | None = None,
    ) -> Iterator[Reader]:
        """Read ``name``, published or not; the reader is detached on every way out.

        Args:
            policy: see :meth:`.Feed.attach`.
        """
        with self._wanting(name, settings) as stream:
            reader = stream.feed.attach(form, outlet, policy)
            try:
                yield reader
            finally:
                reader.detach()

    async def is_there(self, name: str, settings: StreamSettings) -> bool:
        """Whether somebody publishes ``name`` now; providers are asked to bring it if nobody does,
        and may take ``provide_timeout``.

        Who is told yes and reads it in the same moment has it.
        """
        if self.is_published(name):
            return True
        if not self.providers:
            return False
        with self._wanting(name, settings) as stream:
            return await self.providers.bring(stream)

    def is_published(self, name: str) -> bool:
        """Whether somebody publishes a name now."""
        stream = self.find(name)
        return stream is not None and stream.publishing

    def want(self, name: str, settings: StreamSettings) -> Stream:
        """The stream of a name for a session that reads it, until :meth:`want_no_more`: providers
        hear of it."""
        stream = self.streams.hold(name, settings)
        self.providers.want(stream)
        return stream

    def want_no_more(self, stream: Stream) -> None:
        """A session reads it no more."""
        self.providers.want_no_more(stream)
        self.streams.release(stream)

    @contextmanager
    def _wanting(self, name: str, settings: StreamSettings) -> Iterator[Stream]:
        """The same for as long as a block lasts."""
        stream = self.want(name, settings)
        try:
            yield stream
        finally:
            self.want_no_more(stream)

    async def finish_tasks(self, within_s: float, *, front: str = "") -> None:
        """End what is made of the streams: first what brings them, then what runs beside their
        publishes, which may come to its end, and at last derived forms.

        Args:
            within_s: how long that may take; what is still there then is cancelled.
            front: only of the streams whose names begin so.
        """
        await self._end_tasks(TaskKind.SOURCE, 0.0, front)
        await self._end_tasks(TaskKind.OUTPUT, within_s, front)
        await self._end_tasks(TaskKind.DERIVED, 0.0, front)

    async def _end_tasks(self, kind: TaskKind, within_s: float, front: str) -> None:
        streams = [stream for stream in self if stream.name.startswith(front)]
        tasks = [task for stream in streams for task in stream.tasks if task.kind is kind]
        for task in tasks:
            task.finish(within_s)
        for task in tasks:
            await task.ended.wait()

    @contextmanager
    def cursor(
        self,
        name: str,
        settings: StreamSettings,
        policy: Skip | Drop | Lossless | Block | None = None,
        begin: Begin = Begin.ENTRY,
    ) -> Iterator[Cursor]:
        """Read the records of ``name``, published or not, one publish after the other; the cursor
        is closed on every way out. See :meth:`.Feed.cursor`."""
        with (
            self._wanting(name, settings) as stream,
            stream.feed.cursor(policy, begin) as cursor,
        ):
            yield cursor

    @contextmanager
    def derive(
        self, name: str, settings: StreamSettings, form: DerivedForm, *, is_demand: bool = True
    ) -> Iterator[Feed]:
        """A form derived from ``name``, for as long as the block lasts.

        The first who wants it lets it begin, and it is one for all; see :class:`.DerivedForm`.
        What there is to read is in the feed: attach a reader, or take a cursor.

        Args:
            is_demand: whether providers are to bring the stream for this: not for what runs beside
                its publishes.

        Raises:
            DerivedFailedError: it failed too often in a row. It begins anew when all who wanted it
                are gone.
        """
        using = self._wanting if is_demand else self.streams.using
        with (
            using(name, settings) as stream,
            derived_feed(self.streams, stream, form).using() as feed,
        ):
            yield feed

    def kick(self, name: str, detail: str = "kicked") -> bool:
        """End whoever publishes ``name``; the name is free when this returns.

        Returns:
            whether anybody did.
        """
        stream = self.find(name)
        if stream is None or stream.lease is None:
            return False
        stream.lease.revoke(EndReason.KICKED, detail)
        return True
