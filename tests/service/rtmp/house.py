"""An RTMP service in memory: no sockets, a mock clock, and everything it says is noted."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import attrs
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.witness import Witness, transport_of
from trio_srs.errors import EndReason
from trio_srs.faults.fault_plan import PlannedFault
from trio_srs.faults.fault_text import parse_fault
from trio_srs.hub.access import AccessControl
from trio_srs.hub.fault_injection import FaultInjection
from trio_srs.hub.gate import AccessConfig, Gate
from trio_srs.hub.hub import Hub
from trio_srs.hub.journal import Journal
from trio_srs.hub.registry import Registry
from trio_srs.hub.reports import Reports
from trio_srs.hub.settings import StreamSettings
from trio_srs.net.address import Address
from trio_srs.net.certificate import self_signed_context
from trio_srs.net.shared_reader import SharedReader
from trio_srs.service.faults.fault_injector import FaultInjector
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.service.rtmp.context import RtmpContext
from trio_srs.service.rtmp.server import RtmpService
from trio_srs.testing.bodies import command, header, key
from trio_srs.testing.memory import memory_transport_pair
from trio_srs.testing.peer import Peer
from trio_srs.units import Seconds
from trio_srs.wire.url import DEFAULT_VHOST

__all__ = [
    "CAPACITY",
    "FAST",
    "UNPUBLISHED",
    "House",
    "ask",
    "hear_answer",
    "hear_goodbye",
]

CAPACITY = 65_536
"""Bytes that a connection of these tests holds unread."""

UNPUBLISHED = "NetStream.Unpublish.Success"


class FixedRules:
    """The same settings for every stream; some virtual hosts may be switched off."""

    def __init__(self, settings: StreamSettings) -> None:
        self.settings = settings
        self.disabled: set[str] = set()
        self.namespaces: Mapping[str, bool] = {}

    def vhost_of(self, host: str) -> str:
        return host if host in self.disabled else DEFAULT_VHOST

    def vhost_enabled(self, vhost: str) -> bool:
        return vhost not in self.disabled

    def settings_for(self, vhost: str, app: str, name: str) -> StreamSettings:
        return self.settings


FAST = StreamSettings(send_interval=Seconds(0.0))
"""Settings under which media leaves at once."""


@attrs.define(eq=False)
class House(Witness):
    """One service, its hub, its bus, and whoever connects to it."""

    settings: StreamSettings = FAST
    config: RtmpConfig = attrs.field(factory=RtmpConfig)
    gates: Sequence[Gate] = ()
    access_config: AccessConfig = attrs.field(factory=AccessConfig)
    registry: Registry = attrs.field(factory=Registry)
    rtmps: tuple[Address, ...] = ()
    reader: SharedReader | None = None
    journal: Journal = attrs.field(factory=Journal)
    faults: FaultInjection = attrs.field(init=False)
    reports: Reports = attrs.field(init=False)
    hub: Hub = attrs.field(init=False)
    rules: FixedRules = attrs.field(init=False)
    access: AccessControl = attrs.field(init=False)
    context: RtmpContext = attrs.field(init=False)
    service: RtmpService = attrs.field(init=False)
    _ports: itertools.count[int] = attrs.field(factory=lambda: itertools.count(50_000))

    def __attrs_post_init__(self) -> None:
        self.rules = FixedRules(self.settings)
        self.reports = Reports(self.bus, self.journal)
        self.hub = Hub(bus=self.bus, reports=self.reports)
        self.access = AccessControl(
            self.rules,
            self.gates,
            config=lambda: self.access_config,
            supervisor=self.hub.supervisor,
        )
        self.faults = FaultInjection(
            lambda: FaultInjector(self.access, self.bus, self.reports, seed=1)
        )
        self.context = RtmpContext(
            config=self.config,
            access=self.access,
            hub=self.hub,
            bus=self.bus,
            registry=self.registry,
            server_name="trio-srs/test",
            random=bytes,
            buffer=memoryview(bytearray(self.config.read_buffer)),
            faults=self.faults,
            reader=self.reader,
        )
        self.service = RtmpService(self.context, self.rtmps, self_signed_context)

    async def run(self, *, task_status: trio.TaskStatus[House]) -> None:
        """Serve until cancelled."""
        with self.bus.listening(self.journal.hear), self.bus.listening(self.events.append):
            async with trio.open_nursery() as nursery:
                await nursery.start(self.hub.supervisor.run)
                nursery.start_soon(self.hub.broadcaster.run)
                nursery.start_soon(self.reports.run)
                if self.reader is not None:
                    await nursery.start(self.reader.run)
                await nursery.start(self.service.run)
                task_status.started(self)

    def dial(self, host: str = "127.0.0.1", *, capacity: int = CAPACITY) -> Peer:
        """Connect, from an address; nothing is said yet."""
        server, client = memory_transport_pair(
            capacity=capacity, client=f"{host}:{next(self._ports)}"
        )
        self.service.serve(server)
        return Peer(client)

    async def publisher(self, name: str = "a", *, host: str = "127.0.0.1") -> Peer:
        """A peer that publishes, and has sent a header and a keyframe."""
        peer = self.dial(host)
        assert await peer.publish(name) == "NetStream.Publish.Start"
        await peer.say(header(), key(0))
        await wait_all_tasks_blocked()
        return peer

    async def player(self, name: str = "a", *, host: str = "127.0.0.1") -> Peer:
        """A peer that plays."""
        peer = self.dial(host)
        assert await peer.play(name) == "NetStream.Play.Start"
        await wait_all_tasks_blocked()
        return peer

    def fault(self, text: str, **words: object) -> PlannedFault:
        """Have the service do something wrong."""
        return self.faults.needed().add(parse_fault(text, words))

    def kick(self, peer: Peer, detail: str = "enough") -> None:
        """End the session of a peer as an administrator does."""
        for entry in self.registry:
            if entry.peer == transport_of(peer).local:
                entry.end(EndReason.KICKED, detail)


async def ask(peer: Peer, what: str, name: str, *, stream_id: int | None = None) -> tuple[str, str]:
    """Say ``publish`` or ``play`` on a connected peer; the code and the sentence of the answer.

    On the message stream given, or on a new one.
    """
    if stream_id is None:
        stream_id = await peer.create_stream()
    await peer.say(command(what, None, name, stream_id=stream_id))
    while (answer := await hear_answer(peer))[0] in ("NetStream.Play.Reset", UNPUBLISHED):
        continue
    return answer


async def hear_answer(peer: Peer) -> tuple[str, str]:
    """The code and the sentence of the next ``onStatus``."""
    said = await peer.hear_command("onStatus")
    info = said.args[1]
    assert isinstance(info, dict)
    return str(info["code"]), str(info["description"])


async def hear_goodbye(peer: Peer) -> list[tuple[str, str]]:
    """Every ``onStatus`` up to the end of the connection, which must be in good order."""
    said = []
    while True:
        try:
            said.append(await hear_answer(peer))
        except EOFError:
            return said
