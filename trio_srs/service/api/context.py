"""What the functions of the API work on: parts of the server, from its builder. Floor 3."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs
import trio

from trio_srs.hub.access import AccessControl
from trio_srs.hub.bus import Bus, Event
from trio_srs.hub.directory import EventLog, SessionView
from trio_srs.hub.fault_injection import FaultInjection
from trio_srs.hub.hub import Hub
from trio_srs.hub.ids import SrsIds
from trio_srs.hub.made_files import MadeFiles
from trio_srs.hub.namespace_keeping import NamespaceKeeping
from trio_srs.hub.reports import Reports
from trio_srs.hub.resolution import Rules
from trio_srs.hub.steering import Steering
from trio_srs.hub.turns import Turns
from trio_srs.hub.waiting import Waiting
from trio_srs.service.api.config import ApiConfig
from trio_srs.service.api.counters import Counters
from trio_srs.service.api.srs.last_reload import LastReload
from trio_srs.service.api.srs.plane import SrsPlane
from trio_srs.wire.url import StreamName

__all__ = ["ApiContext"]

_NAMESPACES: Final = "/api/v2/namespaces"
_JUDGING: Final = "expect"
_OF_ONE_VHOST: Final = frozenset(
    {"/api/v2/streams", "/api/v2/sessions", "/api/v2/events", "/api/v2/wait"}
)
"""Where `vhost` leaves out all that is not of it."""


@attrs.define(eq=False, kw_only=True)
class ApiContext:
    """The parts of the server that the API shows. One for all requests to a server."""

    config: ApiConfig
    """For requests that begin; a reload puts another one here."""
    access: AccessControl
    """Who may do what."""
    hosts: Rules
    hub: Hub
    bus: Bus
    registry: SessionView
    journal: EventLog
    reports: Reports
    waiting: Waiting
    """For those who wait for something to happen to a stream."""
    turns: Turns
    """For those who ask about everything."""
    addresses: Callable[[], Mapping[str, Sequence[str]]]
    """The URLs that the server listens on now, by protocol."""
    srs_ids: SrsIds = attrs.field(factory=SrsIds)
    """What SRS's clients know this server, its hosts and streams by."""
    vhosts: Callable[[], tuple[str, ...]] = tuple
    """The virtual hosts that are configured."""
    fragment_s: Callable[[str], float | None] = lambda _vhost: None
    """How long a segment of HLS is; None where it is not served."""
    made_files: MadeFiles = attrs.field(factory=MadeFiles)
    """Who writes files of streams, and how that goes."""
    faults: FaultInjection = attrs.field(factory=FaultInjection)
    """What the server does wrong on purpose, if anything."""
    keeping: NamespaceKeeping = attrs.field(factory=NamespaceKeeping)
    """Its namespaces, if there were ever any."""
    steering: Steering | None = None
    """How the configuration is changed; None where nobody does that."""
    last_reload: LastReload = attrs.field(factory=LastReload)
    """What became of it when the configuration was last reloaded in SRS's way."""
    is_reached: bool = False
    """Whether others than this machine reach the API."""
    srs: SrsPlane = attrs.field(init=False)
    """All of it in SRS's words."""
    stopping: trio.Event = attrs.field(factory=trio.Event)
    """Set when the server stops: nobody goes on waiting then."""
    counters: Counters = attrs.field(factory=Counters)
    aside: trio.CapacityLimiter = attrs.field(factory=lambda: trio.CapacityLimiter(1))
    """For what is made in a thread: Python computes one thing at a time anyway."""
    began_at: float = attrs.field(factory=time.time)
    """When the server was made: seconds since 1970."""
    _clock_began_at: float = attrs.field(init=False, factory=trio.current_time)

    @srs.default
    def _in_words_of_srs(self) -> SrsPlane:
        return SrsPlane(
            self.hub, self.reports, self.registry, self.hosts, self.turns, self.srs_ids,
            vhosts=self.vhosts, fragment_s=self.fragment_s,
        )  # fmt: skip

    def listen(self, event: Event) -> None:
        """Something happened; made to listen on a bus."""
        self.counters.listen(event)
        self.srs.listen(event)

    def namespace_token(self, path: str, about: StreamName | None, vhosts: Sequence[str]) -> str:
        """The token that suffices for a request, if it is about one namespace and nothing else.

        Args:
            about: the one stream that it is about, if it is.
            vhosts: what it says of virtual hosts in its query.
        """
        namespaces = self.keeping.namespaces
        if namespaces is None or len(vhosts) > 1:
            return ""
        front, _, name = path.rpartition("/")
        if name == _JUDGING and not vhosts:  # the body may name other streams
            return ""
        if about is not None:
            name = about.vhost
        elif path in _OF_ONE_VHOST and vhosts:
            name = vhosts[0]
        elif front != _NAMESPACES:
            return ""
        return namespaces.token_of(name)

    def note_asked(self, url: str) -> None:
        """Somebody asks for something: the namespaces that it names do not end for a while."""
        namespaces = self.keeping.namespaces
        for space in namespaces or ():
            if space.name in url and namespaces is not None:
                namespaces.touch(space.name)

    @property
    def uptime_s(self) -> float:
        """Seconds since the server was made."""
        return trio.current_time() - self._clock_began_at
