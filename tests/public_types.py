"""No public name of the installed package may have a type that users' checkers cannot know.

Runs ``pyright --verifytypes`` and fails for every exported symbol of unknown type. Its own
verdict is stricter: an attribute without annotation that is assigned an ``int`` counts as
ambiguous there, though every checker infers the same; mypy strict covers those. Needs the
package installed otherwise than in editable mode, which pyright does not see through.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any


def report() -> dict[str, Any]:
    """What pyright says about the package, or SystemExit if it says nothing of use."""
    command = ["pyright", "--outputjson", "--ignoreexternal", "--verifytypes", "trio_srs"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found: dict[str, Any] = json.loads(run.stdout)["typeCompleteness"]
    except (ValueError, KeyError):
        raise SystemExit(f"pyright failed:\n{run.stdout}{run.stderr}") from None
    if not found.get("pyTypedPath"):
        raise SystemExit("pyright sees no installed trio_srs with py.typed (editable mode?)")
    return found


def unknown(found: dict[str, Any]) -> Iterator[str]:
    """A line for each exported symbol of unknown type."""
    for symbol in found["symbols"]:
        if symbol["isExported"] and not (symbol["isTypeKnown"] or symbol["isTypeAmbiguous"]):
            said = "; ".join(d["message"].splitlines()[0] for d in symbol["diagnostics"])
            yield f"{symbol['name']}: {said or 'made of something unknown'}"


def main() -> int:
    found = report()
    lines = list(unknown(found))
    print(*lines, sep="\n", end="\n" if lines else "")
    total = sum(found["exportedSymbolCounts"].values())
    print(f"{len(lines)} of {total} public names have an unknown type")
    return 1 if lines or not total else 0


if __name__ == "__main__":
    sys.exit(main())
