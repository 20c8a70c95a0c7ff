"""How each kind of scenario is measured on one server: figures, and what went wrong beside them."""

from __future__ import annotations

import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import attrs

from benchmarks.macro.measure_hls import measure_delay, measure_files, measure_held
from benchmarks.macro.measure_operators import measure_operators
from benchmarks.macro.newcomer import newcomers_ms
from benchmarks.macro.scenarios import Scenario
from benchmarks.macro.servers import Running, launched, pin
from benchmarks.macro.setups import Setup
from trio_srs.tools.load.usage import family, rss_bytes

__all__ = ["MEASURES", "Bench", "Figures", "Measured"]

Figures: TypeAlias = tuple[dict[str, float], dict[str, int], dict[str, Any]]
"""What :class:`Measured` is made of."""

_LOAD: Final = (sys.executable, "-m", "trio_srs", "load")
_LOAD_PATIENCE_S: Final = 180.0
_NICENESS: Final = {"publish": -5, "latency": -5, "play": 5}
_IMPORTS: Final = 3
_NEWCOMERS: Final = 3
_SPEED, _STRETCH = 40, 72
_METERED: Final = 50
"""Players that take the time of what they get: reading all of it costs the load ten times as much
as to count it."""
_LADDER: Final = (1000, 2500, 5000, 7500, 10_000)
_BEHIND_MS: Final = 1000.0
"""A player further behind than this, with spans of 350 ms, does not keep up."""


@attrs.frozen
class Measured:
    """One measurement of one server."""

    figures: dict[str, float]
    """By the names that targets use."""
    problems: dict[str, int] = attrs.field(factory=dict)
    """What failed, was lost or was skipped: the counts that are not 0."""
    detail: dict[str, Any] = attrs.field(factory=dict)
    """Everything the load reported."""


@attrs.frozen
class Bench:
    """Where things run.

    Attributes:
        server_core, load_core: None where the machine has only one.
        window_s: length of a window.
    """

    server_core: int | None
    load_core: int | None
    window_s: float

    @contextmanager
    def server(self, setup: Setup) -> Iterator[Running]:
        """A server in a folder of its own."""
        with (
            tempfile.TemporaryDirectory(prefix="bench-") as folder,
            launched(setup, Path(folder), self.server_core) as running,
        ):
            yield running

    def load(self, kind: str, url: str, server: Running, **options: object) -> dict[str, Any]:
        """Run ``trio-srs load`` and return its figures.

        Raises:
            RuntimeError: it failed, or took too long; the text has what it said.
        """
        command = self._command(kind, url, {"seconds": f"{self.window_s}s", **options})
        try:
            done = subprocess.run(
                [*command, "--json", "--server-pid", str(server.pid)],
                capture_output=True, text=True, timeout=_LOAD_PATIENCE_S, check=False,
                preexec_fn=partial(pin, self.load_core),
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(
                f"{' '.join(command)}: not done after {error.timeout:.0f} s: the machine is busy"
            ) from error
        if not done.stdout:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        figures: dict[str, Any] = json.loads(done.stdout)
        return figures

    def _command(self, kind: str, url: str, options: Mapping[str, object]) -> list[str]:
        words = [*_LOAD, kind, "--url", url]
        for name, value in options.items():
            option = f"--{name.replace('_', '-')}"
            words += [option] if value is True else [option, str(value)]
        return words

    @contextmanager
    def background(self, kind: str, url: str, **options: object) -> Iterator[None]:
        """The same for the length of the block, unmeasured: a source, or a crowd."""
        command = self._command(kind, url, {"seconds": "1h", "settle": "0s", **options})
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=partial(_background, kind, self.load_core),
        )  # fmt: skip
        try:
            time.sleep(0.8)  # it has no way to say that it has begun
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()

    @contextmanager
    def connected(self, running: Running, count: int) -> Iterator[None]:
        """So many connections that ask for nothing, for the length of the block."""
        url = urlsplit(running.url("s"))
        process = subprocess.Popen(
            (
                sys.executable, "-m", "benchmarks.memory", "idle", "--clients", str(count),
                "--connect-to", str(url.port),
            ),
            stdout=subprocess.PIPE, preexec_fn=partial(pin, self.load_core),
        )  # fmt: skip
        try:
            assert process.stdout is not None  # it is a pipe
            process.stdout.readline()  # all are connected
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()

    @contextmanager
    def streaming(self, setup: Setup, scenario: Scenario) -> Iterator[Running]:
        """A server, and one stream on it."""
        with (
            self.server(setup) as running,
            self.background("publish", running.url("s"), clients=1, kbit=scenario.kbit),
        ):
            yield running


