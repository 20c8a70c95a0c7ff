"""Where the server's time goes in a scenario: a flame graph of py-spy, as SVG.

``python -m benchmarks.macro.profile "play 1000" [--setup ours]``. py-spy looks into a running
process, which needs root, or a kernel that allows it (``kernel.yama.ptrace_scope=0``).
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from benchmarks.macro.machine import cores
from benchmarks.macro.measure import MEASURES, Bench
from benchmarks.macro.scenarios import SCENARIOS
from benchmarks.macro.servers import Running
from benchmarks.macro.setups import OURS, SETUPS, Setup

_FOLDER = Path(__file__).parents[2] / "build" / "profile"
_RATE_HZ = 250
_WRITING_S = 60.0


@attrs.frozen
class _Watched(Bench):
    """A bench whose servers are watched from ready to stop."""

    output: Path = attrs.field(default=_FOLDER / "profile.svg")
    native: bool = False

    @contextmanager
    def server(self, setup: Setup) -> Iterator[Running]:
        with Bench.server(self, setup) as running:
            words = ["py-spy", "record", "--output", str(self.output), "--rate", str(_RATE_HZ)]
            words += ["--native"] if self.native else []
            spy = subprocess.Popen([*words, "--pid", str(running.pid)])
            try:
                yield running
            finally:
                # Before the server is gone: it reads the names of functions there.
                spy.send_signal(2)
                spy.wait(_WRITING_S)
        if not self.output.exists():
            raise RuntimeError("py-spy wrote nothing: is it allowed to look into processes?")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one scenario under py-spy."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.macro.profile", description=__doc__)
    ours = [key for key, setup in SETUPS.items() if setup.server == OURS]
    parser.add_argument(
        "scenario", choices=SCENARIOS, metavar="SCENARIO", help=", ".join(SCENARIOS)
    )
    parser.add_argument("--setup", choices=ours, help="the scenario's first by default")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a window (10)")
    parser.add_argument("--native", action="store_true", help="with frames of C")
    args = parser.parse_args(argv)
    if shutil.which("py-spy") is None:
        print("py-spy is not installed; it is in the group bench", file=sys.stderr)
        return 2
    scenario = SCENARIOS[args.scenario]
    key = args.setup or next(each for each in scenario.setups if each in ours)
    _FOLDER.mkdir(parents=True, exist_ok=True)
    output = _FOLDER / f"{scenario.name} {key}.svg".replace(" ", "-").replace(",", "")
    output.unlink(missing_ok=True)
    bench = _Watched(*cores(), args.seconds, output, args.native)
    try:
        measured = MEASURES[scenario.measure](bench, SETUPS[key], scenario)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print({name: round(value, 4) for name, value in measured.figures.items()})
    print(output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
