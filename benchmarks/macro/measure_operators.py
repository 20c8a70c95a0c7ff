"""How much later media is when a platform asks the API and is called back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs

from benchmarks.macro.servers import free_port, pin

if TYPE_CHECKING:
    from benchmarks.macro.measure import Bench, Figures
    from benchmarks.macro.scenarios import Scenario
    from benchmarks.macro.setups import Setup

__all__ = ["measure_operators"]

_PLATFORM: Final = (sys.executable, "-m", "benchmarks.macro.operators")
_REQUESTS, _CONNECTS = 200, 100
_PUBLISHER_KBIT: Final = 200
_NICE: Final = 5
"""The platform shares a core with who measures, and is to hold that one up less than the server."""


def measure_operators(bench: Bench, setup: Setup, scenario: Scenario) -> Figures:
    """The same players and publishers twice: alone, and with 200 requests to the API and 100
    connects a second, each of which the platform is asked about."""
    api, hooks = free_port(), free_port()
    asked = f'["http://127.0.0.1:{hooks}/"]'
    settings = {
        "api.listen": f'["127.0.0.1:{api}"]', "hooks.on_connect": asked, **setup.settings
    }  # fmt: skip
    platform = subprocess.Popen(
        [
            *_PLATFORM, "--api", str(api), "--hooks", str(hooks),
            "--requests", str(_REQUESTS), "--connects", str(_CONNECTS),
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        preexec_fn=partial(_begin, bench.load_core),
    )  # fmt: skip
    assert platform.stdout is not None
    assert platform.stdin is not None
    platform.stdout.readline()  # it answers calls from now on, those of the players among them
    try:
        with (
            bench.server(attrs.evolve(setup, settings=settings)) as running,
            bench.background(
                "publish", running.url("p%d"), clients=scenario.beside, kbit=_PUBLISHER_KBIT
            ),
            bench.background("publish", running.url("s"), clients=1, kbit=scenario.kbit),
            bench.background(
                "play",
                running.url("s"),
                clients=scenario.clients,
                ramp=scenario.ramp,
                read_round="100ms",
            ),
        ):
            time.sleep(scenario.clients / scenario.ramp)
            load = partial(bench.load, "latency", running.url("l"), running, clients=1, settle="1s")
            quiet = load()
            platform.stdin.write(f"{running.ports.rtmp}\n")
            platform.stdin.flush()
            busy = load()
            done: dict[str, float] = json.loads(platform.communicate("end\n")[0])
    finally:
        platform.kill()
    return _figures(quiet, busy, done), _problems(quiet, busy, done), {"busy": busy, "quiet": quiet}


def _begin(core: int | None) -> None:
    pin(core)
    os.nice(_NICE)


def _figures(
    quiet: dict[str, Any], busy: dict[str, Any], done: dict[str, float]
) -> dict[str, float]:
    before, after = (report["windows"][0]["latency_ms"] for report in (quiet, busy))
    found = {f"{name}_ms": after.get(name, float("nan")) for name in ("p50", "p99", "max")}
    found["quiet_p99_ms"] = before.get("p99", float("nan"))
    found["added_ms"] = found["p99_ms"] - found["quiet_p99_ms"]
    found["core"] = busy["windows"][0]["server"]["cpu_pct"]
    found["own"] = busy["windows"][0]["own_cpu_pct"] + busy["windows"][0]["other_cpu_pct"]
    found["quiet_core"] = quiet["windows"][0]["server"]["cpu_pct"]
    return found | {name: value for name, value in done.items() if name != "failed"}


def _problems(
    quiet: dict[str, Any], busy: dict[str, Any], done: dict[str, float]
) -> dict[str, int]:
    lost = sum(report["windows"][0].get("lost_frames", 0) for report in (quiet, busy))
    counts = {"lost_frames": lost, "requests_failed": int(done["failed"])}
    return {name: count for name, count in counts.items() if count}
