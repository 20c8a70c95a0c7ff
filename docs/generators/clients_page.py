"""The page of what clients play over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import attrs

from docs.generators.markdown import page, table
from trio_srs.service.http.view import VIEWS
from trio_srs.wire.codec.ids import BY_NAME

__all__ = ["clients_page"]

RESULTS: Final = Path(__file__).parent.parent / "reference" / "clients"
SCHEMES: Final = ("http", "https", "ws", "wss")
LISTS: Final = ("hls", "hls-ll", "hls-ts", "dash")
"""Forms that are a list of segments."""


@page("docs/reference/clients; see tests/clients.")
def clients_page() -> Iterator[str]:
    """What was seen to play what: of each client a file, written by those who tried it."""
    yield "# Clients over HTTP\n"
    yield "What real clients were seen to play, of streams of two seconds that ffmpeg published by"
    yield "RTMP. A column is the codecs of a stream, a row the form it was asked for in: *yes* was"
    yield "played to its end; *no* was tried and is not played, for the reason below the table; and"
    yield "where there is nothing it was not tried. A form that has no place for a codec, as"
    yield "[containers](containers.md) says, is not tried with it. `hls` is HLS of fragmented MP4,"
    yield "which is offered with low latency, `hls-ll` where that is taken up; streams are of six"
    yield "seconds there, and of `dash` too, where clients are ended when they have shown them:"
    yield "some go on asking. `nox -s clients` tries all of it anew, for the clients that are"
    yield "there; the usual tests try some.\n"
    for path in sorted(RESULTS.glob("*.json")):
        yield from _client(ClientResults.read(path))


@attrs.frozen
class ClientResults:
    """What one client played."""

    client: str
    version: str
    package: str
    """Where it comes from."""
    proof: str
    """What was counted."""
    held: dict[tuple[str, str], str]
    """By form and stream: why it is not played, in words; empty if it is."""
    late: list[str]
    """The forms in which it also played when it came in the midst of a stream."""
    untried: list[str]
    """What could not be tried at all, and why."""

    @classmethod
    def read(cls, path: Path) -> ClientResults:
        """Read a file. Raises ValueError: an unknown form or codec, or a reason is missing."""
        said = json.loads(path.read_text(encoding="utf-8"))
        held = {}
        for row in said["rows"]:
            form, stream = row["form"], row["stream"]
            scheme, _, view = form.partition("-")
            if scheme not in SCHEMES or (f".{view}" not in VIEWS and view not in LISTS):
                raise ValueError(f"{path}: {form} is no form that is served")
            if unknown := set(stream.split("+")) - set(BY_NAME):
                raise ValueError(f"{path}: {', '.join(unknown)} is no codec")
            why = row.get("why", "")
            if row["holds"] is bool(why):
                raise ValueError(f"{path}: {form} of {stream} needs a reason if it does not hold")
            held[form, stream] = why
        return cls(
            said["client"],
            said["version"],
            said["package"],
            said["proof"],
            held,
            said.get("late", []),
            said["untried"],
        )


def _client(results: ClientResults) -> Iterator[str]:
    yield f"## {results.client} {results.version}\n"
    yield f"From {results.package}. Counted: {results.proof}.\n"
    views = (*(view.name for view in VIEWS.values()), *LISTS)
    served = (f"{scheme}-{view}" for scheme in SCHEMES for view in views)
    tried = {form for form, _ in results.held}
    forms = [form for form in served if form in tried]
    streams = list(dict.fromkeys(stream for _, stream in results.held))
    reasons = list(dict.fromkeys(filter(None, results.held.values())))

    def cell(form: str, stream: str) -> str:
        why = results.held.get((form, stream))
        return "" if why is None else f"no ({reasons.index(why) + 1})" if why else "yes"

    head = ["form", *(f"`{stream}`" for stream in streams)]
    yield from table(head, ([f"`{form}`", *(cell(form, it) for it in streams)] for form in forms))
    yield from (f"- ({number}) {why}." for number, why in enumerate(reasons, 1))
    if results.late:
        yield f"- Also from the midst of a stream: {', '.join(f'`{it}`' for it in results.late)}."
    yield from (f"- Not tried: {what}." for what in results.untried)
    yield ""
