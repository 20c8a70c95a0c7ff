"""The page of what clients did with faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.generators.markdown import page, table

__all__ = ["fault_clients_page"]

RESULTS: Final = Path(__file__).parent.parent / "reference" / "fault-clients"
_TITLES: Final = {
    "publish": "Publishers",
    "play": "Players",
    "view": "Viewers of FLV, MPEG-TS and MP4 over HTTP",
    "hls": "Viewers of HLS",
    "tls": "Inside TLS",
}
_OF_TABLES: Final = {
    "hls": (
        "Segments of a second, MPEG-TS. What one asks for again is what the fault was done to.\n"
        "curl follows no playlist: it asks for one, and again where the server has trouble.\n"
    ),
    "tls": "With its own settings each: who goes on with a certificate that is over checks none.\n",
}
"""What else there is to say of a table."""


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
    yield "OBS is not among them: it wants a screen. It publishes by a copy of librtmp, so that"
    yield "`rtmpsink` shows what its connection does; OBS then connects again, 2 s after the end of"
    yield "a stream that had begun, and not at all after a first one that failed.\n"
    for role, title in _TITLES.items():
        ours = [each for each in said if each["role"] == role]
        yield f"## {title}\n"
        yield _OF_TABLES.get(role, "")
        for each in ours:
            yield f"- {each['client']} {each['version']}, from {each['package']}"
        yield ""
        faults = list(dict.fromkeys(fault for each in ours for fault in each["outcomes"]))
        yield from table(
            ["Fault", *(each["client"] for each in ours)],
            (
                [f"`{fault}`", *(each["outcomes"].get(fault, "") for each in ours)]
                for fault in faults
            ),
        )