def _background(kind: str, core: int | None) -> None:
    """A source that comes late sends in bursts, which are cheap: it goes first, if it may. A
    crowd goes last."""
    pin(core)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore it
    with suppress(PermissionError):
        os.nice(_NICENESS[kind])


def _problems(report: Mapping[str, Any], *counts: str) -> dict[str, int]:
    """Failures of clients, and counts of the windows, that are not 0."""
    found = {name: report[name] for name in ("failed", "lost", "no_media") if report.get(name)}
    for name in counts:
        if total := sum(window.get(name, 0) for window in report["windows"]):
            found[name] = total
    return found


def _cost(window: Mapping[str, Any]) -> dict[str, float]:
    """What a window cost, for a row of the table."""
    server = window["server"]
    figures = {"core": server["cpu_pct"], "rss_mb": server["rss_end_mb"]}
    if "cpu_ms_per_client_s" in server:
        figures["cpu"] = server["cpu_ms_per_client_s"]
    return figures | {"own": window["own_cpu_pct"], "other": window["other_cpu_pct"]}


def _views(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """As many RTMP players, and then as many viewers of each view, of one stream of one server."""
    figures: dict[str, float] = {}
    problems: dict[str, int] = {}
    detail: dict[str, Any] = {}
    with bench.streaming(setup, scenario) as running:
        for view in ("rtmp", *setup.views):
            url = running.url("s") if view == "rtmp" else running.view_url("s", view)
            report = bench.load(
                "play", url, running, clients=scenario.clients, ramp=scenario.ramp, settle="1s",
                read_round="20ms",
            )  # fmt: skip
            detail[view] = report
            if not report["connected"]:
                raise RuntimeError(f"{url}: nobody was served: {report['reasons']}")
            [window] = report["windows"]
            figures |= {f"{name}_{view}": value for name, value in _cost(window).items()}
            figures[f"first_ms_{view}"] = report["ttfb_ms"].get("p50", float("nan"))
            figures[f"per_rtmp_{view}"] = figures[f"cpu_{view}"] / figures["cpu_rtmp"]
            for name, count in _problems(report, *_LOSSES).items():
                problems[f"{view}: {name}"] = count
    return Measured(figures, problems, detail)


_LOSSES: Final = ("skipped", "gaps", "backward")


def _play(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """Both ways of reading, on the same connections."""
    with bench.streaming(setup, scenario) as running:
        report = bench.load(
            "play", running.url("s"), running, clients=scenario.clients, ramp=scenario.ramp,
            settle="1s", read_round="20ms,0",
        )  # fmt: skip
    figures: dict[str, float] = {"ttfb_ms": report["ttfb_ms"].get("p50", float("nan"))}
    for window in report["windows"]:
        way = f"@{window['read_round_ms']:.0f}"
        figures |= {f"{name}{way}": value for name, value in _cost(window).items()}
    return Measured(figures, _problems(report, *_LOSSES), report)


def _play_one_way(bench: Bench, setup: Setup, scenario: Scenario, **options: object) -> Measured:
    with bench.streaming(setup, scenario) as running:
        report = bench.load(
            "play", running.url("s"), running, clients=scenario.clients, ramp=scenario.ramp,
            settle="1s", **{"read_round": "20ms", **options},
        )  # fmt: skip
    window = report["windows"][0]
    figures = _cost(window) | {"behind_ms": window["fell_behind_ms"].get("p99", float("nan"))}
    return Measured(figures, _problems(report, *_LOSSES), report)


def _stalled(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """One that never reads; what the others notice of it."""
    return _play_one_way(bench, setup, scenario, stalled=1)


def _delayed(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """Small receive buffers, emptied ten times a second: like readers a round trip away, most
    of what is under way to them is held by the sender."""
    return _play_one_way(bench, setup, scenario, read_round="100ms", receive_buffer=16384)


def _catching_up(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """Readers that can take less than the stream has: each is always behind, and takes what was
    kept for it in many small writes. That they miss frames is no fault here."""
    measured = _delayed(bench, setup, scenario)
    kept = {name: n for name, n in measured.problems.items() if name not in _LOSSES}
    return attrs.evolve(measured, problems=kept)


def _publish(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    with bench.server(setup) as running:
        report = bench.load(
            "publish", running.url("p%d"), running, clients=scenario.clients, kbit=scenario.kbit,
            ramp=scenario.ramp, settle="1s",
        )  # fmt: skip
    window = report["windows"][0]
    figures = _cost(window) | {"lag_p99_ms": window["lag_ms"].get("p99", float("nan"))}
    return Measured(figures, _problems(report), report)


def _latency(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    options = {"clients": scenario.clients, "settle": "1s"}
    with bench.server(setup) as running:
        if not scenario.beside:
            report = bench.load("latency", running.url("l"), running, **options)
        else:
            with (
                bench.background("publish", running.url("s"), clients=1),
                bench.background(
                    "play", running.url("s"), clients=scenario.beside, ramp=scenario.ramp
                ),
            ):
                time.sleep(scenario.beside / scenario.ramp)
                report = bench.load("latency", running.url("l"), running, **options)
    if report["publisher_failed"]:
        raise RuntimeError(f"the publisher failed: {report['publisher_failed']}")
    window = report["windows"][0]
    took = window["latency_ms"]
    figures = {f"{name}_ms": took.get(name, float("nan")) for name in ("p50", "p95", "p99", "max")}
    problems = _problems(report, "lost_frames", "repeated")
    return Measured(_cost(window) | figures, problems, report)


def _frontier(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """What a player costs, and how late some of them, spread among all, get their frames. Of many
    streams only one is measured, and has as many players as each of the others."""
    streams = scenario.streams
    here = scenario.clients // streams
    options: dict[str, object] = {"clients": here, "metered": min(here, _METERED), "settle": "1s"}
    if scenario.has_sound:
        options["sound"] = True
    with bench.server(setup) as running, ExitStack() as others:
        if streams > 1:
            shared = {"clients": streams - 1, "ramp": 200}
            others.enter_context(bench.background("publish", running.url("o%d"), **shared))
            time.sleep(streams / 200)
            shared |= {"clients": scenario.clients - here, "streams": streams - 1}
            others.enter_context(bench.background("play", running.url("o%d"), **shared))
            time.sleep(scenario.clients / 200)
        report = bench.load("latency", running.url("l"), running, ramp=scenario.ramp, **options)
    if report["publisher_failed"]:
        raise RuntimeError(f"the publisher failed: {report['publisher_failed']}")
    [window] = report["windows"]
    figures = _cost(window)
    figures["cpu"] = 10 * figures["core"] / scenario.clients  # ms of CPU a second, of all players
    for name, of in (("", ""), ("picture_", "picture_"), ("sound_", "sound_")):
        took = window.get(f"{of}latency_ms", {})
        figures |= {f"{name}{each}_ms": took.get(each, math.nan) for each in ("p50", "p99")}
    return Measured(figures, _problems(report, "lost_frames", "repeated"), report)


def _floods(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """Publishers that send 5 kB frames as fast as they can: what a healthy one beside them loses,
    how late its frames are, and how long a newcomer waits to be let publish."""
    with (
        bench.server(setup) as running,
        bench.background(
            "publish", running.url("f%d"), clients=scenario.beside, no_audio=True, speed=1_000_000
        ),
    ):
        time.sleep(scenario.beside / 200)  # the load's own ramp
        report = bench.load("latency", running.url("l"), running, clients=1, settle="1s")
        waits_ms = newcomers_ms(running.url("n%d"), _NEWCOMERS)
    window = report["windows"][0]
    took = window["latency_ms"]
    figures = {f"{name}_ms": took.get(name, float("nan")) for name in ("p50", "p95", "max")}
    figures |= {"lost": window.get("lost_frames", 0), "newcomer_ms": max(waits_ms)}
    problems = _problems(report, "lost_frames", "repeated")
    return Measured(_cost(window) | figures, problems, report | {"newcomers_ms": waits_ms})


def _join(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    with bench.streaming(setup, scenario) as running:
        time.sleep(2.5)  # a keyframe has come
        report = bench.load(
            "join", running.url("s"), running, clients=scenario.clients, ramp=scenario.ramp
        )
    waited = report["ttfb_ms"]
    figures = {
        f"{name}_ms": waited.get(name, float("nan")) for name in ("p50", "p95", "p99", "max")
    }
    picture = report["first_keyframe_ms"]
    figures["keyframe_p50_ms"] = picture.get("p50", float("nan"))
    return Measured(_cost(report["windows"][0]) | figures, _problems(report), report)


def _join_views(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """Viewers that come late: from connecting to the first whole picture, in each view."""
    figures: dict[str, float] = {}
    problems: dict[str, int] = {}
    detail: dict[str, Any] = {}
    with bench.streaming(setup, scenario) as running:
        time.sleep(2.5)  # a keyframe has come
        for view in setup.views:
            report = bench.load(
                "join", running.view_url("s", view), running, clients=scenario.clients,
                ramp=scenario.ramp,
            )  # fmt: skip
            detail[view] = report
            waited = report["first_keyframe_ms"]
            for name in ("p50", "max"):
                figures[f"{name}_ms_{view}"] = waited.get(name, float("nan"))
            for name, count in _problems(report).items():
                problems[f"{view}: {name}"] = count
    return Measured(figures, problems, detail)


def _storm(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """The rate, and the rate for each second of the server's CPU: where the load is what limits
    the first, the second still says what the server could do."""
    with bench.server(setup) as running:
        report = bench.load("storm", running.url("s"), running, clients=scenario.clients)
    [window] = report["windows"]
    cost = window["server"].get("cpu_ms_per_handshake", float("nan"))
    figures = _cost(window) | {
        "per_s": window["handshakes_per_s"],
        "cpu_ms": cost,
        "per_cpu_s": 1000 / cost,
        "p99_ms": window["handshake_ms"].get("p99", float("nan")),
    }
    return Measured(figures, _problems(report), report)


def _clock(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """Timestamps of 8 hours and more in the window: past 24 bits, with nothing lost on the way."""
    fast = {"speed": _SPEED, "stretch": _STRETCH, "fps": 25}
    with (
        bench.server(setup) as running,
        bench.background("publish", running.url("s"), clients=1, kbit=64, no_audio=True, **fast),
    ):
        report = bench.load(
            "play", running.url("s"), running, clients=scenario.clients, read_round="0",
            settle="1s", **fast,
        )  # fmt: skip
    [window] = report["windows"]
    hours = window["seconds"] * _SPEED * _STRETCH / 3600
    got = hours - window["fell_behind_ms"].get("max", float("nan")) * _SPEED * _STRETCH / 3.6e6
    figures = _cost(window) | {"hours": got}
    return Measured(figures, _problems(report, "skipped", "backward"), report)


def _memory(
    bench: Bench, setup: Setup, scenario: Scenario, kind: str, stream: str, **options: object
) -> Measured:
    """What a client more takes: the growth from a few to many, the few being gone again."""
    with bench.streaming(setup, scenario) as running:
        url = running.url(stream)
        if kind == "publish" or stream == "s":
            bench.load(kind, url, running, clients=20, settle="0s", **{**options, "seconds": "1s"})
        before = rss_bytes(family([running.pid]))
        report = bench.load(
            kind, url, running, clients=scenario.clients, ramp=scenario.ramp, settle="1s", **options
        )
    after = report["windows"][0]["server"]["rss_end_mb"] * 1e6
    figures = {"kb": (after - before) / 1000 / scenario.clients, "rss_mb": after / 1e6}
    problems = _problems(report)
    if stream == "idle":
        problems.pop("no_media", None)
    return Measured(figures, problems, report)


def _memory_of_connections(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """What one takes that has connected and asks for nothing."""
    with bench.server(setup) as running:
        with bench.connected(running, 20):
            pass
        time.sleep(1)
        before = rss_bytes(family([running.pid]))
        with bench.connected(running, scenario.clients):
            after = rss_bytes(family([running.pid]))
    return Measured({"kb": (after - before) / 1000 / scenario.clients, "rss_mb": after / 1e6})


def _start(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """From exec to ready, and Trio's own import in the same minute."""
    started, imported = [], []
    with bench.server(setup):
        pass  # the first time, modules are compiled
    for _ in range(_IMPORTS):
        with bench.server(setup) as running:
            started.append(running.ready_s)
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-c", "import trio"], check=True,
            preexec_fn=partial(pin, bench.server_core),
        )  # fmt: skip
        imported.append(time.monotonic() - began)
    ready, trio = statistics.median(started), statistics.median(imported)
    return Measured({"ready_s": ready, "import_s": trio, "per_import": ready / trio})


def _search(bench: Bench, setup: Setup, scenario: Scenario) -> Measured:
    """The most players of whom none failed, was lost, missed a frame or fell behind."""
    best: dict[str, float] = {"players": 0}
    steps: list[dict[str, Any]] = []
    for players in _LADDER:
        with bench.streaming(setup, scenario) as running:
            report = bench.load(
                "play", running.url("s"), running, clients=players, ramp=scenario.ramp,
                settle="3s", read_round="20ms",
            )  # fmt: skip
        steps.append(report)
        [window] = report["windows"]
        behind = window["fell_behind_ms"].get("max", float("inf"))
        if _problems(report, *_LOSSES) or behind > _BEHIND_MS:
            best["broke_at"] = players
            break
        best = {"players": players} | _cost(window)
    return Measured(best, {}, {"steps": steps})


def _of_module(
    measure: Callable[[Bench, Setup, Scenario], Figures],
) -> Callable[[Bench, Setup, Scenario], Measured]:
    return lambda bench, setup, scenario: Measured(*measure(bench, setup, scenario))


MEASURES: Final[dict[str, Callable[[Bench, Setup, Scenario], Measured]]] = {
    "play": _play,
    "views": _views,
    "stalled": _stalled,
    "delayed": _delayed,
    "catching_up": _catching_up,
    "publish": _publish,
    "latency": _latency,
    "floods": _floods,
    "frontier": _frontier,
    "join": _join,
    "join_views": _join_views,
    "storm": _storm,
    "clock": _clock,
    "memory_player": partial(_memory, kind="play", stream="s"),
    "memory_connection": _memory_of_connections,
    "memory_idle": partial(_memory, kind="play", stream="idle"),
    "memory_publisher": lambda bench, setup, scenario: _memory(
        bench, setup, scenario, "publish", "p%d", kbit=scenario.kbit
    ),
    "start": _start,
    "search": _search,
    "files": _of_module(measure_files),
    "hls_delay": _of_module(measure_delay),
    "held": _of_module(measure_held),
    "operators": _of_module(measure_operators),
}
"""By the word in a scenario."""
