"""``python -m tests.clients``: try all clients with all they can, and write what held.

Fails if one does not play what it should, or plays what it is known not to.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import trio

from tests.clients.matrix import FORMS, STREAMS
from tests.clients.players import PLAYERS
from tests.clients.results import write_results
from tests.clients.trial import Row, batches, cells, try_all, try_late
from tests.interop.media import Library


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help=f"of {', '.join(it.key for it in PLAYERS)}")
    parser.add_argument(
        "--form", action="append", default=[], choices=[form.name for form in FORMS],
        help="only this form (repeatable); what was seen of others before is kept",
    )  # fmt: skip
    parser.add_argument("--at-once", type=int, default=9, help="so many clients at once (9)")
    args = parser.parse_args()
    players = [it for it in PLAYERS if not args.only or it.key in args.only]
    there = [player for player in players if player.version()]
    for player in players:
        if player not in there:
            print(f"{player.key}: not here; {player.package}")
    rows: list[Row] = []
    late: list[Row] = []
    with tempfile.TemporaryDirectory() as home:
        library = Library(Path(home))
        tried = [
            cell
            for player in there
            for cell in cells(player)
            if not args.form or cell.form.name in args.form
        ]
        for stream, batch in batches(tried, args.at_once):
            rows += await try_all(stream, batch, library)
            for row in rows[-len(batch) :]:
                print(f"{row.cell}: {row.trouble or 'holds'}", flush=True)
            if stream is STREAMS[0]:
                late += await try_late(stream, batch, library)
    wrong = [row for row in (*rows, *late) if _is_wrong(row)]
    for player in there:
        ours, ours_late = ([it for it in each if it.cell.player is player] for each in (rows, late))
        write_results(player, ours, ours_late, args.form)
    for row in wrong:
        print(f"WRONG {row.cell}: {row.trouble or 'holds, and is said not to'}")
    return 1 if wrong else 0


def _is_wrong(row: Row) -> bool:
    return bool(row.trouble) is not bool(row.cell.player.cannot(row.cell.form, row.cell.stream))


if __name__ == "__main__":
    sys.exit(trio.run(main))
