"""The page of what clients did with faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.generators.markdown import page, table

__all__ = ["fault_clients_page"]

RESULTS: Final = Path(__file__).parent.parent / "reference" / "fault-clients"


@page("docs/reference/fault-clients.")
def fault_clients_page() -> Iterator[str]:
    """What clients were seen to do with faults: of each a file, written by those who tried it."""
    yield "# Clients and faults\n"
    yield "What clients of others did when a server did each of these [faults](faults.md) to them,"
    yield "judged by what the server saw and not by their exit codes: whether the connection goes"
    yield "on, waits without a byte of media, ends, or comes again, in the ten seconds behind the"
    yield "fault. *Not met*: the client never comes to that moment. Each published noise of about"
    yield "2 Mbit/s in real time, or played it. `nox -s faults` tries all of it anew.\n"
    files = sorted(RESULTS.glob("*.json"))
    said = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    for role, title in (("publish", "Publishers"), ("play", "Players")):
        ours = [each for each in said if each["role"] == role]
        yield f"## {title}\n"
        for each in ours:
            yield f"- {each['client']} {each['version']}, from {each['package']}"
        yield ""
        faults = list(ours[0]["outcomes"]) if ours else []
        yield from table(
            ["Fault", *(each["client"] for each in ours)],
            ([f"`{fault}`", *(each["outcomes"][fault] for each in ours)] for fault in faults),
        )
