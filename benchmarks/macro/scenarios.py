"""What is measured: a table of values. How each kind is measured stands in ``measure``."""

from __future__ import annotations

import enum
import re
from typing import Final

import attrs

from benchmarks.macro.setups import CURVE, EARLIER

__all__ = ["SCENARIOS", "Profile", "Scenario", "estimate_s", "selected"]


class Profile(enum.StrEnum):
    """How much of it."""

    QUICK = "quick"
    """One round of the rows that say most: under 3 minutes, and no medians."""
    FULL = "full"
    """Medians of three rounds: under 45 minutes beside nginx-rtmp and SRS."""
    EXHAUSTIVE = "exhaustive"
    """Five rounds, longer windows, and every peer in every row."""


ROUNDS: Final = {Profile.QUICK: 1, Profile.FULL: 3, Profile.EXHAUSTIVE: 5}
WINDOW_S: Final = {Profile.QUICK: 1.5, Profile.FULL: 3.0, Profile.EXHAUSTIVE: 10.0}
_OVERHEAD_S: Final = 2.2
"""Of one measurement: starting and stopping a server, a source and the load."""


@attrs.frozen(kw_only=True)
class Scenario:
    """One row: the same load on several servers."""

    name: str
    measure: str
    """A key of :data:`benchmarks.macro.measure.MEASURES`."""
    setups: tuple[str, ...]
    """Keys of :data:`benchmarks.macro.setups.SETUPS`, in the order of the first round."""
    more_setups: tuple[str, ...] = ()
    """Those that only an exhaustive run adds."""
    clients: int = 0
    kbit: int = 1000
    beside: int = 0
    """latency: players of another stream that are there too. floods: how many there are. operators:
    publishers of other streams."""
    streams: int = 1
    """frontier: how many the players are shared among."""
    has_sound: bool = True
    """frontier: or pictures alone."""
    ramp: float = 500.0
    windows: int = 1
    """How many are measured one behind the other."""
    seconds: float = 0.0
    """Length of a window where it is not the profile's."""
    waits_s: float = 0.0
    """What it takes besides ramp and windows."""
    quick: bool = False
    is_for_who_asks: bool = False
    """It is no part of a run that names no scenario."""
    rounds: int = 0
    """Most rounds, where more would not say more; 0 for the profile's."""

    def rounds_in(self, profile: Profile) -> int:
        """How often it is measured."""
        return min(self.rounds or ROUNDS[profile], ROUNDS[profile])

    def window_s(self, profile: Profile) -> float:
        """Length of a window."""
        return self.seconds or WINDOW_S[profile]

    def setups_in(self, profile: Profile) -> tuple[str, ...]:
        """Who is measured, if it is there: each of ours beside the same of another checkout."""
        setups = self.setups + (self.more_setups if profile is Profile.EXHAUSTIVE else ())
        return tuple(key for each in setups for key in (each, EARLIER.get(each)) if key is not None)


_PEERS: Final = ("srs", "srs-low")
_RARE: Final = ("mediamtx", "nms")


def _play(clients: int, *setups: str, quick: bool = False) -> Scenario:
    return Scenario(
        name=f"play {clients}",
        measure="play",
        clients=clients,
        setups=("ours-350", "ours", "ours-0", *setups, "nginx", *_PEERS),
        more_setups=_RARE,
        windows=2,
        waits_s=1.5,
        quick=quick,
    )


def _publish(clients: int, *setups: str, quick: bool = False, rounds: int = 0) -> Scenario:
    return Scenario(
        name=f"publish {clients}",
        measure="publish",
        clients=clients,
        kbit=200,
        setups=("ours", "ours-merge", "nginx", "srs", *setups),
        more_setups=_RARE,
        ramp=200,
        waits_s=1.0,
        quick=quick,
        rounds=rounds,
    )


