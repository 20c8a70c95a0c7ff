"""How HLS is measured: its delay, what its files cost beside nginx's, and reloads that wait."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from benchmarks.macro.hls_viewer import Viewer
from benchmarks.macro.servers import Running, pin
from benchmarks.macro.setups import FILES, OURS, Setup
from trio_srs.tools.load.usage import cpu_s, family

if TYPE_CHECKING:
    from benchmarks.macro.measure import Bench, Figures
    from benchmarks.macro.scenarios import Scenario

__all__ = ["measure_delay", "measure_files", "measure_held"]

_VIEWER: Final = (sys.executable, "-m", "benchmarks.macro.hls_viewer")
_PATIENCE_S: Final = 90.0
_FILLS_S: Final = 9.0
"""Until there are several whole segments."""
_WARM_S: Final = 1.0
"""What is asked for again and again is moved to where that costs less: before is not counted."""
_DONE: Final = re.compile(r"(\d+) requests in ")
_FAILED: Final = re.compile(r"Non-2xx or 3xx responses: (\d+)")


def measure_files(bench: Bench, setup: Setup, scenario: Scenario) -> Figures:
    """Segments, parts and playlists by wrk, each over and over on kept connections."""
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not on PATH: apt-get install wrk")
    figures: dict[str, float] = {}
    problems: dict[str, int] = {}
    with bench.streaming(setup, scenario) as running:
        urls = _of_stream(running) if setup.server == OURS else _of_files(running)
        for what, url in urls.items():
            size = len(Viewer(url).file(url))
            _wrk(bench, url, scenario.clients, _WARM_S)
            pids = family([running.pid])
            before_s, began = cpu_s(pids), time.monotonic()
            done, failed = _wrk(bench, url, scenario.clients, max(bench.window_s, 1.0))
            spent_s, took_s = cpu_s(pids) - before_s, time.monotonic() - began
            figures |= {
                f"us_{what}": spent_s * 1e6 / done,
                f"per_s_{what}": done / took_s,
                f"mb_{what}": size * done / 1e6 / spent_s,
                f"bytes_{what}": size,
            }
            if failed:
                problems[f"{what}: failed"] = failed
    return figures, problems, {}


def _of_files(running: Running) -> dict[str, str]:
    return {name: running.file_url(name) for name in FILES}


def _of_stream(running: Running) -> dict[str, str]:
    """The newest segment that is whole, the newest part, and the playlist."""
    viewer = Viewer(running.view_url("s", "m3u8"))
    viewer.find()
    time.sleep(_FILLS_S)
    playlist = viewer.playlist()
    parts = [part for each in playlist.segments for part in each.parts] + list(playlist.parts)
    found = (playlist.segments[-1].uri, parts[-1].uri, viewer.url)
    return {name: urljoin(viewer.url, uri) for name, uri in zip(FILES, found, strict=True)}


def _wrk(bench: Bench, url: str, connections: int, seconds: float) -> tuple[int, int]:
    """How many requests were answered, and how many of them not with 200."""
    words = ["wrk", "--threads", "1", "--connections", str(connections)]
    done = subprocess.run(
        [*words, "--duration", f"{seconds:.0f}s", url], capture_output=True, text=True,
        check=False, timeout=_PATIENCE_S + seconds, preexec_fn=partial(pin, bench.load_core),
    )  # fmt: skip
    count, failed = _DONE.search(done.stdout), _FAILED.search(done.stdout)
    if count is None or not int(count[1]):
        raise RuntimeError(f"wrk {url}: {done.stdout}{done.stderr}")
    return int(count[1]), int(failed[1]) if failed else 0


def measure_delay(bench: Bench, setup: Setup, scenario: Scenario) -> Figures:
    """A viewer that waits before anybody publishes, and then fetches whatever is new at once."""
    with (
        bench.server(setup) as running,
        _viewing(bench, "delay", running, seconds=bench.window_s) as viewing,
        bench.background("latency", running.url("s"), clients=1),  # imports: the viewer is first
    ):
        pids = family([running.pid])
        before_s, began = cpu_s(pids), time.monotonic()
        seen = _seen(viewing, bench.window_s)
        core = 100 * (cpu_s(pids) - before_s) / (time.monotonic() - began)
    took, newest = seen["took_ms"], seen["newest_ms"]
    if not took:
        raise RuntimeError("no frame came")
    figures = {
        "first_s": seen["first_s"],
        "first_segments": seen["first_s"] / seen["segment_s"],
        "p50_ms": statistics.median(took),
        "p99_ms": _p99(took),
        "max_ms": took[-1],
        "played_ms": _p99(newest) + 1000 * seen["hold_back_s"],
        "core": core,
    }
    lost = {"lost_frames": seen["lost_frames"]} if seen["lost_frames"] else {}
    return figures, lost, {name: seen[name] for name in ("frames", "segment_s", "hold_back_s")}


def measure_held(bench: Bench, setup: Setup, scenario: Scenario) -> Figures:
    """Reloads that wait for a part of which some seconds are still to come."""
    with bench.streaming(setup, scenario) as running:
        options = {"count": scenario.clients, "server_pid": running.pid}
        with _viewing(bench, "held", running, **options) as viewing:
            seen = _seen(viewing, bench.window_s)
    figures = {
        "waiting_core": 100 * (seen["waiting_s"] - seen["alone_s"]),
        "woken_us": seen["woken_s"] * 1e6 / scenario.clients,
        "spread_ms": seen["spread_ms"],
    }
    return figures, {"failed": seen["failed"]} if seen["failed"] else {}, dict(seen)


@contextmanager
def _viewing(
    bench: Bench, what: str, running: Running, **options: object
) -> Iterator[subprocess.Popen[str]]:
    """A viewer in a process of its own."""
    words = [*_VIEWER, what, running.view_url("s", "m3u8")]
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}", str(value)]
    viewing = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=partial(pin, bench.load_core),
    )  # fmt: skip
    try:
        yield viewing
    finally:
        viewing.kill()
        viewing.communicate()


def _seen(viewing: subprocess.Popen[str], seconds: float) -> Mapping[str, Any]:
    """What the viewer says in the end. Raises RuntimeError."""
    try:
        said, wrong = viewing.communicate(timeout=_PATIENCE_S + seconds)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"the viewer was not done after {error.timeout:.0f} s") from error
    if viewing.returncode:
        raise RuntimeError(f"the viewer failed: {wrong.strip()[-1000:]}")
    seen: dict[str, Any] = json.loads(said)
    return seen


def _p99(values: list[float]) -> float:
    return values[min(len(values) - 1, len(values) * 99 // 100)]
