"""An HTTP service in memory: no sockets, a mock clock, and everything it says is noted."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import attrs
import h11
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.house import CAPACITY, FAST, FixedRules
from tests.service.witness import Witness
from trio_srs.faults.fault_plan import PlannedFault
from trio_srs.faults.fault_text import parse_fault
from trio_srs.hub.access import AccessControl
from trio_srs.hub.fault_injection import FaultInjection
from trio_srs.hub.gate import AllowAll, Gate
from trio_srs.hub.hub import Hub
from trio_srs.hub.participant import PublisherInfo
from trio_srs.hub.publishing import Publishing
from trio_srs.hub.registry import Registry
from trio_srs.hub.settings import StreamSettings
from trio_srs.service.faults.fault_injector import FaultInjector
from trio_srs.service.http.config import HttpConfig
from trio_srs.service.http.context import HttpContext
from trio_srs.service.http.server import HttpService
from trio_srs.testing.bodies import audio, audio_header, header, key
from trio_srs.testing.memory import MemoryTransport, memory_transport_pair
from trio_srs.wire.flv.tag import FlvTag, encode_header, encode_tag
from trio_srs.wire.rtmp.message import Message

__all__ = ["BEGINNING", "Answer", "Client", "HttpHouse", "flv"]

NO_FIELDS: Final[Mapping[str, str]] = {}
BEGINNING = (header(), audio_header(), key(0), audio(0))
"""Both tracks, and something to begin with."""


def flv(messages: Iterable[Message], *, has_audio: bool = True, has_video: bool = True) -> bytes:
    """A file with the media of these messages."""
    tags = (FlvTag(each.type_id, each.timestamp_ms, each.payload) for each in messages)
    return encode_header(has_audio, has_video) + b"".join(map(encode_tag, tags))


@attrs.frozen
class Answer:
    """The head of an answer, and its body if it has an end."""

    status: int
    fields: dict[str, str]
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """A client that says its bytes itself and has its answers read by h11."""

    def __init__(self, transport: MemoryTransport) -> None:
        self.transport = transport
        self.rest = b""
        self._buffer = memoryview(bytearray(65536))

    async def say(self, data: bytes) -> None:
        """Send."""
        view = memoryview(data)
        while view:
            try:
                view = view[self.transport.offer(view) :]
            except BlockingIOError:
                await self.transport.writable()
        await wait_all_tasks_blocked()

    async def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        fields: Mapping[str, str] = NO_FIELDS,
    ) -> None:
        """Say a request."""
        said = {"Host": "cdn.test", **fields}
        if body is not None:
            said.setdefault("Content-Length", str(len(body)))
        lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in said.items()), "", ""]
        await self.say("\r\n".join(lines).encode() + (body or b""))

    async def more(self) -> bytes:
        """Whatever comes next; empty at the end."""
        while True:
            await self.transport.readable()
            try:
                count = self.transport.receive_into(self._buffer)
            except BlockingIOError:
                continue
            return bytes(self._buffer[:count])

    async def rest_of_it(self) -> bytes:
        """Everything up to the end of the connection."""
        data, self.rest = self.rest, b""
        while more := await self.more():
            data += more
        return data

    async def head(self) -> Answer:
        """The head of an answer; what comes behind it is in :attr:`rest`."""
        data = self.rest
        while b"\r\n\r\n" not in data:
            more = await self.more()
            if not more:
                raise EOFError(f"no answer, only {data!r}")
            data += more
        head, _, self.rest = data.partition(b"\r\n\r\n")
        line, *lines = head.decode().split("\r\n")
        return Answer(int(line.split()[1]), dict(each.split(": ", 1) for each in lines))

    async def answer(self, method: str = "GET") -> Answer:
        """A whole answer, as h11 reads it."""
        connection = h11.Connection(h11.CLIENT)
        connection.send(h11.Request(method=method, target="/", headers=[("Host", "h")]))
        connection.send(h11.EndOfMessage())
        if self.rest:  # nothing at all would be the end
            connection.receive_data(self.rest)
        answer, body = None, b""
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            match event:
                case h11.NEED_DATA:
                    connection.receive_data(await self.more())
                case h11.Response():
                    fields = {n.decode().title(): v.decode() for n, v in event.headers}
                    answer = Answer(event.status_code, fields)
                case h11.Data():
                    body += bytes(event.data)
        assert answer is not None
        self.rest = bytes(connection.trailing_data[0])
        return attrs.evolve(answer, body=body)

    async def exactly(self, count: int) -> bytes:
        """So many bytes of a body, which comes no further meanwhile."""
        data, self.rest = self.rest, b""
        while len(data) < count:
            more = await self.more()
            assert more, f"{len(data)} bytes instead of {count}"
            data += more
        assert len(data) == count
        return data


@attrs.define(eq=False)
class HttpHouse(Witness):
    """One service, its hub, its bus, and whoever connects to it."""

    settings: StreamSettings = FAST
    config: HttpConfig = attrs.field(factory=HttpConfig)
    gate: Gate = attrs.field(factory=AllowAll)
    registry: Registry = attrs.field(factory=Registry)
    hub: Hub = attrs.field(init=False)
    faults: FaultInjection = attrs.field(init=False)
    rules_type: type[FixedRules] = FixedRules
    rules: FixedRules = attrs.field(init=False)
    service: HttpService = attrs.field(init=False)
    _ports: itertools.count[int] = attrs.field(factory=lambda: itertools.count(50_000))

    def __attrs_post_init__(self) -> None:
        self.rules = self.rules_type(self.settings)
        self.hub = Hub(bus=self.bus)
        access = AccessControl(self.rules, [self.gate])
        self.faults = FaultInjection(
            lambda: FaultInjector(access, self.bus, self.hub.reports, routes=[])
        )
        context = HttpContext(
            config=self.config,
            access=access,
            faults=self.faults,
            hub=self.hub,
            bus=self.bus,
            registry=self.registry,
            server_name="trio-srs/test",
            buffer=memoryview(bytearray(65536)),
        )
        self.service = HttpService(context)

    async def run(self, *, task_status: trio.TaskStatus[HttpHouse]) -> None:
        """Serve until cancelled."""
        with self.bus.listening(self.events.append):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.hub.broadcaster.run)
                await nursery.start(self.hub.supervisor.run)
                nursery.start_soon(self.hub.reports.run)
                await nursery.start(self.service.run)
                task_status.started(self)

    def dial(self, host: str = "127.0.0.1", *, capacity: int = CAPACITY) -> Client:
        """Connect; nothing is said yet."""
        server, client = memory_transport_pair(
            capacity=capacity, client=f"{host}:{next(self._ports)}"
        )
        self.service.serve(server)
        return Client(client)

    def fault(self, text: str, **words: object) -> PlannedFault:
        """Have something done wrong from now on."""
        return self.faults.needed().add(parse_fault(text, words))

    def somebody(self) -> PublisherInfo:
        """Who publishes in these tests."""
        return PublisherInfo(session="p1", peer="test", protocol="test")

    @asynccontextmanager
    async def publishing(self, name: str = "live/a") -> AsyncIterator[Publishing]:
        """Somebody publishes, and has sent the beginning."""
        async with self.hub.publishing(name, self.settings, self.somebody()) as publish:
            publish.append_all(BEGINNING, trio.current_time())
            yield publish
