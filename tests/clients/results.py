"""What held, as files that the page of clients is made of. One client is one file.

A file is a JSON object: ``client``, ``version``, ``package``, ``proof`` (what was counted),
``rows``, each with ``form``, ``stream``, ``holds`` and, where that is false, ``why``; ``late``, the
forms in which it also played the first stream when it came in the midst of it; and ``untried``, a
list of what could not be tried at all, in words.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.clients.matrix import FORMS, STREAMS
from tests.clients.players import Player
from tests.clients.trial import Row

__all__ = ["RESULTS", "write_results"]

RESULTS: Final = Path(__file__).parents[2] / "docs" / "reference" / "clients"
_FORMS: Final = [form.name for form in FORMS]
_STREAMS: Final = [stream.name for stream in STREAMS]
_UNTRIED: Final = {
    "vlc": ["WebSocket: it has none"],
    "ffmpeg": ["WebSocket: it has none"],
    "ffmpeg-debian": ["WebSocket: it has none"],
    "gstreamer": ["WebSocket: it has none for streams"],
    "curl": ["WebSocket: Debian's is built without", "HLS and DASH: it fetches one file"],
}


def write_results(
    player: Player, rows: Sequence[Row], late: Sequence[Row], forms: Collection[str] = ()
) -> None:
    """Write a client's file anew.

    Args:
        forms: those that were tried, if not all were: what was known of others is kept.
    """
    path = RESULTS / f"{player.key}.json"
    known = json.loads(path.read_text(encoding="utf-8")) if forms and path.exists() else {}
    found = [row for row in known.get("rows", ()) if row["form"] not in forms]
    found += [_plain(row) for row in rows]
    also_late = [form for form in known.get("late", ()) if form not in forms]
    also_late += [row.cell.form.name for row in late if not row.trouble]
    said = {
        "client": player.name,
        "version": player.version(),
        "package": player.package,
        "proof": player.proof,
        "rows": sorted(found, key=_place),
        "late": sorted(also_late, key=_FORMS.index),
        "untried": _UNTRIED.get(player.key, []),
    }
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _place(row: Mapping[str, object]) -> tuple[int, int]:
    """Streams are tried one after the other, each in all forms."""
    return _STREAMS.index(str(row["stream"])), _FORMS.index(str(row["form"]))


def _plain(row: Row) -> dict[str, object]:
    cell = row.cell
    said = {"form": cell.form.name, "stream": cell.stream.name, "holds": not row.trouble}
    return {**said, "why": cell.player.cannot(cell.form, cell.stream)} if row.trouble else said
