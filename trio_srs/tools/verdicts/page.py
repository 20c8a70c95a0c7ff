"""The report as one page of HTML that needs nothing else to be shown. Floor 6."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from trio_srs.media.expect.judge import Verdict
from trio_srs.media.report import StreamReport
from trio_srs.tools.verdicts.drawing import svg
from trio_srs.tools.verdicts.outcome import Case, Outcome, SeenPicture, Status
from trio_srs.tools.verdicts.page_style import MARKS, STYLE, plain_text
from trio_srs.tools.verdicts.report_table import report_sections, summary
from trio_srs.tools.verdicts.series import plots
from trio_srs.version import VERSION

__all__ = ["page"]


def page(outcome: Outcome) -> str:
    """The whole page as text: it needs no other file."""
    return "\n".join(_parts(outcome))


def _parts(outcome: Outcome) -> Iterator[str]:
    failed = sum(case.status is Status.FAILED for case in outcome.cases)
    verdict = f"{failed} of {len(outcome.cases)} not met" if failed else "as expected"
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>{plain_text(outcome.target)}: {verdict}</title>"
    yield f"<style>{STYLE}</style></head><body>"
    yield f"<h1>{plain_text(outcome.target)}: {verdict}</h1>"
    if outcome.report is not None:
        yield f"<p>{plain_text(summary(outcome.report))}</p>"
    yield from (f"<p>{plain_text(remark)}</p>" for remark in outcome.remarks)
    yield _cases(outcome.cases)
    yield from _pictures(outcome.pictures)
    if outcome.program is not None:
        yield f"<p class=small>The command: <code>{plain_text(str(outcome.program))}</code></p>"
        if outcome.program.last_lines:
            yield f"<h2>What the command said last</h2>{_lines(outcome.program.last_lines)}"
    if outcome.report is not None:
        yield from _report("The stream", outcome.report, outcome.verdicts)
    if outcome.source is not None:
        yield from _report("Its source", outcome.source)
    for number, report in enumerate(outcome.earlier, 1):
        yield from _report(f"Publish {number} of the same name", report)
    made = datetime.fromtimestamp(outcome.began_at, UTC).isoformat(sep=" ", timespec="seconds")
    yield f"<p class=small>trio-srs {VERSION}, {made.replace('+00:00', ' UTC')}</p>"
    yield "</body></html>\n"


def _cases(cases: Iterable[Case]) -> str:
    rows = ["<table><tr><th><th>expected<th>seen"]
    for case in cases:
        seen = "<br>".join(map(plain_text, (case.seen, *case.details)))
        mark, name = MARKS[case.status], plain_text(case.name)
        rows.append(f'<tr class="{case.status.value}"><td>{mark}<td>{name}<td>{seen}')
    return "\n".join((*rows, "</table>"))


def _pictures(pictures: Iterable[SeenPicture]) -> Iterator[str]:
    """What was to be seen: first what breaks a rule, beside its reference."""
    shown = list(pictures)
    if not shown:
        return
    yield '<h2>The picture, decoded</h2><div class="pictures">'
    for picture in shown:
        title = ": ".join(filter(None, (picture.rule, picture.title)))
        yield f"<figure{' class=worst' if picture.rule else ''}>{_image(picture.jpeg, title)}"
        if picture.reference is not None:
            yield _image(picture.reference, "its reference")
        yield f"<figcaption>{plain_text(title)}</figcaption></figure>"
    yield "</div>"


def _image(jpeg: bytes, text: str) -> str:
    data = base64.b64encode(jpeg).decode()
    text = plain_text(text)
    return f'<img src="data:image/jpeg;base64,{data}" alt="{text}" title="{text}">'


def _report(title: str, report: StreamReport, verdicts: tuple[Verdict, ...] = ()) -> Iterator[str]:
    """Plots and facts of one stream."""
    yield f"<h2>{plain_text(title)}</h2>"
    if not report.trace.complete:
        yield f"<p class=small>The plots are of the first {len(report.trace)} frames.</p>"
    for plot in plots(report.trace, verdicts):
        yield f"<figure>{svg(plot)}</figure>"
    yield '<div class="facts">'
    for name, rows in report_sections(report):
        cells = "".join(f"<tr><td>{plain_text(key)}<td>{plain_text(value)}" for key, value in rows)
        yield f"<section><h3>{plain_text(name)}</h3><table>{cells}</table></section>"
    yield "</div>"


def _lines(lines: Iterable[str]) -> str:
    return f"<pre>{chr(10).join(map(plain_text, lines))}</pre>"
