"""``python -m tests.browser``: see what Chromium plays, and write it into the table of clients."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import trio

from tests.browser.chromium import CHROMIUM
from tests.browser.watching import CASES, Case, Seen, see_all
from tests.clients.results import RESULTS

_CODECS: Final[Mapping[str, str]] = {
    "h264": "h264+aac", "fat": "h264+aac", "h264-opus": "h264+opus", "av1-opus": "av1+opus",
}  # fmt: skip
"""By the streams of the browser's tests."""
_FILES: Final[Mapping[str, str]] = {
    "mse": "Chromium with the page's own player",
    "video": "Chromium without any script",
    "mpegts.js": "Chromium with mpegts.js",
    "hls.js": "Chromium with hls.js",
    "dash.js": "Chromium with dash.js",
}
_FORMS: Final = {"hls-ll": "http-hls-ll", "hls-ts": "http-hls-ts", "dash": "http-dash"}
"""By ways of playing, where sessions of several are called alike."""
_FRAMES: Final = 10


def main() -> int:
    if CHROMIUM is None:
        print("no chromium here: apt-get install chromium")
        return 1
    with tempfile.TemporaryDirectory() as home:
        seen = trio.run(see_all, Path(home))
    said = subprocess.run([CHROMIUM, "--version"], check=True, capture_output=True, text=True)
    wrong = 0
    for engine, client in _FILES.items():
        cases = [case for case in CASES if case.engine == engine and case in seen.played]
        wrong += sum(not _holds(seen, case) for case in cases)
        rows = [
            {"form": _form(case), "stream": _CODECS[case.stream], "holds": True}
            for case in cases
            if _holds(seen, case)
        ]
        results = {
            "client": client,
            "version": said.stdout.split()[1],
            "package": "Debian: chromium",
            "proof": "frames that it decoded, and that time moved, on the page `/players/`",
            "rows": rows,
            "untried": ["`hevc`: Debian's Chromium has no decoder for it"],
        }
        path = RESULTS / f"chromium-{engine.removesuffix('.js')}.json"
        if rows:
            path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 1 if wrong else 0


def _form(case: Case) -> str:
    return _FORMS.get(case.way, "http-hls" if case.protocol == "hls" else case.protocol)


def _holds(seen: Seen, case: Case) -> bool:
    played = seen.played[case]
    if isinstance(played, Exception):
        print(f"{case}: {played}")
        return False
    return bool(played.about["frames"] >= _FRAMES and played.about["at"] > 0)


if __name__ == "__main__":
    sys.exit(main())
