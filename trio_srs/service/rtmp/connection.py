"""One RTMP connection: its tasks, its deadlines, and the one place where it ends. Floor 3.

```
connection                     bytes -> session -> events, and media goes straight into logs; looks
 │                             at what is due
 ├─ decision                   for each request for which somebody is asked or waited for
 └─ outgoing                   only while something is owed or a reader catches up
```

Whichever raises cancels the others; what each holds is given back on its way out; and
:meth:`Connection.run` turns what it caught into one end reason.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Awaitable, Callable
from typing import Final

import trio

from trio_srs.errors import EndReason, PeerError, RefusedError
from trio_srs.hub.access import RedirectError
from trio_srs.hub.announce import announce_refused
from trio_srs.hub.end import End, ended, ending, tell_end
from trio_srs.hub.fault_injection import FaultRefusalError
from trio_srs.hub.forms import Form
from trio_srs.hub.gate import AS_ASKED
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.outgoing import Outgoing
from trio_srs.hub.participant import Participant
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.session_requests import Request, SessionRequests
from trio_srs.net.link import Link
from trio_srs.net.read_pause import ReadPause
from trio_srs.net.transport import Transport
from trio_srs.service.rtmp.activity import Activity
from trio_srs.service.rtmp.connect import answer_connect
from trio_srs.service.rtmp.context import RtmpContext, server_options
from trio_srs.service.rtmp.deadlines import (
    CommandIdleTimeoutError,
    ConnectTimeoutError,
    HandshakeTimeoutError,
    RefusedAndIdleError,
)
from trio_srs.service.rtmp.pending_peers import HandshakeProgress
from trio_srs.service.rtmp.play import Play
from trio_srs.service.rtmp.publish import Publish
from trio_srs.service.rtmp.pump import Pump
from trio_srs.session.rtmp_answers import AS_USUAL
from trio_srs.session.rtmp_events import (
    AudioSwitched,
    ConnectRequested,
    HandshakeDone,
    Paused,
    PlayRequested,
    PublishRequested,
    RtmpServerEvent,
    StreamClosed,
    VideoSwitched,
)
from trio_srs.session.rtmp_server import RtmpServerSession
from trio_srs.units import NEVER
from trio_srs.wire.rtmp.chunk_reader import TakeMedia
from trio_srs.wire.rtmp.handshake import RANDOM_BYTES
from trio_srs.wire.rtmp.status import StatusCode
from trio_srs.wire.url import DEFAULT_VHOST

__all__ = ["Connection"]


_SILENT: Final = frozenset(
    {EndReason.PEER_RST, EndReason.PEER_STALLED, EndReason.PLAYER_STALLED, EndReason.PEER_FIN}
)
"""Ends after which there is nobody to say anything to."""
_NOT_REFUSED: Final = (math.inf, "")
_GOODBYES: Final = {EndReason.SHUTDOWN: StatusCode.CONNECT_APP_SHUTDOWN}


class Connection:
    """One peer, from accepted to closed.

    Attributes:
        sinks: where media of each message stream goes, and ...
        takers: ... how it gets there on the short way.
        bytes_played: bytes of media sent by plays that are over.
        owes_beginning: whether a reader has begun that was sent nothing so far.
        granted: what the gates said to the connect command.
        handshake: what kind it was, once it is done.

    Args:
        entry: its entry in the registry, which it takes out in the end.
        opening: what to wait for, if anything, before the peer can be understood: the TLS
            handshake. It counts for the handshake's deadline.
        progress: how far it came while it was pending, if it was.
        on_end: called once when it has ended, which is before it is closed.
    """

    __slots__ = (
        "_activities",
        "_asked_to_connect",
        "_bears",
        "_before",
        "_begun",
        "_closing_patience_s",
        "_decided",
        "_due_at",
        "_early",
        "_end",
        "_is_closing",
        "_is_reset",
        "_nursery",
        "_on_end",
        "_pump",
        "_refused",
        "_stalled_s",
        "_waits",
        "bytes_played",
        "config",
        "context",
        "entry",
        "granted",
        "handshake",
        "link",
        "opening",
        "outgoing",
        "owes_beginning",
        "session",
        "sinks",
        "takers",
    )

    def __init__(
        self,
        transport: Transport,
        entry: SessionEntry,
        context: RtmpContext,
        opening: Callable[[], Awaitable[None]] | None = None,
        progress: HandshakeProgress | None = None,
        on_end: Callable[[Connection], None] | None = None,
    ) -> None:
        self.context = context
        self.config = config = context.config
        now = trio.current_time()
        self.entry = entry
        entry.end = self.end
        self.session = RtmpServerSession(
            random=b"" if progress else context.random(RANDOM_BYTES),
            now=now,
            options=server_options(config, context.server_name),
            handshake=progress.handshake if progress else None,
        )
        self._stalled_s = context.access.rules.settings_for(DEFAULT_VHOST, "", "").stalled_timeout
        self.link = Link(
            transport,
            self.session,
            buffer=context.buffer,
            stalled_after=self._stalled_s,
            on_work=self._wake,
        )
        self.outgoing = Outgoing(self.link, self.start)
        self.bytes_played = 0
        self.sinks: dict[int, PublishLease] = {}
        self.takers: dict[int, TakeMedia] = {}
        self.granted = AS_ASKED
        self._pump = Pump(self)
        self.handshake: HandshakeDone | None = None
        self.opening = opening
        self._activities: dict[int, Activity] = {}
        self._begun: dict[Activity, None] = {}
        self._bears: dict[Activity, float] = {}
        self._nursery: trio.Nursery | None = None
        self._early: list[Callable[[], Awaitable[object]]] = []
        self._waits: trio.CancelScope | None = None
        self._due_at = math.inf
        self.owes_beginning = False
        self._before = progress
        self._on_end = on_end
        self._asked_to_connect = False
        self._refused: tuple[float, str] = _NOT_REFUSED
        self._end: End | None = None
        self._is_closing = False
        self._closing_patience_s: float = config.close_timeout
        self._decided: trio.Event | None = None
        self._is_reset = False

    # --------------------------------------------------------------- lifetime

    async def run(self) -> None:
        """Serve the peer until it leaves, misbehaves, falls silent, or is ended.

        Nothing that the peer does, and no bug in serving it, gets out of here; only the
        cancellation of the caller does. Called once.
        """
        try:
            await self._serve()
            await self._close()
        except Exception as bug:  # of ours, and no reason for others to suffer
            self._report(bug)
        finally:
            self._conclude(End(EndReason.SHUTDOWN, "the server stopped"))
            self.link.reset()
            self._tell_end()
            self._let_go()

    async def _serve(self) -> None:
        try:
            faults = self.context.faults
            if faults is not None and faults.work is not None:
                faults.work.adopt(self)
            if self.opening is not None:
                await self._until_due(self.opening)
            if self._before is not None:
                self._resume(self._before)
            while self._end is None:
                if self._early:
                    await self._serve_beside_tasks()
                else:
                    await self._until_due(self._pump.read)
        except BaseException:
            with ending(self._conclude, self._report):  # not around it all: that takes memory
                raise

    async def _serve_beside_tasks(self) -> None:
        """The same for as long as there are other tasks: most connections never have one, and a
        nursery takes 2 kB."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            try:
                while self._early:
                    nursery.start_soon(self._early.pop(0))
                while self._end is None and nursery.child_tasks:
                    await self._until_due(self._pump.read)
            finally:
                self._nursery = None
            if self._end is not None:
                nursery.cancel_scope.cancel()

    async def _until_due(self, wait: Callable[[], Awaitable[None]]) -> None:
        """Wait for something, at most until there is something else to do."""
        with trio.CancelScope(deadline=self._next_deadline()) as self._waits:
            await wait()
        if self._end is None:
            self._check_deadlines(trio.current_time())

    def _resume(self, progress: HandshakeProgress) -> None:
        """Go on where it was while it was pending. Raises PeerError."""
        self.let_media_pass()
        link, now = self.link, trio.current_time()
        link.bytes_in, link.bytes_said = progress.bytes_in, progress.bytes_out
        if progress.owed:
            link.owe((memoryview(progress.owed),))
        if progress.data:
            self.session.receive_data(progress.data, now)
        self._pump.drain(now)
        self._before = None

    def end(self, reason: EndReason, detail: str) -> None:
        """End the session from outside; returns at once. The first reason holds."""
        self._conclude(End(reason, detail))
        self.look_up()
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()

    def look_up(self) -> None:
        """Wait for nothing more: there is something else to do."""
        if self._waits is not None:
            self._waits.cancel()

    def _conclude(self, end: End) -> None:
        """The end is known: whatever is held is given back. Only the first end counts."""
        if self._end is None:
            self._end = end
            self.context.registry.leave(self.entry)
            if self._on_end is not None:
                self._on_end(self)
        for activity in list(self._begun):
            self._begun.pop(activity, None)
            activity.finish(self._end)

    def _report(self, bug: Exception) -> None:
        session = self.entry.id
        self.context.hub.supervisor.report(f"session {session}", bug, session=session)

    async def _close(self) -> None:
        end = self._end
        assert end is not None  # it takes an end to come here
        if end.reason is EndReason.PEER_FIN:
            self.link.transport.close()
        if end.reason in _SILENT or self._is_reset:
            return
        if end.reason is not EndReason.FAULT:  # which ends it without a word
            code = _GOODBYES.get(end.reason, StatusCode.CONNECT_CLOSED)
            # What broke inside is for the log, not for the peer.
            known = bool(end.detail) and end.reason is not EndReason.INTERNAL_ERROR
            words = f"{end.reason}: {end.detail}" if known else str(end.reason)
            self.session.say_goodbye(code, words)
        self._is_closing = True
        with contextlib.suppress(trio.ClosedResourceError):  # cut off meanwhile
            await self.link.close(self._closing_patience_s)

    # ------------------------------------------------------------- for faults

    def cut_off(self, detail: str, *, is_reset: bool) -> None:
        """End it without a word: a fault that was asked for does."""
        self._is_reset = is_reset
        self.end(EndReason.FAULT, detail)

    def interpose(self, wrap: Callable[[Transport], Transport]) -> None:
        """Put a transport between this connection and its own, at any time."""
        self.link.interpose(wrap)
        for reader in self.outgoing.readers:
            reader.deliver_to(self.link)
        self.look_up()

    def reform(self, stream: str, wrap: Callable[[Form], Form]) -> bool:
        """Have a play of a stream go on in another form, which is made of its own; whether there
        is such a play."""
        for activity in self._activities.values():
            if isinstance(activity, Play) and activity.request.stream == stream:
                activity.wrap_form(wrap)
                return True
        return False

    def look_again(self) -> None:
        """Something is due sooner than it was."""
        self._rearm()

    def cut(self) -> None:
        """Wait no longer for the peer to hear why the connection is closed."""
        self._closing_patience_s = 0.0
        if not self._is_closing:
            return
        if self.link.busy:
            self.link.reset()
        else:
            self.link.transport.close()

    def _tell_end(self) -> None:
        assert self._end is not None
        tell_end(
            self.context.registry,
            self.context.bus,
            self.entry,
            self._end,
            bytes_in=self.link.bytes_in,
            bytes_out=self.link.bytes_said + self.bytes_played,
        )

    def _let_go(self) -> None:
        """Break the circles, so that all of it is freed at once and the collector never runs."""
        self._is_closing = False
        self.entry.end = ended
        if self.entry.requests is not None:
            self.entry.requests.traffic = None
        self.link.transport.on_backlog = None
        self._on_end = self._waits = None
        self._early.clear()
        self._activities.clear()
        del self.link, self.outgoing, self._pump

    @property
    def has_ended(self) -> bool:
        """Whether the end is known."""
        return self._end is not None

    # ------------------------------------------------------------------ tasks

    def _next_deadline(self) -> float:
        return min(
            self.session.next_deadline(), self._refused[0], self._patience()[0], self._due_at
        )

    def _patience(self) -> tuple[float, Callable[[float], PeerError], float]:
        """Until when the peer may be silent, what it is ended with then, and after how long."""
        config = self.config
        if self.handshake is None:
            patience = config.handshake_timeout
            return self.entry.began_at + patience, HandshakeTimeoutError.after, patience
        if not self._asked_to_connect:
            patience = config.connect_timeout
            return self.entry.shaken_at + patience, ConnectTimeoutError.after, patience
        patience = NEVER if self.sinks else config.command_idle_timeout
        return self.session.core.heard_at + patience, CommandIdleTimeoutError.after, patience

    def _check_deadlines(self, now: float) -> None:
        # The errors are made where they are raised: kept in a local they would be a circle.
        at, error_after, patience_s = self._patience()
        if now >= at:
            raise error_after(patience_s)
        refused_until, why = self._refused
        if now >= refused_until:
            raise RefusedAndIdleError(why)
        if now >= self._due_at:
            self._due_at = min((it.check(now) for it in list(self._begun)), default=math.inf)
        self.session.on_time(now)
        self.link.flush()

    def check_soon(self) -> None:
        """What a publish or play goes by has changed: look at it, in a turn of our own."""
        self._due_at = -math.inf
        self._rearm()

    def _rearm(self) -> None:
        """Something changed that may bring the next deadline forward."""
        if self._waits is not None:
            self._waits.deadline = self._next_deadline()

    def start(self, task: Callable[[], Awaitable[object]]) -> None:
        """Run something beside it, for as long as it lasts."""
        if self._end is not None:
            return
        if self._nursery is not None:
            self._nursery.start_soon(task)
        else:
            self._early.append(task)
            self.look_up()

    def _wake(self) -> None:
        self.outgoing.wake()

    # ----------------------------------------------------------------- events

    def on_event(self, event: RtmpServerEvent) -> None:
        """Act on what is no media of a publish."""
        match event:
            case HandshakeDone():
                self.handshake = event
                self.entry.shaken_at = min(self.entry.shaken_at, trio.current_time())
            case ConnectRequested():
                self._asked_to_connect = True
                self.entry.requests = SessionRequests(self.link)
                answer_connect(self, event.request)
            case PublishRequested():
                self._begin(Publish(self, event))
            case PlayRequested():
                self._begin(Play(self, event))
            case StreamClosed(stream_id, command):
                activity = self._activities.pop(stream_id, None)
                if activity is not None:
                    activity.close(End(EndReason.STREAM_CLOSED, command))
            case Paused(stream_id) | AudioSwitched(stream_id) | VideoSwitched(stream_id):
                activity = self._activities.get(stream_id)
                if isinstance(activity, Play):
                    activity.switch(event)
        self._rearm()

    def _begin(self, activity: Activity) -> None:
        self.requests.add(activity.request)
        self._refused = _NOT_REFUSED
        self._activities[activity.stream_id] = activity
        activity.begin()

    # ------------------------------------------- for what publishes and plays

    @property
    def requests(self) -> SessionRequests:
        """What the peer asked for; there is something once it asked to connect."""
        assert self.entry.requests is not None
        return self.entry.requests

    def participant(self) -> Participant:
        """Who the peer is, for events."""
        entry = self.entry
        return Participant(session=entry.id, peer=entry.peer, protocol=entry.protocol)

    def set_live(self) -> None:
        """What comes from now on is media that players wait for."""
        reader, fileno = self.context.reader, self.link.transport.fileno
        if reader is not None and fileno is not None:
            reader.set_live(fileno)

    def let_media_pass(self) -> None:
        """Something is to be done that takes long: media that has come goes first."""
        if self.context.reader is not None:
            self.context.reader.read_live()

    def merge_reads(self, every_s: float) -> None:
        """Rest so long between two reads from now on, if they are not filled by then."""
        self._pump.pause = ReadPause(every_s)

    def accept(self) -> None:
        """Say yes to the pending request. What lies behind it is read by :meth:`go_on`."""
        self.session.accept()
        self.link.flush()

    def refuse(self, request: Request, refusal: RefusedError) -> None:
        """Say no to the pending request; without another one the connection is closed soon.

        What lies behind it is read by :meth:`go_on`.
        """
        redirect = refusal.url if isinstance(refusal, RedirectError) else ""
        form, stays = AS_USUAL, False
        if isinstance(refusal, FaultRefusalError):
            form, stays = refusal.form, refusal.stays
        self.session.refuse(refusal, redirect=redirect, form=form)
        if not stays and not self.sinks and not self.outgoing.readers:
            at = trio.current_time() + self.config.refusal_linger
            self._refused = (at, f"{refusal.code}: {refusal}")
        announce_refused(self.context.bus, self.entry, request, refusal)
        self.link.flush()

    def go_on(self) -> None:
        """Read what lies behind the request that was decided."""
        if self._decided is not None:
            self._decided.set()
            self._decided = None
        self._pump.drain(trio.current_time())
        if self._pump.unfinished:
            self.look_up()
        self._rearm()

    def began(self, activity: Activity) -> None:
        """A publish or play holds something: it is finished with the connection at the latest."""
        if self._end is None:
            self._begun[activity] = None
            self._due_at = min(self._due_at, activity.check(trio.current_time()))
        else:  # whoever heard of it has ended the session
            activity.finish(self._end)

    def send_beginning_soon(self) -> None:
        """A reader has begun: send it what it begins with, once it is read what lies behind the
        request, which may be about this reader."""
        self.owes_beginning = True

    def send_beginning(self) -> None:
        """All of that is read, as far as it is here."""
        self.owes_beginning = False
        if self._end is None:
            self.outgoing.send_now()

    async def decision(self) -> None:
        """Wait until the pending request is decided."""
        if self._decided is None:
            self._decided = trio.Event()
        await self._decided.wait()

    def bear(self, activity: Activity, stalled_s: float) -> None:
        """While this goes on the peer may take nothing for so long, or less if another says so."""
        self._bears[activity] = stalled_s
        self.link.stalled_after = min(self._bears.values())

    def over(self, activity: Activity) -> None:
        """It is over; what the peer asks next on its message stream is new."""
        self._begun.pop(activity, None)
        if self._bears.pop(activity, None) is not None:
            self.link.stalled_after = min(self._bears.values(), default=self._stalled_s)
        if self._activities.get(activity.stream_id) is activity:
            del self._activities[activity.stream_id]
