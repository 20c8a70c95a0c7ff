"""The kinds of workload: players, publishers, the latency meter. Floor 6."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from trio_srs.tools.load.client import LoadClient
from trio_srs.tools.load.load_viewer import LoadViewer
from trio_srs.tools.load.loop import Loop
from trio_srs.tools.load.meter import Meter
from trio_srs.tools.load.plan import Load, LoadPlan
from trio_srs.tools.load.player import LoadPlayer, PlayerCount
from trio_srs.tools.load.publisher import LoadPublisher, StampingPublisher
from trio_srs.tools.load.skim import Skimmer
from trio_srs.tools.load.skim_chunks import ChunkSkimmer
from trio_srs.tools.load.skim_containers import container_skimmer
from trio_srs.tools.load.source import LoadSource, frame_body, read_flv, synthetic
from trio_srs.tools.load.storm import Storm
from trio_srs.tools.load.workload import Raw, Workload
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["workload"]

_CHECK_S: Final = 0.02
_SOUND_SIZE: Final = 290
"""Bytes of a stamped frame of sound: AAC of 100 kbit/s."""
_LATE_S: Final = 1.0
"""How long is waited for frames that are still on their way when a window ends."""


class _Play(Workload):
    """Players; also those that come at a rate and are only asked how long they waited."""

    def __init__(self, loop: Loop, plan: LoadPlan) -> None:
        super().__init__(loop, plan)
        frame_ms = 1000 / plan.fps * plan.stretch
        self._make: type[LoadPlayer] = LoadViewer if plan.is_view else LoadPlayer
        self._skimmer = _skimmer(plan, frame_ms)
        self._players: list[LoadPlayer] = []
        self._before: list[PlayerCount] = []
        self._after: list[PlayerCount] = []
        self._seconds = 0.0

    @property
    def clients(self) -> Sequence[LoadPlayer]:
        return self._players

    def start_one(self, number: int) -> None:
        player = self._make(self.loop, self.plan, number, self._skimmer)
        self._players.append(player)
        player.begin()

    def begin(self) -> None:
        super().begin()
        self._before = [player.count() for player in self._players]

    def end(self) -> None:
        self._after = [player.count() for player in self._players]
        self._seconds = time.monotonic() - self._began_at

    def raw(self) -> Raw:
        players = self._players
        kept = [p for p in players if not p.stalls]
        window = [
            (before, after)
            for player, before, after in zip(players, self._before, self._after, strict=False)
            if not player.stalls and not player.failure
        ]
        missed = [after.skipped - before.skipped for before, after in window]
        return super().raw() | {
            "bytes": sum(after.bytes_in - before.bytes_in for before, after in window),
            "messages": [after.messages - before.messages for before, after in window],
            "keyframes": [after.keyframes - before.keyframes for before, after in window],
            "fell_behind_ms": [round(self._behind_ms(*both), 3) for both in window],
            "skipped": sum(missed),
            "players_that_skipped": sum(map(bool, missed)),
            "backward": sum(after.backward - before.backward for before, after in window),
            "gaps": sum(after.gaps - before.gaps for before, after in window),
            "stalled": sum(p.stalls and p.started for p in players),
            "no_media": sum(p.started and not p.messages for p in kept),
            "ttfb_ms": _ms(p.first_media_s for p in kept),
            "first_keyframe_ms": _ms(p.first_keyframe_s for p in kept),
        }

    def _behind_ms(self, before: PlayerCount, after: PlayerCount) -> float:
        """How much less stream time than time a player got; about 0 for who keeps up."""
        got = (after.media_ms - before.media_ms) / self.plan.stretch
        return self._seconds * 1000 - got / self.plan.speed


class _Publish(Workload):
    def __init__(self, loop: Loop, plan: LoadPlan) -> None:
        super().__init__(loop, plan)
        self._source = _source(plan)
        self._skimmer = ChunkSkimmer()
        self._publishers: list[LoadPublisher] = []
        self._sent = 0
        self._bytes = 0
        self._window: tuple[int, int] = (0, 0)

    @property
    def clients(self) -> Sequence[LoadPublisher]:
        return self._publishers

    def start_one(self, number: int) -> None:
        publisher = LoadPublisher(self.loop, self.plan, number, self._skimmer, self._source)
        self._publishers.append(publisher)
        publisher.begin()

    def begin(self) -> None:
        super().begin()
        self._sent, self._bytes = self._totals()
        for publisher in self._publishers:
            publisher.lags_s.clear()

    def end(self) -> None:
        self._window = self._totals()

    def _totals(self) -> tuple[int, int]:
        publishers = self._publishers
        return sum(p.sent for p in publishers), sum(p.bytes_out for p in publishers)

    def raw(self) -> Raw:
        sent, size = self._window
        lags = [lag for publisher in self._publishers for lag in publisher.lags_s]
        return super().raw() | {
            "bytes": size - self._bytes,
            "sent": sent - self._sent,
            "lag_ms": _ms(lags[:: 1 + len(lags) // 20_000]),
        }


class _Latency(Workload):
    """The publisher is client 0; the players come when it has begun."""

    late_s = _LATE_S

    def __init__(self, loop: Loop, plan: LoadPlan) -> None:
        super().__init__(loop, plan)
        self._publisher = StampingPublisher(loop, plan, 0, ChunkSkimmer(), _stamped(plan))
        self._skimmer = ChunkSkimmer()
        self._meters: list[Meter] = []
        self._others: list[LoadPlayer] = []
        self._until = 0.0
        self._every = max(1, plan.clients // plan.metered) if plan.metered else 1

    @property
    def clients(self) -> Sequence[LoadClient]:
        return [*self._meters, *self._others]

    def start(self) -> None:
        self._publisher.begin()
        self._wait_for_publisher()

    def _wait_for_publisher(self) -> None:
        if self._publisher.settled:
            super().start()
        else:
            self.loop.at(time.monotonic() + _CHECK_S, self._wait_for_publisher)

    def start_one(self, number: int) -> None:
        client: Meter | LoadPlayer
        if number % self._every:
            client = LoadPlayer(self.loop, self.plan, 0, self._skimmer)
            self._others.append(client)
        else:
            client = Meter(self.loop, self.plan, 0)
            self._meters.append(client)
        client.begin()

    def begin(self) -> None:
        super().begin()
        for meter in self._meters:
            meter.latencies_ns.clear()
            meter.repeated = 0

    def end(self) -> None:
        self._until = time.monotonic()

    def raw(self) -> Raw:
        begin, end = int(self._began_at * 1e9), int(self._until * 1e9)
        numbers: set[int] = set()
        pictures: list[float] = []
        sound: list[float] = []
        for meter in self._meters:
            for number, sent, took, is_sound in meter.latencies_ns:
                if begin <= sent < end:
                    numbers.add(number)
                    (sound if is_sound else pictures).append(round(took / 1e6, 4))
        frames = max(numbers) - min(numbers) + 1 if numbers else 0
        samples = pictures + sound
        apart = {"picture_latency_ms": pictures, "sound_latency_ms": sound} if sound else {}
        return super().raw() | {
            **apart,
            "frames": frames,
            "latency_ms": samples,
            "lost_frames": frames * len(self._meters) - len(samples),
            "repeated": sum(meter.repeated for meter in self._meters),
            "publisher_failed": self._publisher.failure,
        }

    def close(self) -> None:
        super().close()
        self._publisher.close()


def workload(loop: Loop, plan: LoadPlan) -> Workload:
    """The workload of a plan.

    Raises:
        LoadRefusedError: its source cannot be used.
        OSError: its source cannot be read.
    """
    return _MAKERS[plan.load](loop, plan)


_MAKERS: Final[dict[Load, Callable[[Loop, LoadPlan], Workload]]] = {
    Load.PLAY: _Play,
    Load.JOIN: _Play,
    Load.PUBLISH: _Publish,
    Load.LATENCY: _Latency,
    Load.STORM: Storm,
}


def _skimmer(plan: LoadPlan, frame_ms: float) -> Skimmer[Any]:
    if not plan.is_view:
        return ChunkSkimmer(frame_ms)
    url = plan.view(0)
    return container_skimmer(url.ending, in_messages=url.scheme == "ws", frame_ms=frame_ms)


def _source(plan: LoadPlan) -> LoadSource:
    if plan.flv:
        return read_flv(Path(plan.flv).read_bytes())
    return synthetic(plan.kbit, fps=plan.fps, audio=plan.audio)


def _stamped(plan: LoadPlan) -> LoadSource:
    """Frames of the same size, a keyframe every two seconds, and sound if it is asked for: all of
    them with room for a stamp."""
    source = synthetic(16, fps=plan.fps, audio=plan.sound)
    bodies = {key: frame_body(plan.frame_size, key=key) for key in (True, False)}
    sound, video = b"\xaf\x01" + bytes(_SOUND_SIZE - 2), MessageType.VIDEO.value
    items = tuple(
        (ms, kind, bodies[body[0] >> 4 == 1] if kind == video else sound)
        for ms, kind, body in source.items
    )
    return LoadSource(source.headers, items, source.length_ms)


def _ms(seconds: Iterable[float]) -> list[float]:
    """Milliseconds, without those that never happened."""
    return [round(each * 1000, 3) for each in seconds if not math.isnan(each)]