def _latency(name: str, clients: int, *, beside: int = 0, quick: bool = False) -> Scenario:
    return Scenario(
        name=name,
        measure="latency",
        clients=clients,
        beside=beside,
        setups=("ours-0", "nginx", "srs-low"),
        more_setups=_RARE,
        seconds=4.0,
        waits_s=2.5 + beside / 250,
        quick=quick,
    )


_USUAL_PLAYERS: Final = 300
"""Of many streams, in a run of everything."""


def _frontier(clients: int, *, streams: int = 1, has_sound: bool = True) -> Scenario:
    of = f" of {streams} streams" if streams > 1 else ""
    return Scenario(
        name=f"frontier {clients}{of}{'' if has_sound else ', pictures alone'}",
        measure="frontier",
        clients=clients,
        streams=streams,
        has_sound=has_sound,
        setups=(*CURVE, "nginx", *_PEERS, *_RARE),
        waits_s=3.0 + streams / 50,
        is_for_who_asks=streams > 1 and clients != _USUAL_PLAYERS,
        rounds=1,
    )


def _floods(count: int) -> Scenario:
    return Scenario(
        name=f"beside {count} floods", measure="floods", clients=1, beside=count,
        setups=("ours", "nginx"), more_setups=_PEERS, seconds=4.0, waits_s=5.0 + count / 200,
        rounds=1,
    )  # fmt: skip


