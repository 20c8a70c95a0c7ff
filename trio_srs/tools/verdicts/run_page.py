"""All tests of a run as one page of HTML that needs nothing else to be shown. Floor 6."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import attrs

from trio_srs.tools.verdicts.outcome import Status
from trio_srs.tools.verdicts.page_style import MARKS, STYLE, plain_text
from trio_srs.version import VERSION

__all__ = ["RunCase", "SeenPublish", "run_page"]

_ORDER = (Status.FAILED, Status.MET, Status.SKIPPED)


@attrs.frozen(kw_only=True)
class SeenPublish:
    """One publish that a test saw."""

    stream: str
    summary: str
    """What it was, in one line."""
    end: str
    """How it ended."""


@attrs.frozen(kw_only=True)
class RunCase:
    """One test of a run."""

    name: str
    status: Status
    seconds: float
    message: str = ""
    """Of a test that failed, the first fact that is not as it was expected; why one was skipped."""
    publishes: tuple[SeenPublish, ...] = ()
    files: tuple[str, ...] = ()
    """What is kept of it: paths as seen from the page."""


def run_page(title: str, cases: Sequence[RunCase], ended_at: float) -> str:
    """The whole page as text: it needs no other file; those that it names are linked.

    Args:
        title: what ran.
        ended_at: when: seconds since 1970.
    """
    return "\n".join(_parts(title, cases, ended_at))


def _parts(title: str, cases: Sequence[RunCase], ended_at: float) -> Iterator[str]:
    failed = sum(case.status is Status.FAILED for case in cases)
    verdict = f"{failed} of {len(cases)} failed" if failed else f"{len(cases)} as expected"
    heading = f"{plain_text(title)}: {verdict}"
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>{heading}</title>"
    yield f"<style>{STYLE}</style></head><body>"
    yield f"<h1>{heading}</h1>"
    yield "<table><tr><th><th>test<th>what was published<th>kept<th>seconds"
    for status in _ORDER:
        yield from (_row(case) for case in cases if case.status is status)
    yield "</table>"
    made = datetime.fromtimestamp(ended_at, UTC).isoformat(sep=" ", timespec="seconds")
    yield f"<p class=small>trio-srs {VERSION}, {made.replace('+00:00', ' UTC')}</p>"
    yield "</body></html>\n"


def _row(case: RunCase) -> str:
    cells = (
        MARKS[case.status],
        "<br>".join(map(plain_text, filter(None, (case.name, case.message)))),
        "<br>".join(_publish(each) for each in case.publishes),
        "<br>".join(_links(case.files)),
        f"{case.seconds:.2f}",
    )
    return f'<tr class="{case.status.value}"><td>{"<td>".join(cells)}'


def _publish(seen: SeenPublish) -> str:
    return plain_text(f"{seen.stream}: {seen.summary}; {seen.end}")


def _links(files: Iterable[str]) -> Iterator[str]:
    for path in files:
        name = path.replace("\\", "/").rpartition("/")[2]
        yield f'<a href="{plain_text(quote(path))}">{plain_text(name)}</a>'
