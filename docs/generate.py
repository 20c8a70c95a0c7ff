"""Write the pages of ``docs/reference``, and the names for type checkers, made from the source.

``python docs/generate.py`` writes them; with ``--check`` it writes nothing and fails when a
page is not what it would write. What makes each is in ``docs/generators``. The page of the
configuration has its own generator, ``trio_srs.config.reference``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
REFERENCE: Final = ROOT / "docs" / "reference"

sys.path.insert(0, str(ROOT))  # where a script is started from its own folder, this is not there

from docs.generators.pages import MODULES, PAGES  # noqa: E402  the line above lets it be found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on differences")
    check: bool = parser.parse_args().check
    stale = []
    pages = {REFERENCE / name: render for name, render in PAGES.items()}
    modules = {ROOT / name: render for name, render in MODULES.items()}
    for path, render in {**pages, **modules}.items():
        text = render()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        print(f"{shown}: {'out of date' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
