"""Who is on which stream, and what those sent and took who have left. Floor 3, and pure.

Kept by what is told on the bus, so that a stream costs what its own clients cost, however many
others there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import attrs

from trio_srs.hub.bus import Event, PlayBegan, PlayEnded, PublishBegan, PublishEnded
from trio_srs.hub.registry import SessionEntry
from trio_srs.service.api.srs.stream_answers import SrsKbps
from trio_srs.service.api.srs.tracks import KnownTracks
from trio_srs.wire.stream_name import key_of
from trio_srs.wire.url import DEFAULT_VHOST, StreamName

__all__ = ["Bytes", "StreamAccount", "StreamAccounts", "placed"]


@attrs.define
class Bytes:
    """Bytes both ways, as the server sees them."""

    received: int = 0
    sent: int = 0

    def add(self, other: Bytes) -> None:
        """Count what somebody else had as well."""
        self.received += other.received
        self.sent += other.sent


@attrs.define(eq=False)
class StreamAccount:
    """One stream, for as long as anybody is on it."""

    key: str
    """Its name in the hub."""
    id: str
    """What SRS's clients know it by."""
    place: StreamName | None = None
    """Virtual host, application and name, once anybody has asked."""
    sessions: Counter[str] = attrs.field(factory=Counter)
    """Who is on it, and with how many publishes and plays; in the order in which they came."""
    publisher: str = ""
    """The session that publishes it, or did last."""
    flow: str = ""
    """How that asked to."""
    left: Bytes = attrs.field(factory=Bytes)
    """Of the publishes and plays that are over."""
    known: KnownTracks | None = None
    """What was found out about its present publish."""
    kbps: SrsKbps | None = None
    """Bit rates of those who are on it, as of a moment; None before anybody asked."""
    kbps_at: float = 0.0
    """When that was, on Trio's clock."""
    sent: int = 0
    """Of a stream that many are on, bytes sent of it in all, as of that moment."""


class StreamAccounts:
    """All streams that anybody is on, in the order in which they came to be, and what virtual hosts
    had of those that are gone."""

    def __init__(
        self, vhost_of: Callable[[str], str], id_of: Callable[[str], str] = lambda name: name
    ) -> None:
        """
        Args:
            vhost_of: the configured virtual host that a host name stands for.
            id_of: the id of a stream by its name in the hub.
        """
        self._vhost_of, self._id_of = vhost_of, id_of
        self._accounts: dict[str, StreamAccount] = {}
        self._keys: dict[str, str] = {}  # by id
        self._gone: dict[str, Bytes] = {}  # by virtual host

    def __iter__(self) -> Iterator[StreamAccount]:
        """The streams that there are now."""
        return iter(list(self._accounts.values()))

    def find(self, stream_id: str) -> StreamAccount | None:
        """The stream of an id."""
        key = self._keys.get(stream_id)
        return None if key is None else self._accounts[key]

    def of(self, key: str) -> StreamAccount | None:
        """The stream of a name."""
        return self._accounts.get(key)

    def gone(self, vhost: str) -> Bytes:
        """What a virtual host had of streams that are gone."""
        return self._gone.get(vhost, Bytes())

    def begin(self, entries: Iterable[SessionEntry]) -> None:
        """Take in who was there before anybody listened."""
        for entry in entries:
            for key in entry.publishes.values():
                self._came(key, entry.id).publisher = entry.id
            for key in entry.plays.values():
                self._came(key, entry.id)

    def listen(self, event: Event) -> None:
        """Note who comes and goes; made to listen on a bus."""
        match event:
            case PublishBegan():
                account = self._came(event.stream, event.session)
                account.publisher, account.flow = event.session, event.flow
            case PlayBegan():
                self._came(event.stream, event.session)
            case PublishEnded():
                self._went(event.stream, event.session, Bytes(received=event.bytes))
            case PlayEnded():
                self._went(event.stream, event.session, Bytes(sent=event.bytes))

    def _came(self, key: str, session: str) -> StreamAccount:
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = StreamAccount(key, self._id_of(key))
            self._keys[account.id] = key
        account.sessions[session] += 1
        return account

    def _went(self, key: str, session: str, had: Bytes) -> None:
        account = self._accounts.get(key)
        if account is None:  # it came before anybody listened
            return
        account.left.add(had)
        account.sessions[session] -= 1
        if account.sessions[session] <= 0:
            del account.sessions[session]
        if not account.sessions:
            del self._accounts[key]
            del self._keys[account.id]
            vhost = placed(key, None, self._vhost_of).vhost
            self._gone.setdefault(vhost, Bytes()).add(account.left)


def placed(key: str, entry: SessionEntry | None, vhost_of: Callable[[str], str]) -> StreamName:
    """Virtual host, application and name of a stream by its name in the hub.

    Args:
        entry: a session that is on it: it knows where the application ends.
    """
    connected = entry.requests.connected if entry is not None and entry.requests else None
    if connected is not None:
        front = key_of(connected.vhost, connected.app) + "/"
        if key.startswith(front):
            return StreamName(connected.vhost, connected.app, key.removeprefix(front))
    vhost, path = DEFAULT_VHOST, key
    first, _, rest = key.partition("/")
    if "/" in rest and vhost_of(first) == first:
        vhost, path = first, rest
    app, _, name = path.partition("/")
    return StreamName(vhost, app, name)
