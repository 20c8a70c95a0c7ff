"""What to load a server with: one plan, checked, and handed to the worker processes. Floor 6."""

from __future__ import annotations

import enum
import ipaddress
import json
from typing import Any, Final, NamedTuple, Self

import attrs

from trio_srs.errors import RefusedError
from trio_srs.wire.http_url import HttpUrl
from trio_srs.wire.url import RtmpUrl, UrlError

__all__ = ["CONTAINERS", "Load", "LoadPlan", "LoadRefusedError", "ViewUrl"]

_LOOPBACK: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


class ViewUrl(NamedTuple):
    """What a viewer asks for, and how."""

    scheme: str
    """``http`` or ``ws``."""
    host: str
    port: int
    target: str
    authority: str
    ending: str
    """The container, as in the path."""


class LoadRefusedError(RefusedError):
    """A plan that will not be carried out: above all, a server that is not on this machine."""

    code = "load_refused"


class Load(enum.StrEnum):
    """The kinds of load."""

    PLAY = "play"
    """Players of one stream, or of several."""
    PUBLISH = "publish"
    """Publishers, each of its own stream, in real time."""
    LATENCY = "latency"
    """One publisher that writes the time into its frames, and players that read it."""
    STORM = "storm"
    """Connect, shake hands, close, again and again."""
    JOIN = "join"
    """Players that come at a rate: how long each waits for its first media."""

    @property
    def ends_by_itself(self) -> bool:
        """Whether the clients decide when it is over, rather than a window of time."""
        return self in (Load.STORM, Load.JOIN)


_WATCH: Final = (Load.PLAY, Load.JOIN)
_VIEWS: Final = ("http://", "ws://")
CONTAINERS: Final = ("flv", "ts", "mp4")
"""Those that can be counted."""


@attrs.frozen(kw_only=True)
class LoadPlan:
    """A load, as asked for on the command line.

    Raises:
        LoadRefusedError: the address is not a loopback address written in numbers, or a number
            makes no sense. The text says which.
    """

    load: Load = attrs.field(converter=Load)
    url: str
    """``%d`` in it becomes the client's number, modulo :attr:`streams` if that is not 0. Of players
    also of a view over HTTP or WebSocket: ``http://127.0.0.1:8080/live/s.flv``."""
    clients: int = 1
    streams: int = 0
    ramp: float = 200.0
    """New clients per second."""
    receive_buffer: int = 0
    """``SO_RCVBUF`` of every client in bytes; 0 leaves it to the kernel."""
    stalled: int = 0
    """play: how many of the clients stop reading when their play begins."""
    fps: float = 25.0
    """Video frames per second of stream time: what a player must get for nothing to be missing."""
    kbit: int = 1000
    """publish: bits per second of the synthetic source, in thousands."""
    flv: str = ""
    """publish: a file to send over and over in place of the synthetic source."""
    audio: bool = True
    """publish: whether the synthetic source has sound."""
    speed: float = 1.0
    """publish: send this many times faster than real time; timestamps stay."""
    stretch: int = 1
    """publish: multiply timestamps; with it hours of stream time pass in seconds."""
    frame_size: int = 5000
    """latency: bytes of a frame."""
    sound: bool = False
    """latency: whether there is sound beside the frames, whose time is taken too."""
    metered: int = 0
    """latency: how many of the players take the time; the others only count. 0 is all of them."""
    inflight: int = 256
    """storm: connections open at once."""
    first: int = 0
    """The number of this worker's first client, and ..."""
    step: int = 1
    """... the distance to its next one: every worker has its share of the same clients."""

    def __attrs_post_init__(self) -> None:
        self.address  # noqa: B018 - checked here, so that a bad plan starts nothing
        least: dict[str, float] = {"clients": 1, "stretch": 1, "kbit": 16, "frame_size": 64}
        least |= {"stalled": 0, "inflight": 1, "metered": 0}
        for name, value in least.items():
            if getattr(self, name) < value:
                raise LoadRefusedError(f"{name} is {getattr(self, name)}, expected {value} or more")
        for name in ("ramp", "speed", "fps"):
            if getattr(self, name) <= 0:
                raise LoadRefusedError(f"{name} is {getattr(self, name)}, expected more than 0")

    @property
    def numbers(self) -> range:
        """The numbers of this worker's clients."""
        return range(self.first, self.clients, self.step)

    @property
    def address(self) -> tuple[str, int]:
        """Where to connect to."""
        url = self.view(0) if self.is_view else self._parsed(0)
        try:
            host = ipaddress.ip_address(url.host.strip("[]"))
        except ValueError:
            host = None
        if host is None or not any(host in network for network in _LOOPBACK):
            raise LoadRefusedError(
                f"{url.host!r} is not an address in 127.0.0.0/8 or ::1: "
                "servers on other machines are not loaded"
            )
        return str(host), url.port

    def target(self, number: int) -> RtmpUrl:
        """The stream of a client."""
        return self._parsed(number % self.streams if self.streams else number)

    @property
    def is_view(self) -> bool:
        """Whether the clients are viewers over HTTP or WebSocket."""
        return self.load in _WATCH and self.url.startswith(_VIEWS)

    def view(self, number: int) -> ViewUrl:
        """What a viewer asks for."""
        text = self.url.replace("%d", str(number % self.streams if self.streams else number))
        scheme, _, rest = text.partition(":")
        try:
            url = HttpUrl.parse(f"http:{rest}")
        except UrlError as error:
            raise LoadRefusedError(str(error)) from error
        ending = url.target.partition("?")[0].rpartition(".")[2]
        if ending not in CONTAINERS:
            known = ", ".join(f".{each}" for each in CONTAINERS)
            raise LoadRefusedError(f"{text!r} ends in none of {known}")
        return ViewUrl(scheme, url.host, url.port, url.target, url.authority, ending)

    def _parsed(self, number: int) -> RtmpUrl:
        try:
            url = RtmpUrl.parse(self.url.replace("%d", str(number)))
        except UrlError as error:
            raise LoadRefusedError(str(error)) from error
        if url.scheme != "rtmp":
            raise LoadRefusedError(f"{self.url!r} is {url.scheme}, expected rtmp")
        return url

    def shares(self, processes: int) -> list[LoadPlan]:
        """The plan cut into one for each process; their ramps together are this one's."""
        processes = min(processes, self.clients)
        return [
            attrs.evolve(
                self,
                first=first,
                step=processes,
                ramp=self.ramp / processes,
                inflight=max(1, self.inflight // processes),
            )
            for first in range(processes)
        ]

    def dump(self) -> str:
        """One line of JSON."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read what :meth:`dump` wrote."""
        values: dict[str, Any] = json.loads(line)
        return cls(**values)
