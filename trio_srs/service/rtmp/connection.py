"""One RTMP connection: its tasks, its deadlines, and the one place where it ends. Floor 3.

```
connection                     watches the deadlines that hold for the whole connection
 ├─ pump                       bytes -> session -> events; media goes straight into logs
 ├─ decision, then publish     one task for each request, alive as long as what it began
 │  or play
 └─ outgoing                   only while something is owed or a reader catches up
```

Whichever raises cancels the others; what each holds is given back on its way out; and
:meth:`Connection.run` turns what it caught into one end reason.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from typing import Final

import trio

from trio_srs.errors import EndReason, PeerError, RefusedError, TrioSrsError
from trio_srs.hub.bus import RequestRefused, SessionBegan, SessionConnected, SessionEnded
from trio_srs.hub.gate import Asked
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.registry import SessionEntry
from trio_srs.net.link import Link
from trio_srs.net.transport import Transport
from trio_srs.service.rtmp.context import Place, RtmpContext, server_options
from trio_srs.service.rtmp.deadlines import (
    CommandIdleTimeoutError,
    ConnectTimeoutError,
    HandshakeTimeoutError,
    PeerClosedError,
    RefusedAndIdleError,
)
from trio_srs.service.rtmp.end import End
from trio_srs.service.rtmp.outgoing import Outgoing
from trio_srs.service.rtmp.play import Play
from trio_srs.service.rtmp.publish import Publish
from trio_srs.session.base import Need
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
from trio_srs.wire.rtmp.handshake import RANDOM_BYTES
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusCode
from trio_srs.wire.url import DEFAULT_VHOST, StreamName

__all__ = ["Connection"]

_log = logging.getLogger(__name__)

_HELD_MOST: Final = 64 * 1024
"""Bytes read on while a decision is pending: enough to notice that the peer went away."""
_OWED_MOST: Final = 256 * 1024
"""Answers owed to a peer before we stop listening to it."""

_SILENT: Final = frozenset({EndReason.PEER_RST, EndReason.PLAYER_STALLED, EndReason.PEER_FIN})
"""Ends after which there is nobody to say anything to."""
_NOT_REFUSED: Final = (math.inf, RefusedAndIdleError(""))
_GOODBYES: Final = {EndReason.SHUTDOWN: StatusCode.CONNECT_APP_SHUTDOWN}


class Connection:
    """One peer, from accepted to closed.

    Attributes:
        sinks: where media of each message stream goes.
        bytes_played: bytes of media sent by plays that are over.
        handshake: what kind it was, once it is done.
    """

    def __init__(self, transport: Transport, protocol: str, context: RtmpContext) -> None:
        self.context = context
        self.config = config = context.config
        now = trio.current_time()
        self.entry = SessionEntry(
            context.registry.next_id(), protocol, transport.peer, now, self.end
        )
        self.session = RtmpServerSession(
            random=context.random(RANDOM_BYTES),
            now=now,
            options=server_options(config, context.server_name),
        )
        self.link = Link(
            transport,
            self.session,
            buffer=context.buffer,
            stalled_after=context.rules.settings_for(DEFAULT_VHOST, "", "").stalled_timeout,
            on_work=self._wake,
        )
        self.outgoing = Outgoing(self.link, self._start)
        self.bytes_played = 0
        self.sinks: dict[int, PublishLease] = {}
        self.handshake: HandshakeDone | None = None
        self.merge_read_s = 0.0
        self._activities: dict[int, Publish | Play] = {}
        self._last_words: list[Callable[[End], None]] = []
        self._nursery: trio.Nursery | None = None
        self._deadline = trio.CancelScope()
        self._handshaken_at = math.inf
        self._asked_to_connect = False
        self._refused: tuple[float, PeerError] = _NOT_REFUSED
        self._end: End | None = None
        self._decided = trio.Event()

    # --------------------------------------------------------------- lifetime

    async def run(self) -> None:
        """Serve the peer until it leaves, misbehaves, falls silent, or is ended.

        Nothing that the peer does, and no bug in serving it, gets out of here; only the
        cancellation of the caller does.
        """
        context, entry = self.context, self.entry
        with context.registry.holding(entry):
            context.bus.tell(
                SessionBegan(session=entry.id, peer=entry.peer, protocol=entry.protocol)
            )
            end = End(EndReason.SHUTDOWN, "")
            try:
                end = await self._serve()
                await self._close(end)
            finally:
                self.link.reset()
                self._tell_end(self._end or end)

    async def _serve(self) -> End:
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                nursery.start_soon(self._pump)
                await self._watch()
        except BaseExceptionGroup as group:
            errors, others = group.split(Exception)
            if errors is not None and self._end is None:
                self._end = self._judge(errors)
            if others is not None:
                raise others from None
        finally:
            self._nursery = None
        if self._end is None:
            self._end = End(EndReason.INTERNAL_ERROR, "the connection ended without a reason")
        return self._end

    def _judge(self, errors: ExceptionGroup[Exception]) -> End:
        """The one end of whatever was raised, by one task or by several at once."""
        expected, bugs = errors.split(PeerError)
        if bugs is not None:
            _log.error("a bug ended session %s", self.entry.id, exc_info=bugs)
            return End(EndReason.INTERNAL_ERROR, repr(_first(bugs)))
        assert expected is not None
        error = _first(expected)
        assert isinstance(error, TrioSrsError)
        return End(error.end, "; ".join([str(error), *getattr(error, "__notes__", ())]))

    def end(self, reason: EndReason, detail: str) -> None:
        """End the session from outside; returns at once. The first reason holds."""
        if self._end is None:
            self._end = End(reason, detail)
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()

    async def _close(self, end: End) -> None:
        if end.reason in _SILENT:
            if end.reason is EndReason.PEER_FIN:
                self.link.transport.close()
            return
        code = _GOODBYES.get(end.reason, StatusCode.CONNECT_CLOSED)
        self.session.say_goodbye(code, f"{end.reason}: {end.detail}")
        await self.link.close(self.config.close_timeout)

    def _tell_end(self, end: End) -> None:
        for tell in self._last_words:
            tell(end)
        entry, now = self.entry, trio.current_time()
        self.context.bus.tell(
            SessionEnded(
                session=entry.id,
                peer=entry.peer,
                reason=end.reason,
                detail=end.detail,
                seconds=now - entry.began_at,
                bytes_in=self.link.bytes_in,
                bytes_out=self.link.bytes_said + self.bytes_played,
            )
        )

    # ------------------------------------------------------------------ tasks

    async def _pump(self) -> None:
        """Receive, understand, and put media where it goes."""
        link, session = self.link, self.session
        while await link.receive():
            self.drain()
            session.keep()
            if link.busy and link.owed > _OWED_MOST:
                await self.outgoing.relieved()
            while session.undecided and session.core.held > _HELD_MOST:
                await self._decided.wait()
            if self.merge_read_s:
                await trio.sleep(self.merge_read_s)
        raise PeerClosedError("the peer closed the connection")

    def drain(self) -> None:
        """Act on everything that the session understands of what it has; then send answers."""
        session, sinks, now = self.session, self.sinks, trio.current_time()
        while True:
            event = session.next_event()
            if type(event) is Message:
                lease = sinks.get(event.stream_id)
                if lease is not None:
                    lease.append(event, now)
            elif isinstance(event, Need):
                break
            else:
                self._on_event(event)
        self.link.flush()
        for lease in sinks.values():
            self.context.hub.broadcaster.push(lease.live)

    async def _watch(self) -> None:
        """Sleep until a deadline of the connection has truly passed."""
        while True:
            self._deadline = trio.CancelScope(deadline=self._next_deadline())
            with self._deadline:
                await trio.sleep_forever()
            self._check_deadlines(trio.current_time())

    def _next_deadline(self) -> float:
        return min(self.session.next_deadline(), *(at for at, _ in self._deadlines()))

    def _deadlines(self) -> list[tuple[float, PeerError]]:
        """When the session would end, and by what, if nothing more happened."""
        config = self.config
        if self.handshake is None:
            patience = config.handshake_timeout
            late = HandshakeTimeoutError(f"no handshake within {patience:g} s")
            return [(self.entry.began_at + patience, late)]
        if not self._asked_to_connect:
            patience = config.connect_timeout
            silent = ConnectTimeoutError(f"no connect command within {patience:g} s")
            return [(self._handshaken_at + patience, silent)]
        patience = NEVER if self.sinks else config.command_idle_timeout
        idle = CommandIdleTimeoutError(f"heard nothing for {patience:g} s, not even a pong")
        return [(self.session.core.heard_at + patience, idle), self._refused]

    def _check_deadlines(self, now: float) -> None:
        for at, error in self._deadlines():
            if now >= at:
                raise error
        self.session.on_time(now)
        self.link.flush()

    def _rearm(self) -> None:
        """Something changed that may bring the next deadline forward."""
        self._deadline.deadline = self._next_deadline()

    def _start(self, task: Callable[[], Awaitable[object]]) -> None:
        if self._nursery is not None:
            self._nursery.start_soon(task)

    def _wake(self) -> None:
        self.outgoing.wake()

    # ----------------------------------------------------------------- events

    def _on_event(self, event: RtmpServerEvent) -> None:
        match event:
            case HandshakeDone():
                self.handshake = event
                self._handshaken_at = trio.current_time()
            case ConnectRequested():
                self._asked_to_connect = True
                self._start(lambda: self._connect(event))
            case PublishRequested():
                self._begin(event.stream_id, Publish(self, event))
            case PlayRequested():
                self._begin(event.stream_id, Play(self, event))
            case StreamClosed(stream_id, command):
                activity = self._activities.pop(stream_id, None)
                if activity is not None:
                    activity.close(End(EndReason.STREAM_CLOSED, command))
            case Paused(stream_id) | AudioSwitched(stream_id) | VideoSwitched(stream_id):
                activity = self._activities.get(stream_id)
                if isinstance(activity, Play):
                    activity.switch(event)
        self._rearm()

    def _begin(self, stream_id: int, activity: Publish | Play) -> None:
        self._refused = _NOT_REFUSED
        self._activities[stream_id] = activity
        self._start(activity.run)

    async def _connect(self, event: ConnectRequested) -> None:
        context, request = self.context, event.request
        over = context.registry.over_limit(
            self.entry,
            most=self.config.max_connections,
            most_per_address=self.config.max_connections_per_ip,
        )
        try:
            if over is not None:
                raise over
            app = context.find_app(request.tc_url, request.app)
            await context.gate.connect(self.asked(app))
        except RefusedError as refusal:
            self.refuse("connect", request.app, refusal)
            self.end(refusal.end, f"{refusal.code}: {refusal}")
            return
        self.accept()
        handshake = self.handshake.kind if self.handshake else ""
        context.bus.tell(
            SessionConnected(
                session=self.entry.id,
                peer=self.entry.peer,
                vhost=app.vhost,
                app=app.app,
                client=request.flash_ver,
                handshake=str(handshake),
            )
        )

    # ------------------------------------------- for what publishes and plays

    def find_place(self, name: str) -> Place:
        """What the peer means by a stream name. Raises RefusedError."""
        request = self.session.connect_request
        assert request is not None  # nobody publishes or plays before connect was accepted
        return self.context.find_place(request.tc_url, request.app, name)

    def accept(self) -> None:
        """Say yes to the pending request, and go on with what lies behind it."""
        self.session.accept()
        self._go_on()

    def refuse(self, request: str, stream: str, refusal: RefusedError) -> None:
        """Say no to the pending request; without another one the connection is closed soon."""
        self.session.refuse(refusal)
        if not self.sinks and not self.outgoing.readers:
            at = trio.current_time() + self.config.refusal_linger
            self._refused = (at, RefusedAndIdleError(f"{refusal.code}: {refusal}"))
        self.context.bus.tell(
            RequestRefused(
                session=self.entry.id,
                peer=self.entry.peer,
                request=request,
                stream=stream,
                code=refusal.code,
                detail=str(refusal),
            )
        )
        self._go_on()

    def _go_on(self) -> None:
        self.link.flush()
        self._decided.set()
        self._decided = trio.Event()
        self.drain()
        self._rearm()

    def asked(self, stream: StreamName, name: str = "") -> Asked:
        """What the gate is asked about."""
        return Asked(
            session=self.entry.id,
            peer=self.entry.peer,
            vhost=stream.vhost,
            app=stream.app,
            name=name,
            params=stream.params,
        )

    def at_end(self, tell: Callable[[End], None]) -> Callable[[], None]:
        """Have ``tell`` called with how the session ended.

        Returns:
            what takes that back.
        """
        self._last_words.append(tell)
        return lambda: self._last_words.remove(tell)

    def over(self, stream_id: int, activity: Publish | Play) -> None:
        """A publish or play is over; what the peer asks next on its message stream is new."""
        if self._activities.get(stream_id) is activity:
            del self._activities[stream_id]


def _first(group: BaseExceptionGroup[Exception]) -> Exception:
    """The first single error in a group of groups."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error
