"""How many publish and play at once, and how fast: of one stream, one user, one address. Floor 2.

What a limit is stands in the settings of the stream that is asked for; what is counted are all
publishes and plays of the server.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from trio_srs.errors import EndReason, PeerError, RefusedError
from trio_srs.hub.settings import StreamSettings
from trio_srs.wire.rtmp.status import StatusCode

__all__ = [
    "AddressPlayersError",
    "AddressPublishersError",
    "BitRateLimitError",
    "Place",
    "Quotas",
    "StreamPlayersError",
    "TimeLimitError",
    "UserPlayersError",
    "UserPublishersError",
]

_WINDOW_S: Final = 10
_LOOK_EVERY_S: Final = 1.0
_BITS: Final = 8
_KILO: Final = 1000


class StreamPlayersError(RefusedError):
    """A stream has as many players as it may."""

    code = "too_many_players"
    end = EndReason.LIMIT
    rtmp_status = StatusCode.PLAY_FAILED
    http_status = 503


class UserPlayersError(StreamPlayersError):
    """A user plays as much as it may."""

    code = "too_many_players_of_user"


class AddressPlayersError(StreamPlayersError):
    """An address plays as much as it may."""

    code = "too_many_players_of_address"


class UserPublishersError(RefusedError):
    """A user publishes as much as it may."""

    code = "too_many_publishers_of_user"
    end = EndReason.LIMIT
    rtmp_status = StatusCode.PUBLISH_DENIED
    http_status = 503


class AddressPublishersError(UserPublishersError):
    """An address publishes as much as it may."""

    code = "too_many_publishers_of_address"


class BitRateLimitError(PeerError):
    """A publisher, its user or its address sends more than it may."""

    code = "bit_rate_limit"
    end = EndReason.BIT_RATE_LIMIT


class TimeLimitError(PeerError):
    """A publish or a play has lasted as long as it may."""

    code = "time_limit"
    end = EndReason.TIME_LIMIT


@attrs.frozen
class _Limit:
    """One key of the settings that bounds how many there are."""

    key: str
    by: str
    error: type[RefusedError]
    words: str


_LIMITS: Final[Mapping[str, tuple[_Limit, ...]]] = {
    "publish": (
        _Limit("max_publishers_per_user", "user", UserPublishersError, "publishers"),
        _Limit("max_publishers_per_address", "address", AddressPublishersError, "publishers"),
    ),
    "play": (
        _Limit("max_players", "stream", StreamPlayersError, "players"),
        _Limit("max_players_per_user", "user", UserPlayersError, "players"),
        _Limit("max_players_per_address", "address", AddressPlayersError, "players"),
    ),
}
_RATES: Final[Mapping[str, str]] = {
    "max_publish_kbps": "stream",
    "max_publish_kbps_per_user": "user",
    "max_publish_kbps_per_address": "address",
}
"""The keys that bound a bit rate, and whose."""


class Place:
    """One publish or play among those that are counted."""

    __slots__ = ("_quotas", "_what", "_whose", "kbps")

    def __init__(self, quotas: Quotas, what: str, whose: Mapping[str, str]) -> None:
        self.kbps = 0.0
        """What it has sent of late, in kbit/s."""
        self._quotas, self._what, self._whose = quotas, what, whose

    def give_back(self) -> None:
        """It is over. Idempotent."""
        self._quotas.leave(self, self._what, self._whose)

    def meter(self, settings: StreamSettings) -> RateMeter | None:
        """What watches its bit rate; None if that is not limited."""
        limits = {
            by: limit for key, by in _RATES.items() if (limit := getattr(settings, key)) is not None
        }
        return RateMeter(self, limits) if limits else None

    def kbps_of(self, by: str) -> float:
        """What all publishes send together that are counted with this one."""
        return sum(each.kbps for each in self._quotas.of(self._what, by, self._whose.get(by, "")))

    def name(self, by: str) -> str:
        """Who is counted: the stream, the user or the address."""
        return self._whose.get(by, "")


class RateMeter:
    """Measures a publish over ten seconds, and says when it, its user or its address sends more
    than it may."""

    def __init__(self, place: Place, limits: Mapping[str, int]) -> None:
        self._place, self._limits = place, limits
        self._seen: deque[tuple[float, int]] = deque(maxlen=_WINDOW_S + 1)

    def look(self, now: float, total_bytes: int) -> float:
        """Look at what has come.

        Args:
            total_bytes: since the publish began.

        Returns:
            when to look again.

        Raises:
            BitRateLimitError: it is too much.
        """
        seen, place = self._seen, self._place
        if not seen or now >= seen[-1][0] + _LOOK_EVERY_S:
            seen.append((now, total_bytes))
            if len(seen) > _WINDOW_S:  # an encoder may begin with what it has collected
                begin, before = seen[0]
                place.kbps = (total_bytes - before) * _BITS / _KILO / (now - begin)
                self._check()
        return seen[-1][0] + _LOOK_EVERY_S

    def _check(self) -> None:
        place = self._place
        for by, limit in self._limits.items():
            kbps = place.kbps_of(by) if place.name(by) else 0.0
            if kbps > limit:
                raise BitRateLimitError(
                    f"{place.name(by)}: {kbps:.0f} kbit/s over {_WINDOW_S} s, and it may send "
                    f"{limit}"
                )


class Quotas:
    """Who publishes and plays now: by stream, by user and by address."""

    def __init__(self) -> None:
        self.realm_of: Callable[[str], str] = lambda _stream: ""
        """Users and addresses of streams in a realm are counted there alone."""
        self._places: dict[tuple[str, str, str], dict[Place, None]] = {}

    def __len__(self) -> int:
        """How many streams, users and addresses there is something of."""
        return len(self._places)

    def of(self, what: str, by: str, whom: str) -> tuple[Place, ...]:
        """Those of one stream, user or address."""
        return tuple(self._places.get((what, by, whom), ()))

    def take(
        self, what: str, stream: str, *, user: str, peer: str, settings: StreamSettings
    ) -> Place:
        """Begin a publish or a play, until :meth:`Place.give_back`.

        Args:
            what: ``publish`` or ``play``.
            user: whose it is; one whose it is not known counts for no user.
            peer: its address; one that has none, on a Unix socket, counts for no address.

        Raises:
            RefusedError: there may not be one more.
        """
        names = {"stream": stream, "user": user, "address": _host(peer)}
        whose = {by: whom for by, whom in names.items() if whom}
        if realm := self.realm_of(stream):
            whose |= {by: f"{whose[by]} in {realm}" for by in ("user", "address") if by in whose}
        for limit in _LIMITS[what]:
            most, whom = getattr(settings, limit.key), whose.get(limit.by)
            if most is not None and whom and self._count(what, limit.by, whom, stream) >= most:
                raise limit.error(f"{whom} has its {most} {limit.words}")
        place = Place(self, what, whose)
        for by, whom in whose.items():
            self._places.setdefault((what, by, whom), {})[place] = None
        return place

    def _count(self, what: str, by: str, whom: str, stream: str) -> int:
        """How many there are; of publishes but those of the same name, which take it in turns."""
        places = self._places.get((what, by, whom), {})
        if what == "play":
            return len(places)
        return sum(each.name("stream") != stream for each in places)

    def leave(self, place: Place, what: str, whose: Mapping[str, str]) -> None:
        """A publish or a play is over, and takes no place any more. Idempotent."""
        for by, whom in whose.items():
            places = self._places.get((what, by, whom), {})
            places.pop(place, None)
            if not places:
                self._places.pop((what, by, whom), None)


def _host(peer: str) -> str:
    host, _, port = peer.rpartition(":")
    return host if port.isdigit() and "/" not in host else ""
