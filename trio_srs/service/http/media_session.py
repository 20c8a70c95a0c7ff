"""A request that makes a session: what viewers and publishers have in common. Floor 3."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

import trio

from trio_srs.errors import EndReason, PeerError, RefusedError
from trio_srs.hub.announce import (
    NAME_MOST,
    announce_began,
    announce_refused,
)
from trio_srs.hub.end import End, ended, ending, first_of, tell_end
from trio_srs.hub.participant import Participant
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.resolution import ResolvedStream
from trio_srs.hub.session_requests import Request, SessionRequests
from trio_srs.service.base import connect_web, web_access_request
from trio_srs.session.http_events import HttpRequest

if TYPE_CHECKING:
    from trio_srs.hub.forms import Form
    from trio_srs.net.link import Link
    from trio_srs.net.transport import Transport
    from trio_srs.service.http.connection import HttpConnection

__all__ = ["MediaSession"]

_STATUS: Final = {
    EndReason.FIRST_PACKET_TIMEOUT: 408,
    EndReason.INTERNAL_ERROR: 500,
    EndReason.KICKED: 403,
    EndReason.PROTOCOL_ERROR: 400,
    EndReason.PUBLISH_IDLE_TIMEOUT: 408,
    EndReason.REPLACED: 409,
    EndReason.SHUTDOWN: 503,
}
"""What a client is told whose session ended before its request was answered; of other ends there
is nobody to tell."""


class MediaSession(ABC):
    """One viewer or publisher: in the registry, told of on the bus, and ended for one reason.

    Attributes:
        entry: its entry in the registry.
        link: of its connection. What is said there goes past the request's session.
        request: what is told of it to those who ask.
        participant: who it is, for the hub.
        has_answered: whether the client has been told a status, so that no other can be said.
    """

    what: ClassVar[str]
    """``publish`` or ``play``."""

    def __init__(
        self, connection: HttpConnection, asked: HttpRequest, name: str, kind: str
    ) -> None:
        """
        Args:
            name: the stream's, without the ending that says the form.
            kind: the protocol, as in ``http-flv``.
        """
        context, now = connection.context, trio.current_time()
        self.connection, self.context, self.asked = connection, context, asked
        self.link: Link[Any] = connection.link
        self._name = name
        self._app = "/".join(asked.target.segments[:-1])
        self.request = Request(self.what, f"{self._app}/{name}"[:NAME_MOST], 0, now)
        peer = connection.client_of(asked)
        self.entry = SessionEntry(context.registry.next_id(), kind, peer, now)
        self.entry.end = self._end_from_outside
        self.entry.requests = SessionRequests(connection.link)
        self.entry.requests.add(self.request)
        self.participant = Participant(session=self.entry.id, peer=peer, protocol=kind)
        self.has_answered = False
        self._scope = trio.CancelScope()
        self._nursery: trio.Nursery | None = None
        self._end: End | None = None

    async def handle(self) -> None:
        """Serve the request to its end.

        Raises:
            RefusedError: it was not granted, or ended early, and has not been answered.
            PeerError: the client left, or did what it may not.
        """
        context, entry = self.context, self.entry
        link = self.connection.link
        bytes_in, bytes_out = link.bytes_in, link.bytes_said
        context.registry.add(entry)
        if context.faults is not None and context.faults.work is not None:
            context.faults.work.adopt(self)
        announce_began(context.bus, entry)
        error: PeerError | RefusedError | None = None
        try:
            error = await self._run_to_its_end()
        finally:
            end = self._end or End(EndReason.SHUTDOWN, "the server stopped")
            self.finish(end)
            tell_end(
                context.registry,
                context.bus,
                entry,
                end,
                bytes_in=link.bytes_in - bytes_in,
                bytes_out=link.bytes_said - bytes_out + self.bytes_played,
            )
            entry.end = ended
            if entry.requests is not None:
                entry.requests.traffic = None
        if isinstance(error, RefusedError):
            raise error
        has_answered = self.has_answered or self.connection.session.has_failed
        if not has_answered and end.reason in _STATUS:
            told = {"error": str(end.reason), "detail": end.detail}
            self.connection.answer_json(self.asked, _STATUS[end.reason], told)
        elif error is not None:
            raise error

    async def _run_to_its_end(self) -> PeerError | RefusedError | None:
        """Run, and keep the first end; what was raised, unless it was a bug."""
        error: PeerError | RefusedError | None = None
        with ending(self.conclude, self._report):
            try:
                with self._scope:
                    async with trio.open_nursery() as self._nursery:
                        await self.run()
                        self.conclude(End(EndReason.STREAM_CLOSED, ""))
                        self._nursery.cancel_scope.cancel()
            except* RefusedError as refusals:
                error = self._refused(first_of(refusals))
            except* PeerError as errors:
                error = first_of(errors)
                raise
        return error

    def start_soon(self, task: Callable[..., Awaitable[object]], *args: object) -> None:
        """Run something beside it, for as long as it runs."""
        if self._nursery is not None:
            self._nursery.start_soon(task, *args)

    def _report(self, bug: Exception) -> None:
        session = self.entry.id
        self.context.hub.supervisor.report(f"session {session}", bug, session=session)

    def _refused(self, refusal: RefusedError) -> RefusedError:
        self.conclude(End(refusal.end, f"{refusal.code}: {refusal}"))
        announce_refused(self.context.bus, self.entry, self.request, refusal)
        return refusal

    @abstractmethod
    async def run(self) -> None:
        """Decide, and go on until the client is done with it.

        Raises:
            RefusedError: before anything was answered.
            PeerError: it cannot go on.
        """

    @abstractmethod
    def finish(self, end: End) -> None:
        """Give back what is held, and tell how it ended. Idempotent."""

    @property
    def bytes_played(self) -> int:
        """Bytes of media that were sent past the link's own counter."""
        return 0

    # -------------------------------------------------------------- its end

    def _end_from_outside(self, reason: EndReason, detail: str) -> None:
        self.conclude(End(reason, detail))
        self._scope.cancel()

    def end(self) -> None:
        """End it because the server stops."""
        self._end_from_outside(EndReason.SHUTDOWN, "the server stops")

    def conclude(self, end: End) -> None:
        """The end is known; only the first counts. Its place is free, and whatever it held."""
        if self._end is None:
            self._end = end
            self.context.registry.leave(self.entry)
            self.finish(end)

    # ------------------------------------------------------------ for faults

    def cut_off(self, detail: str, *, is_reset: bool) -> None:
        """End it without a word: a fault that was asked for does."""
        self.conclude(End(EndReason.FAULT, detail))
        self.connection.cut_off(detail, is_reset=is_reset)

    def interpose(self, wrap: Callable[[Transport], Transport]) -> None:
        """Put a transport between it and its own, at any time."""
        self.link.interpose(wrap)

    def start(self, task: Callable[[], Awaitable[object]]) -> None:
        """Run something beside it, for as long as it lasts."""
        self.start_soon(task)

    def look_again(self) -> None:  # noqa: B027 - RTMP has something to do there, this has not
        """Nothing of it is due at a time of its own."""

    def reform(self, _stream: str, _wrap: Callable[[Form], Form], /) -> bool:
        """Its form is as it is."""
        return False

    # ------------------------------------------------------------- decisions

    async def resolve(self) -> ResolvedStream:
        """Which stream is meant, if there is room and the gates let the client have it.

        Raises:
            RefusedError: no.
        """
        context, config = self.context, self.context.config
        over = context.registry.admit(
            self.entry,
            most=config.max_connections,
            most_per_address=config.max_connections_per_ip,
        )
        if over is not None:
            raise over
        access, scheme = context.access, self.connection.protocol
        request = web_access_request(
            access.rules, self.entry, self.asked, scheme, self._app, self._name
        )
        request = await connect_web(access, context.bus, self.entry, request)
        decide = access.play if self.what == "play" else access.publish
        stream = await decide(request)
        self.request.stream, self.request.account = stream.key, stream.account
        return stream
