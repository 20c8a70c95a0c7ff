"""What held, as files that the page of clients is made of. One client is one file.

A file is a JSON object: ``client``, ``version``, ``package``, ``proof`` (what was counted),
``rows``, each with ``form``, ``stream``, ``holds`` and, where that is false, ``why``; ``late``, the
forms in which it also played the first stream when it came in the midst of it; and ``untried``, a
list of what could not be tried at all, in words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.clients.players import Player
from tests.clients.trial import Row

__all__ = ["RESULTS", "write_results"]

RESULTS: Final = Path(__file__).parents[2] / "docs" / "reference" / "clients"
_UNTRIED: Final = {
    "vlc": ["WebSocket: it has none"],
    "ffmpeg": ["WebSocket: it has none"],
    "ffmpeg-debian": ["WebSocket: it has none"],
    "gstreamer": ["WebSocket: it has none for streams"],
    "curl": ["WebSocket: Debian's is built without", "HLS: it fetches one file"],
}


def write_results(player: Player, rows: Sequence[Row], late: Sequence[Row]) -> None:
    """Write a client's file anew."""
    said = {
        "client": player.name,
        "version": player.version(),
        "package": player.package,
        "proof": player.proof,
        "rows": [_plain(row) for row in rows],
        "late": [row.cell.form.name for row in late if not row.trouble],
        "untried": _UNTRIED.get(player.key, []),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{player.key}.json"
    path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _plain(row: Row) -> dict[str, object]:
    cell = row.cell
    said = {"form": cell.form.name, "stream": cell.stream.name, "holds": not row.trouble}
    return {**said, "why": cell.player.cannot(cell.form, cell.stream)} if row.trouble else said
