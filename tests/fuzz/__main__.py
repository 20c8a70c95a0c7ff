"""Fuzz for a time: ``python -m tests.fuzz [--seconds 60] [TARGET...]``; needs atheris.

Every target runs in a process of its own, one after the other. Inputs that led somewhere are kept
in ``build/fuzz/TARGET`` and are where the next run starts; what breaks a law is kept beside them as
``crash-...`` (or ``timeout-...``), and ``--again FILE`` runs a target over it. What is
understood becomes an ``@example`` or a file of ``tests/data``.
"""

from __future__ import annotations

import argparse
import importlib
import re
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path
from typing import Final

from tests.fuzz.targets import TARGETS, Target

_FOUND: Final = Path(__file__).parents[2] / "build" / "fuzz"
_SLOW_S: Final = 30
"""An input that takes so long is a finding too."""
_LAST_WORDS: Final = 25


def main(argv: Sequence[str] | None = None) -> int:
    """Fuzz, and say how many runs there were. 1 if something broke a law."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", metavar="TARGET", nargs="*", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--again", metavar="FILE", type=Path, help="run one target over this")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    names = args.targets or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"no target {', '.join(unknown)}")
    if args.again:
        TARGETS[names[0]].load()(args.again.read_bytes())
    elif args.here:
        _fuzz(TARGETS[names[0]], _FOUND / names[0], args.seconds)
    else:
        broken = [name for name in names if not _apart(name, args.seconds)]
        return int(bool(broken))
    return 0


def _apart(name: str, seconds: int) -> bool:
    """Fuzz in a process of its own: libFuzzer ends the one it is in. Whether all laws held."""
    command = [sys.executable, "-m", "tests.fuzz", "--here", "--seconds", str(seconds), name]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    ran = re.search(r"Done (\d+) runs in (\d+) second", done.stderr)
    if done.returncode == 0 and ran:
        runs, took = int(ran[1]), max(1, int(ran[2]))
        print(f"{name}: {runs} runs, {runs // took} a second", flush=True)
        return True
    print(f"{name}: FAILED, status {done.returncode}")
    print("\n".join((done.stdout + done.stderr).splitlines()[-_LAST_WORDS:]), flush=True)
    return False


def _fuzz(target: Target, folder: Path, seconds: int) -> None:
    """Run until the time is over or something is found; does not return."""
    atheris = importlib.import_module("atheris")
    watched = [*(f"trio_srs.wire.{part}" for part in target.watches), *target.libraries]
    with atheris.instrument_imports(include=watched):
        check = target.load()
    folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (folder / sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
    flags = (
        f"-max_total_time={seconds}", f"-max_len={target.longest}", f"-timeout={_SLOW_S}",
        f"-artifact_prefix={folder}/", "-print_final_stats=1",
    )  # fmt: skip
    atheris.Setup([sys.argv[0], *flags, str(folder)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
