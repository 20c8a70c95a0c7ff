"""``python -m tests.fault_clients``: have every client meet every fault, and write what it did."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import trio

from tests.fault_clients.meeting import SOURCE, Meeting, meet
from tests.fault_clients.situations import CLIENTS, Client, faults_of
from tests.interop.media import Library

RESULTS: Final = Path(__file__).parents[2] / "docs" / "reference" / "fault-clients"


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help=f"of {', '.join(it.key for it in CLIENTS)}")
    parser.add_argument("--at-once", type=int, default=16, help="so many at once (16)")
    parser.add_argument("--watch", type=float, default=10.0, help="seconds behind a fault (10)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where they are written")
    args = parser.parse_args()
    clients = [it for it in CLIENTS if not args.only or it.key in args.only]
    there = [it for it in clients if os.access(it.program, os.X_OK)]
    found: list[Meeting] = []
    room = trio.CapacityLimiter(args.at_once)

    async def try_one(client: Client, fault: str, source: Path) -> None:
        async with room:
            meeting = await meet(client, fault, source, args.watch)
        found.append(meeting)
        print(f"{client.key}: {fault}: {meeting.outcome}", flush=True)

    with tempfile.TemporaryDirectory() as home:
        source = Library(Path(home)).made("faults", SOURCE)
        async with trio.open_nursery() as nursery:
            for client in there:
                for fault in faults_of(client):
                    nursery.start_soon(try_one, client, fault, source)
    for client in there:
        _write(client, [it for it in found if it.client is client], args.results)
    return 0


def _write(client: Client, met: list[Meeting], folder: Path) -> None:
    outcomes = {it.fault: it.outcome for it in met}
    said = {
        "client": client.name,
        "role": client.role,
        "version": _version(client),
        "package": client.package,
        "outcomes": {fault: outcomes[fault] for fault in faults_of(client)},
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{client.key}.json"
    path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _version(client: Client) -> str:
    done = subprocess.run(client.says_version, capture_output=True, text=True, check=False)
    found = re.search(r"(?:version n?|RTMPDump v|curl )(\d[\w.]*)", done.stdout + done.stderr)
    return found[1] if found else ""


if __name__ == "__main__":
    sys.exit(trio.run(main))