_ALL: Final = (
    _play(500, "ours-0-nagle"),
    _play(1000, "ours-0-nagle", quick=True),
    _play(2000),
    _publish(100, rounds=1),
    _publish(200, rounds=1),
    _publish(400, "srs-merge", quick=True),
    _latency("latency 1", 1, quick=True),
    _latency("latency 100", 100),
    _latency("latency 1 beside 500", 1, beside=500),
    Scenario(
        name="beside a platform", measure="operators", setups=("ours",), clients=500, beside=50,
        kbit=250,  # at four times that, reading it takes the whole core that the platform is on
        seconds=6.0, windows=2, waits_s=8.0, rounds=1,
    ),
    _frontier(100),
    _frontier(300),
    _frontier(1000),
    _frontier(100, streams=100),
    _frontier(300, streams=100),
    _frontier(1000, streams=100),
    _frontier(300, has_sound=False),
    _frontier(1000, has_sound=False),
    _floods(8),
    _floods(16),
    _floods(64),
    Scenario(
        name="view 1000", measure="views", clients=1000, setups=("ours-http", "ours-http-350"),
        more_setups=("srs-flv", "srs-ts"), windows=5, waits_s=50.0, rounds=1,
    ),
    Scenario(
        name="hls files", measure="files", setups=("ours-ll-hls", "nginx-files"), clients=100,
        kbit=2100, windows=3, seconds=2.0, waits_s=10.0, rounds=1,
    ),
    Scenario(
        name="hls delay", measure="hls_delay", setups=("ours-ll-hls", "ours-hls", "srs-hls"),
        seconds=6.0, waits_s=4.0, rounds=1,
    ),
    Scenario(
        name="hls 2000 held", measure="held", setups=("ours-long-parts",), clients=2000, kbit=64,
        seconds=1.0, waits_s=10.0, rounds=1,
    ),
    Scenario(
        name="publish 50, hls", measure="publish", setups=("ours-flv", "ours-flv-hls"),
        clients=50, kbit=200, ramp=200, waits_s=1.0, rounds=1,
    ),
    Scenario(
        name="view 500, hls", measure="views", setups=("ours-flv", "ours-flv-hls"), clients=500,
        windows=2, waits_s=1.0, rounds=1,
    ),
    Scenario(
        name="join late", measure="join", clients=20, ramp=10, setups=("ours", "nginx", "srs"),
        more_setups=_RARE, waits_s=3.0, quick=True,
    ),
    Scenario(
        name="view late", measure="join_views", clients=20, ramp=10, setups=("ours-http",),
        more_setups=("srs-flv", "srs-ts"), waits_s=15.0, rounds=1,
    ),
    Scenario(
        name="join 500 in 1 s", measure="join", clients=500, ramp=500,
        setups=("ours", "nginx", "srs"), more_setups=_RARE, waits_s=3.0,
    ),
    Scenario(
        name="storm 10000", measure="storm", clients=10_000, ramp=6000,
        setups=("ours", "nginx", "srs"), more_setups=_RARE, quick=True,
    ),
    Scenario(
        name="play 500, one stalled", measure="stalled", clients=501, setups=("ours", "nginx"),
        more_setups=(*_PEERS, *_RARE), seconds=8.0, waits_s=1.5, rounds=1,
    ),
    Scenario(
        name="play 300, delayed readers", measure="delayed", clients=300,
        setups=("ours-350", "ours", "nginx"), more_setups=_PEERS, waits_s=1.5, rounds=1,
    ),
    Scenario(
        name="play 100, always behind", measure="catching_up", clients=100, kbit=4000,
        setups=("ours", "nginx", "srs"), more_setups=("srs-low",), waits_s=4.0, rounds=1,
    ),
    Scenario(
        name="8 hours in fast motion", measure="clock", clients=5, kbit=64, ramp=50,
        setups=("ours", "nginx"), more_setups=_PEERS, seconds=10.0, waits_s=1.5, rounds=1,
    ),
    Scenario(
        name="memory of a player", measure="memory_player", clients=1000,
        setups=("ours", "nginx"), more_setups=_PEERS, waits_s=4.0, seconds=2.0, rounds=1,
    ),
    Scenario(
        name="memory of an idle player", measure="memory_idle", clients=500,
        setups=("ours", "nginx"), more_setups=_PEERS, waits_s=14.0, seconds=0.5, rounds=1,
    ),
    Scenario(
        name="memory of a connection", measure="memory_connection", clients=1000,
        setups=("ours", "nginx"), more_setups=("srs",), waits_s=8.0, seconds=0.5, rounds=1,
    ),
    Scenario(
        name="memory of a publisher", measure="memory_publisher", clients=400, kbit=200, ramp=200,
        setups=("ours-no-cache", "nginx"), more_setups=("srs",), waits_s=4.0, seconds=4.0,
        rounds=1,
    ),
    Scenario(
        name="memory of a stream", measure="memory_publisher", clients=400, kbit=200, ramp=200,
        setups=("ours",), more_setups=("srs",), waits_s=4.0, seconds=6.0, rounds=1,
    ),
    Scenario(
        name="start", measure="start", setups=("ours", "ours-all"),
        more_setups=("nginx", "srs", *_RARE), waits_s=4.0, quick=True,
    ),
    Scenario(
        name="most players", measure="search", clients=10_000, kbit=600, ramp=500,
        setups=("ours-350",), more_setups=("nginx", "srs"), seconds=4.0, waits_s=75.0, rounds=1,
    ),
)  # fmt: skip

SCENARIOS: Final = {scenario.name: scenario for scenario in _ALL}
"""Every scenario by its name, in the order of the report."""


def selected(profile: Profile, only: tuple[str, ...] = ()) -> list[Scenario]:
    """The scenarios of a run.

    Args:
        only: those whose names begin with one of these, up to the end of a word, whatever the
            profile has.
    """
    if only:
        fronts = re.compile(rf"({'|'.join(map(re.escape, only))})\b")
        return [each for each in _ALL if fronts.match(each.name)]
    asked = [each for each in _ALL if not each.is_for_who_asks]
    return [each for each in asked if each.quick or profile is not Profile.QUICK]


def estimate_s(
    scenarios: list[Scenario], profile: Profile, present: frozenset[str], rounds: int = 0
) -> float:
    """About how long it takes with these setups present, in so many rounds if not 0."""
    total = 0.0
    for each in scenarios:
        windows = each.windows * each.window_s(profile)
        once = _OVERHEAD_S + each.clients / each.ramp + windows + each.waits_s
        total += (
            once
            * len(present.intersection(each.setups_in(profile)))
            * (rounds or each.rounds_in(profile))
        )
    return total
