"""What pages of HTML have in common: colours, marks, and text without markup. Floor 6."""

from __future__ import annotations

import html
from typing import Final

from trio_srs.tools.verdicts.outcome import Status
from trio_srs.tools.verdicts.printable import printable

__all__ = ["MARKS", "STYLE", "plain_text"]

STYLE: Final = """\
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
MARKS: Final = {Status.MET: "✓", Status.FAILED: "✗", Status.SKIPPED: "?"}


def plain_text(text: str) -> str:
    """The same to be shown as it is: nothing in it is markup."""
    return html.escape(printable(text))
