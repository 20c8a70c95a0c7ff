"""What runs of ``trio-srs expect`` inside a test say to whoever makes a page of all tests. Floor 6.

A run says it in a file of its own in a folder that an environment variable names, as its program is
started by a test, and not by us; and of which test it is, as pytest tells what it starts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from trio_srs.tools.verdicts.outcome import Outcome, Status
from trio_srs.tools.verdicts.report_table import summary
from trio_srs.tools.verdicts.run_page import SeenPublish

__all__ = ["VARIABLE", "seen_runs", "tell_run"]

VARIABLE: Final = "TRIO_SRS_SEEN_RUNS"
_TEST: Final = "PYTEST_CURRENT_TEST"
"""``tests/test_it.py::test_it (call)``."""
_ENDING: Final = ".json"


def tell_run(outcome: Outcome, environ: Mapping[str, str]) -> None:
    """Say what came of a run, if anybody wants to know. What cannot be said is no fault of it."""
    folder, test = environ.get(VARIABLE), environ.get(_TEST, "").rpartition(" ")[0]
    if not folder or not test:
        return
    failed = [case for case in outcome.cases if case.status is Status.FAILED]
    said = {
        "test": test,
        "stream": outcome.target,
        "summary": outcome.absence if outcome.report is None else summary(outcome.report),
        "end": f"expect: {failed[0].name}: {failed[0].seen}" if failed else "expect: as expected",
    }
    with suppress(OSError):
        path = Path(folder, f"{uuid4().hex}{_ENDING}")
        path.write_text(json.dumps(said), encoding="utf-8")


def seen_runs(folder: Path) -> Iterator[tuple[str, SeenPublish]]:
    """All that was said: the name of the test, and what it saw; the oldest first."""
    paths = sorted(folder.glob(f"*{_ENDING}"), key=lambda path: path.stat().st_mtime_ns)
    for path in paths:
        with suppress(ValueError):  # whoever wrote it was ended meanwhile
            said = json.loads(path.read_text(encoding="utf-8"))
            yield said.pop("test"), SeenPublish(**said)
