"""What there is, in SRS's words: virtual hosts, streams and clients as values. Floor 3."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

import attrs
import trio

from trio_srs.hub.bus import SessionEnded
from trio_srs.hub.ids import SrsIds
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.session_requests import NOWHERE, Request
from trio_srs.hub.sessions import bytes_of
from trio_srs.service.api.srs.accounts import Bytes, StreamAccount, StreamAccounts, placed
from trio_srs.service.api.srs.bit_rates import Rates, total
from trio_srs.service.api.srs.machine import Machine
from trio_srs.service.api.srs.stream_answers import (
    SrsClient,
    SrsKbps,
    SrsPublish,
    SrsStream,
    SrsVhost,
)
from trio_srs.service.api.srs.tracks import NO_TRACKS, known_tracks
from trio_srs.wire.url import DEFAULT_VHOST, StreamName

if TYPE_CHECKING:
    from trio_srs.hub.bus import Event
    from trio_srs.hub.directory import SessionView
    from trio_srs.hub.hub import Hub
    from trio_srs.hub.reports import Reports
    from trio_srs.hub.resolution import Rules
    from trio_srs.hub.turns import Turns

__all__ = ["HadBytes", "SrsPlane"]

_PLAYS: Final = {
    "rtmp": "rtmp-play",
    "http": "flv-play",
    "ws": "flv-play",
    "hls": "hls-play",
    "dash": "dash-play",
}
"""What a player is, by what the name of its protocol begins with."""
_FLOWS: Final = frozenset({"fmle", "haivision", "flash"})
_UNKNOWN: Final = "Unknown"
_MANY: Final = 64
"""Sessions on a stream, beyond which they are not looked at each time."""
_FRESH_MS: Final = 1000
_FRESH_S: Final = 1.0
"""How long bit rates of a stream hold: they are of half a minute, and there may be many players."""


@attrs.frozen
class HadBytes:
    """What all sessions had, ended and open, up to a moment."""

    bytes: Bytes
    at_ms: int
    """Milliseconds since 1970."""


class SrsPlane:
    """The streams and sessions of one server, as SRS tells of them.

    Attributes:
        ids: what SRS's clients know hosts and streams by.
        machine: the process and what it runs on.
    """

    def __init__(
        self,
        hub: Hub,
        reports: Reports,
        registry: SessionView,
        rules: Rules,
        turns: Turns,
        ids: SrsIds,
        *,
        vhosts: Callable[[], tuple[str, ...]],
        fragment_s: Callable[[str], float | None],
    ) -> None:
        """
        Args:
            vhosts: those that are configured.
            fragment_s: how long a segment of HLS is on a virtual host, or, of an empty name, in
                general; None where it is not served.
        """
        self._hub, self._reports, self._registry = hub, reports, registry
        self._rules, self._vhosts, self._fragment_s = rules, vhosts, fragment_s
        self.ids, self.machine = ids, Machine()
        self.accounts = StreamAccounts(rules.vhost_of, ids.of)
        self.rates = Rates(registry, turns)
        self._vhost_ids: dict[str, str] = {}
        self._turns = turns
        self._ended = Bytes()
        self._had = HadBytes(Bytes(), 0)

    @property
    def serves_hls(self) -> bool:
        """Whether streams are served as HLS."""
        return self._fragment_s("") is not None

    def listen(self, event: Event) -> None:
        """Note who comes and goes; made to listen on a bus."""
        self.accounts.listen(event)
        if type(event) is SessionEnded:
            self._ended.add(Bytes(event.bytes_in, event.bytes_out))

    async def had(self) -> HadBytes:
        """What all sessions had, as of now or of less than a second ago."""
        now_ms = time.time_ns() // 1_000_000
        if now_ms - self._had.at_ms < _FRESH_MS:
            return self._had
        had = attrs.evolve(self._ended)

        def visit(entry: SessionEntry) -> bool:
            had.add(Bytes(*bytes_of(entry)))
            return True

        await self._turns.walk(visit, self._registry)
        self._had = HadBytes(had, now_ms)
        return self._had

    async def run(self) -> None:
        """Keep what is asked for again and again, until cancelled."""
        self.accounts.begin(self._registry)
        await self.rates.run()

    # ----------------------------------------------------------- virtual hosts

    def vhost_names(self) -> tuple[str, ...]:
        """The default virtual host, and those that are configured."""
        return tuple(dict.fromkeys((DEFAULT_VHOST, *self._vhosts())))

    def vhost_id(self, name: str) -> str:
        """The id of a virtual host."""
        known = self._vhost_ids.get(name)
        if known is None:
            known = self._vhost_ids[name] = self.ids.of(name)
        return known

    async def vhost(self, name: str) -> SrsVhost:
        """The virtual host of a name."""
        had, rates, clients, streams = Bytes(), [], 0, 0
        had.add(self.accounts.gone(name))
        of_it: list[StreamAccount] = []

        def visit(account: StreamAccount) -> bool:
            if self._place(account).vhost == name:
                of_it.append(account)
            return True

        def add(account: StreamAccount) -> bool:
            nonlocal clients, streams
            had.add(self._bytes(account))
            rates.append(self._kbps(account))
            clients += len(account.sessions)
            streams += self._is_published(account.key)
            return True

        await self._turns.walk(visit, self.accounts)
        await self.count(of_it)
        await self._turns.walk(add, of_it)
        fragment = self._fragment_s(name)
        return SrsVhost(
            id=self.vhost_id(name),
            name=name,
            enabled=self._rules.vhost_enabled(name),
            clients=clients,
            streams=streams,
            send_bytes=had.sent,
            recv_bytes=had.received,
            kbps=total(rates),
            hls={"enabled": False} if fragment is None else {"enabled": True, "fragment": fragment},
        )

    # ----------------------------------------------------------------- streams

    async def count(self, accounts: Iterable[StreamAccount]) -> None:
        """Look at everybody who is on streams that many are on. It is done in steps, and holds for
        a second; who is on another stream is looked at when that is asked about."""
        for account in accounts:
            if _has_many(account) and not self._is_fresh(account):
                await self._count(account)

    async def _count(self, account: StreamAccount) -> None:
        sent: dict[str, int] = {}
        rates: list[SrsKbps] = []

        def visit(session: str) -> bool:
            entry = self._registry.find(session)
            if entry is not None:
                sent[session] = _sent(entry, account.key)
                rates.append(self.rates.kbps(entry))
            return True

        await self._turns.walk(visit, list(account.sessions))
        # Who has left since then is counted with those who left.
        there = sum(count for session, count in sent.items() if session in account.sessions)
        account.sent = account.left.sent + there
        account.kbps, account.kbps_at = total(rates), trio.current_time()

    def _is_fresh(self, account: StreamAccount) -> bool:
        return account.kbps is not None and trio.current_time() - account.kbps_at < _FRESH_S

    def stream(self, account: StreamAccount) -> SrsStream:
        """A stream that somebody is on; if many are, :meth:`count` them first."""
        had, place = self._bytes(account), self._place(account)
        newest, there = self._reports.newest(account.key), self._hub.find(account.key)
        tracks = NO_TRACKS
        if newest is not None and there is not None and newest.going_on:
            account.known = known_tracks(account.known, there, newest)
            tracks = account.known.tracks
        return SrsStream(
            id=account.id,
            name=place.name,
            vhost=self.vhost_id(place.vhost),
            app=place.app,
            tcUrl=self._tc_url(account, place),
            url=place.stream_url,
            live_ms=time.time_ns() // 1_000_000,
            clients=len(account.sessions),
            frames=newest.frames if newest is not None else 0,
            send_bytes=had.sent,
            recv_bytes=had.received,
            kbps=self._kbps(account),
            publish=SrsPublish(
                active=there is not None and there.publishing, cid=account.publisher
            ),
            video=tracks.video,
            audio=tracks.audio,
        )

    def _on(self, account: StreamAccount) -> Iterator[SessionEntry]:
        """The sessions on a stream; a relay has none."""
        return filter(None, map(self._registry.find, account.sessions))

    def _kbps(self, account: StreamAccount) -> SrsKbps:
        """Bit rates of everybody on a stream."""
        if account.kbps is None or not (self._is_fresh(account) or _has_many(account)):
            account.kbps = total(map(self.rates.kbps, self._on(account)))
            account.kbps_at = trio.current_time()
        return account.kbps

    def _bytes(self, account: StreamAccount) -> Bytes:
        """What everybody had of a stream who is, or was, on it."""
        key, received = account.key, account.left.received
        newest = self._reports.newest(key)
        if newest is not None and newest.going_on:
            received += newest.counters.bytes
        if _has_many(account) and account.kbps is not None:
            return Bytes(received, account.sent)
        sent = sum(_sent(entry, key) for entry in self._on(account))
        return Bytes(received, account.left.sent + sent)

    def _place(self, account: StreamAccount) -> StreamName:
        place = account.place
        if place is None:
            first = next(self._on(account), None)
            place = account.place = placed(account.key, first, self._rules.vhost_of)
        return place

    def _tc_url(self, account: StreamAccount, place: StreamName) -> str:
        """What its publisher connected to, or else who came first."""
        publisher = self._registry.find(account.publisher)
        for entry in (publisher, *islice(self._on(account), 1)):
            if entry is not None and entry.requests is not None and entry.requests.origin.tc_url:
                return entry.requests.origin.tc_url
        host = "127.0.0.1" if place.vhost == DEFAULT_VHOST else place.vhost
        return f"rtmp://{host}/{place.app}"

    def _is_published(self, key: str) -> bool:
        stream = self._hub.find(key)
        return stream is not None and stream.publishing

    # ----------------------------------------------------------------- clients

    def clients(self) -> Iterator[SessionEntry]:
        """The sessions that publish or play now, in the order in which they came."""
        return (entry for entry in self._registry if next(_going_on(entry), None) is not None)

    def find_client(self, session: str) -> SessionEntry | None:
        """The client of an id."""
        entry = self._registry.find(session)
        return None if entry is None or next(_going_on(entry), None) is None else entry

    def client(self, entry: SessionEntry) -> SrsClient:
        """A session that publishes or plays."""
        request = next(_going_on(entry))
        account = self.accounts.of(request.stream)
        place = placed(request.stream, entry, self._rules.vhost_of)
        received, sent = bytes_of(entry)
        origin = NOWHERE if entry.requests is None else entry.requests.origin
        return SrsClient(
            id=entry.id,
            vhost=self.vhost_id(place.vhost),
            stream=self.ids.of(request.stream) if account is None else account.id,
            ip=entry.address.strip("[]"),
            pageUrl=origin.page_url,
            swfUrl=origin.swf_url,
            tcUrl=origin.tc_url,
            url=place.stream_url,
            name=place.name,
            type=self._type(entry, request),
            publish=request.what == "publish",
            alive=round(trio.current_time() - entry.began_at, 3),
            send_bytes=sent,
            recv_bytes=received,
            kbps=self.rates.kbps(entry),
        )

    def _type(self, entry: SessionEntry, request: Request) -> str:
        if request.what == "play":
            kinds = (kind for front, kind in _PLAYS.items() if entry.protocol.startswith(front))
            return next(kinds, _UNKNOWN)
        if not entry.protocol.startswith("rtmp"):
            return "flv-publish" if entry.protocol.endswith("-flv") else _UNKNOWN
        account = self.accounts.of(request.stream)
        flow = account.flow if account is not None else ""
        return f"{flow if flow in _FLOWS else 'fmle'}-publish"


def _has_many(account: StreamAccount) -> bool:
    return len(account.sessions) > _MANY


def _sent(entry: SessionEntry, key: str) -> int:
    """Bytes that a session was sent of a stream, of the plays that go on."""
    sent = 0
    for request in entry.requests.newest if entry.requests is not None else ():
        if request.what == "play" and request.stream == key and request.going_on:
            sent += request.counters_so_far().bytes
    return sent


def _going_on(entry: SessionEntry) -> Iterator[Request]:
    """The publishes and plays of a session that go on, the oldest first."""
    if entry.requests is not None:
        for request in entry.requests.newest:
            if request.going_on and request.what in ("publish", "play"):
                yield request
