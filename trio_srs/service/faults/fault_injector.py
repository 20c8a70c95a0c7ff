"""Does the faults of a plan to the connections of a server. Floor 3.

It hears on the bus how far each connection has come, asks the plan what is due, and does it, at
once or when what the fault waits for has come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol
from weakref import WeakValueDictionary

import attrs
import trio

from trio_srs.faults.fault import Fault, FaultTarget, Occasion
from trio_srs.faults.fault_kind import FaultKind, FaultMoment
from trio_srs.faults.fault_plan import Claim, FaultPlan, PlannedFault, TakenFault
from trio_srs.faults.fault_values import Unit
from trio_srs.hub.access import AccessControl
from trio_srs.hub.bus import (
    Bus,
    Event,
    FaultTaken,
    PlayBegan,
    PlayEnded,
    PublishBegan,
    PublishEnded,
    SessionConnected,
    SessionEnded,
)
from trio_srs.hub.fault_injection import FaultWork
from trio_srs.hub.forms import Form
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.reports import Reports
from trio_srs.hub.resolution import in_namespace
from trio_srs.net.fault_deeds import DEEDS, ENDS, OF_BYTES, do, do_for_a_while, undo
from trio_srs.net.faulty_connection import FaultyConnection, Patient
from trio_srs.net.tls_faults import TlsFault
from trio_srs.service.base import WebClient, WebRoute
from trio_srs.service.faults.answer_faults import AnswerFaults
from trio_srs.service.faults.fault_route import FaultRoute
from trio_srs.service.faults.faults_gate import FaultsGate
from trio_srs.service.faults.faulty_form import FRAME_FAULTS, FaultyForm, FrameFault
from trio_srs.session.rtmp_server import RtmpServerSession
from trio_srs.wire.stream_name import split_key
from trio_srs.wire.url import StreamName

__all__ = ["FaultInjector"]

_AT_ONCE: Final = (FaultMoment.ACCEPT, FaultMoment.HANDSHAKE)
_MIDST: Final[Mapping[type[Event], FaultMoment]] = {
    PublishBegan: FaultMoment.PUBLISH,
    PlayBegan: FaultMoment.PLAY,
}
_OVER: Final[Mapping[type[Event], FaultMoment]] = {
    PublishEnded: FaultMoment.PUBLISH,
    PlayEnded: FaultMoment.PLAY,
}


class ServedPatient(Patient, Protocol):
    """A connection of a service, with an entry in the registry and, it may be, plays."""

    entry: SessionEntry

    def reform(self, stream: str, wrap: Callable[[Form], Form]) -> bool:
        """Have a play of a stream go on in another form, which is made of its own; whether there
        is such a play."""
        ...


class ServedConnection(FaultyConnection):
    """One of them, as faults see it."""

    def __init__(self, patient: ServedPatient) -> None:
        super().__init__(patient)
        self.served = patient

    def can_meet(self, fault: Fault) -> bool:
        """Whether it can be done to it: what is said by RTMP is not said to who does not."""
        return self.speaks_rtmp or fault.kind in OF_BYTES


class FaultInjector:
    """What does faults; see :class:`~trio_srs.hub.fault_injection.FaultWork`.

    Args:
        access: asks its gate before all others, from now on.
        seed: see :class:`~trio_srs.faults.fault_plan.FaultPlan`.
        routes: what is served over HTTP: its own comes first, from now on.
    """

    def __init__(
        self,
        access: AccessControl,
        bus: Bus,
        reports: Reports,
        seed: int = 0,
        routes: list[WebRoute] | None = None,
    ) -> None:
        self._bus, self._reports, self._rules = bus, reports, access.rules
        self._plan = FaultPlan(seed, self._tell)
        self.on_add: list[Callable[[Fault], None]] = []
        self._connections: dict[str, ServedConnection] = {}
        access.first = FaultsGate(self._plan, self._end)
        bus.add(self._hear)
        self._clients: WeakValueDictionary[str, Patient] = WeakValueDictionary()
        self._route: FaultRoute | None = None
        if routes is not None:
            self._route = FaultRoute(self._plan, routes, self._web_target, self._on_wire)
            routes.insert(0, self._route)

    @property
    def plan(self) -> FaultPlan:
        """The faults there are."""
        return self._plan

    def add(self, fault: Fault) -> PlannedFault:
        """Have one more fault, also for those who publish and play now.

        Raises:
            FaultConflictError: it contradicts another.
        """
        planned = self._plan.add(fault)
        for tell in self.on_add:
            tell(fault)
        if not fault.is_answer and _is_deed(fault):
            for connection in list(self._connections.values()):
                self._meet_again(connection, fault)
        return planned

    def _meet_again(self, connection: ServedConnection, fault: Fault) -> None:
        entry = connection.served.entry
        going_on = {FaultMoment.PUBLISH: entry.publishes, FaultMoment.PLAY: entry.plays}
        for stream in going_on.get(fault.moment, {}).values():
            self._meet(connection, fault.moment, stream, lambda each: each is fault)

    def remove(self, name: str) -> PlannedFault:
        """Have one no more, and undo what of it still goes on.

        Raises:
            UnknownFaultError: there is none of that name.
        """
        planned = self._plan.remove(name)
        if self._route is not None and planned.fault.kind is FaultKind.STALE:
            self._route.forget_stale()
        for faulty in self._connections.values():
            for claim in faulty.claims_of(planned):
                claim.let_go()
                if claim.is_going_on:
                    undo(faulty, claim)
        return planned

    # ------------------------------------------------------------ connections

    def adopt(self, connection: ServedPatient, /) -> None:
        """It may meet faults from now on: one of RTMP, or what plays or publishes by HTTP."""
        entry = connection.entry
        if entry.id in self._connections:
            return
        faulty = self._connections[entry.id] = ServedConnection(connection)
        session = connection.link.session
        if isinstance(session, RtmpServerSession):
            session.core.editor = AnswerFaults(
                partial(self._due, faulty),
                self._end,
                trio.current_time,
                connection.look_again,
            )
            if not session.handshake.done:
                for moment in _AT_ONCE:
                    self._meet(faulty, moment, "")

    def tls_fault(self, peer: str, protocol: str) -> TlsFault | None:
        """What is to go wrong with the TLS of a peer that has just come."""
        target = FaultTarget(session="", peer=peer, protocol=protocol)
        for claim in self._plan.meet(Occasion(FaultMoment.TLS, target)):
            claim.take()
            is_alert = claim.fault.kind is FaultKind.ALERT
            alert = claim.fault.alert or "handshake_failure"
            return TlsFault(claim.label, alert if is_alert else "")
        return None

    def adopt_client(self, connection: Patient, /) -> None:
        """A client asks over HTTP, by a connection that is no session."""
        self._clients[connection.link.transport.peer] = connection

    def _web_target(self, client: WebClient, path: str) -> FaultTarget:
        """Who asks for a path. Of a name in it the application and the stream are known."""
        app, _, file = path.strip("/").rpartition("/")
        said = StreamName("", app, file.partition(".")[0])
        place = in_namespace(said, self._rules.namespaces)
        return FaultTarget(
            session="", peer=client.peer, protocol=client.protocol, vhost=place.vhost,
            app=place.app, stream=place.path, path=path,
        )  # fmt: skip

    def _on_wire(self, claim: Claim, client: WebClient) -> None:
        """Do something to the connection of a client, while it is answered."""
        connection = self._clients.get(client.peer)
        if connection is None:
            claim.let_go()
            return
        faulty, fault = FaultyConnection(connection), claim.fault
        if fault.after is not None:
            due = partial(do, faulty, claim)
            faulty.transport.writing.call_after(int(fault.after.amount), due)
        else:
            do(faulty, claim)

    def _due(
        self, faulty: ServedConnection, moment: FaultMoment, which: Callable[[Fault], bool]
    ) -> list[Claim]:
        return self._plan.meet(Occasion(moment, self._peer(faulty, "")), which)

    def _peer(self, faulty: ServedConnection, stream: str) -> FaultTarget:
        """Who it is, as far as it is known."""
        entry = faulty.served.entry
        asked = entry.requests
        if not stream and asked is not None:
            names = (it.stream for it in reversed(asked.newest) if it.what != "connect")
            stream = next(names, "")
        connected = asked.connected if asked is not None else None
        target = FaultTarget(session=entry.id, peer=entry.peer, protocol=entry.protocol)
        if stream:
            said = split_key(stream, self._rules.vhost_of)
            return attrs.evolve(target, vhost=said.vhost, app=said.app, stream=said.path)
        if connected is not None:
            return attrs.evolve(target, vhost=connected.vhost, app=connected.app)
        place = in_namespace(StreamName("", faulty.said_app, ""), self._rules.namespaces)
        return attrs.evolve(target, vhost=place.vhost, app=place.app)

    def _hear(self, event: Event) -> None:
        faulty = self._connections.get(event.session)
        if faulty is None:
            return
        kind = type(event)
        if isinstance(event, SessionEnded):
            del self._connections[event.session]
            faulty.let_go()
        elif isinstance(event, SessionConnected):
            self._meet(faulty, FaultMoment.CONNECT, "")
        elif isinstance(event, PublishBegan | PlayBegan):
            self._meet(faulty, _MIDST[kind], event.stream)
        elif isinstance(event, PublishEnded | PlayEnded):
            faulty.let_go(_OVER[kind])

    # ----------------------------------------------------------------- faults

    def _meet(
        self,
        faulty: ServedConnection,
        moment: FaultMoment,
        stream: str,
        which: Callable[[Fault], bool] = lambda _: True,
    ) -> None:
        """Do what is due for a connection at a moment, or have it wait for what it waits for."""
        occasion = Occasion(moment, self._peer(faulty, stream))
        for claim in self._plan.meet(
            occasion, lambda it: _is_deed(it) and faulty.can_meet(it) and which(it)
        ):
            faulty.claims.append(claim)
            if claim.fault.kind in FRAME_FAULTS:
                self._harm_frames(faulty, claim, stream)
            else:
                self._when_due(faulty, claim, stream, partial(do_for_a_while, faulty, claim))

    def _harm_frames(self, faulty: ServedConnection, claim: Claim, stream: str) -> None:
        """Have a player get its frames in a form that does it to them."""
        frames = FrameFault(claim.fault, claim.take)
        faulty.served.reform(stream, lambda form: FaultyForm(form, [frames]))
        after = claim.fault.after
        if after is not None and after.unit in (Unit.SECONDS, Unit.BYTES):
            self._when_due(faulty, claim, stream, frames.begin)

    def _when_due(
        self, faulty: ServedConnection, claim: Claim, stream: str, due: Callable[[], None]
    ) -> None:
        """Call ``due`` now, or when what the fault waits for has come."""
        fault, after = claim.fault, claim.fault.after
        if after is None:
            if fault.moment is FaultMoment.HANDSHAKE and fault.kind in ENDS:
                faulty.transport.reading.call_after(1, due)  # when the peer has begun its own
            else:
                due()
            return
        match after.unit:
            case Unit.SECONDS:
                faulty.call_after_s(after.amount, due)
            case Unit.BYTES:
                faulty.call_after_bytes(int(after.amount), fault.moment, due)
            case _:
                of_keyframes = after.unit is Unit.KEYFRAMES
                self._after_frames(stream, int(after.amount), due, of_keyframes=of_keyframes)

    def _after_frames(
        self, stream: str, count: int, due: Callable[[], None], *, of_keyframes: bool
    ) -> None:
        """Once so many more have been published."""
        publish_record = self._reports.newest(stream)
        if publish_record is not None and publish_record.going_on:
            there = publish_record.keyframes if of_keyframes else publish_record.frames
            publish_record.when_frames(there + count, due, of_keyframes=of_keyframes)

    def _end(self, claim: Claim) -> None:
        """End the connection of a peer that asks for something, in place of an answer."""
        faulty = self._connections.get(claim.occasion.peer.session)
        if faulty is None:
            claim.let_go()
        else:
            do(faulty, claim)

    def _tell(self, taken: TakenFault) -> None:
        peer, now = taken.peer, trio.current_time()
        what = f"{taken.fault}: {taken.what}"
        faulty = self._connections.get(peer.session)
        if faulty is not None:
            faulty.served.entry.faults += ((now, what),)
        self._reports.note_fault(peer.session, what)
        self._bus.tell(
            FaultTaken(
                session=peer.session,
                peer=peer.peer,
                fault=taken.fault,
                what=taken.what,
                stream=peer.stream,
                detail=taken.detail,
            )
        )


def _is_deed(fault: Fault) -> bool:
    """Whether it is done to a connection, and not in place of an answer."""
    if fault.kind in FRAME_FAULTS:
        return True
    return fault.kind in DEEDS and (fault.moment in _AT_ONCE or not fault.is_answer)


if TYPE_CHECKING:

    def _is_work(injector: FaultInjector) -> FaultWork:
        return injector
