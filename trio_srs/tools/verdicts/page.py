"""The report as one page of HTML that needs nothing else to be shown. Floor 6."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from trio_srs.media.expect.judge import Verdict
from trio_srs.media.report import StreamReport
from trio_srs.tools.verdicts.drawing import svg
from trio_srs.tools.verdicts.outcome import Case, Outcome, SeenPicture, Status
from trio_srs.tools.verdicts.printable import printable
from trio_srs.tools.verdicts.report_table import report_sections, summary
from trio_srs.tools.verdicts.series import plots
from trio_srs.version import VERSION

__all__ = ["page"]

_STYLE: Final = """\
body { font: 15px/1.5 system-ui, sans-serif; max-width: 66em; margin: 2em auto; padding: 0 1em;
  color: #222; background: #fff }
h1 { font-size: 1.5em; margin-bottom: 0 } h2 { font-size: 1.2em; margin-top: 1.8em }
table { border-collapse: collapse; margin: 0.5em 0; font-variant-numeric: tabular-nums }
td, th { padding: 0.15em 1em 0.15em 0; border-bottom: 1px solid #ddd; text-align: left;
  vertical-align: top; overflow-wrap: anywhere }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(28em, 1fr)); gap: 0 2em }
.facts h3 { font-size: 1em; margin: 1em 0 0 } .facts td:first-child { color: #666;
  white-space: nowrap }
.ok td:first-child { color: #17662e } .failed td { color: #b00020 }
.skipped td { color: #888 } figure { margin: 1em 0 } figure svg { width: 100%; height: auto }
.pictures { display: flex; flex-wrap: wrap; gap: 1em } .pictures figure { margin: 0 }
.pictures img { max-width: 20em } .pictures figcaption { color: #666 }
.worst { flex-basis: 100% } .worst figcaption { color: #b00020 }
pre { background: #f6f6f6; padding: 0.7em; overflow-x: auto } .small { color: #666 }
"""
_MARKS: Final = {Status.MET: "✓", Status.FAILED: "✗", Status.SKIPPED: "?"}


def page(outcome: Outcome) -> str:
    """The whole page as text: it needs no other file."""
    return "\n".join(_parts(outcome))


def _parts(outcome: Outcome) -> Iterator[str]:
    failed = sum(case.status is Status.FAILED for case in outcome.cases)
    verdict = f"{failed} of {len(outcome.cases)} not met" if failed else "as expected"
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>{_text(outcome.target)}: {verdict}</title>"
    yield f"<style>{_STYLE}</style></head><body>"
    yield f"<h1>{_text(outcome.target)}: {verdict}</h1>"
    if outcome.report is not None:
        yield f"<p>{_text(summary(outcome.report))}</p>"
    yield from (f"<p>{_text(remark)}</p>" for remark in outcome.remarks)
    yield _cases(outcome.cases)
    yield from _pictures(outcome.pictures)
    if outcome.program is not None:
        yield f"<p class=small>The command: <code>{_text(str(outcome.program))}</code></p>"
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
        seen = "<br>".join(map(_text, (case.seen, *case.details)))
        mark, name = _MARKS[case.status], _text(case.name)
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
        yield f"<figcaption>{_text(title)}</figcaption></figure>"
    yield "</div>"


def _image(jpeg: bytes, text: str) -> str:
    data = base64.b64encode(jpeg).decode()
    return f'<img src="data:image/jpeg;base64,{data}" alt="{_text(text)}" title="{_text(text)}">'


def _report(title: str, report: StreamReport, verdicts: tuple[Verdict, ...] = ()) -> Iterator[str]:
    """Plots and facts of one stream."""
    yield f"<h2>{_text(title)}</h2>"
    if not report.trace.complete:
        yield f"<p class=small>The plots are of the first {len(report.trace)} frames.</p>"
    for plot in plots(report.trace, verdicts):
        yield f"<figure>{svg(plot)}</figure>"
    yield '<div class="facts">'
    for name, rows in report_sections(report):
        cells = "".join(f"<tr><td>{_text(key)}<td>{_text(value)}" for key, value in rows)
        yield f"<section><h3>{_text(name)}</h3><table>{cells}</table></section>"
    yield "</div>"


def _lines(lines: Iterable[str]) -> str:
    return f"<pre>{chr(10).join(map(_text, lines))}</pre>"


def _text(text: str) -> str:
    """Text in which nothing is markup."""
    return html.escape(printable(text))
