"""The page of reports, sessions and waits."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Final

import attrs

from docs.generators.markdown import page, sentence, table
from docs.generators.source import attribute_docs, type_of
from trio_srs.hub.sessions import RequestFacts, SessionFacts
from trio_srs.hub.waiting import Reached, UntilKind
from trio_srs.media.packaging_facts import AnswerFacts, PackagingFacts, PieceFacts, RuleBreach
from trio_srs.media.remux.left_out import LeftOutReason
from trio_srs.media.report import Conduct, Oddity, Step, StepKind, StreamReport
from trio_srs.wire.mp4.mp4_oddity import Mp4OddityKind
from trio_srs.wire.rtmp.oddity import OddityKind
from trio_srs.wire.ts.ts_oddity import TsOddityKind

__all__ = ["reports_page"]

WORDS: Final[dict[type[enum.StrEnum], str]] = {
    StepKind: "Steps",
    UntilKind: "Waits",
    OddityKind: "Oddities",
    TsOddityKind: "Oddities of transport streams",
    Mp4OddityKind: "Oddities of MP4",
    LeftOutReason: "Oddities of what is not read",
}
"""The closed lists of words that are in reports."""


@page("the source; edit there.")
def reports_page() -> Iterator[str]:
    """Every attribute of a report, of a session and of a wait, and the words they have."""
    yield "# Reports, sessions and waits\n"
    yield "`Server.reports` makes a `StreamReport` of every publish, `Server.sessions()` a"
    yield "`SessionFacts` of every session, and `Server.wait_for()` gives back a `Reached`. In JSON"
    yield "the names are the same. [Inspection](../discussion/inspection.md) says how they come"
    yield "about.\n"
    of_packaging = (PackagingFacts, PieceFacts, AnswerFacts, RuleBreach)
    of_session = (SessionFacts, RequestFacts, Reached)
    for cls in (StreamReport, Step, Conduct, Oddity, *of_packaging, *of_session):
        yield f"## {cls.__name__}\n"
        yield f"{sentence(cls.__doc__)}\n"
        yield from _attributes(cls)
    for words, title in WORDS.items():
        docs = attribute_docs(words)
        yield f"## {title}\n"
        yield f"{sentence(words.__doc__)}\n"
        rows = ([f"`{word.value}`", sentence(docs[word.name])] for word in words)
        yield from table(["Word", "Meaning"], rows)


def _attributes(cls: type[attrs.AttrsInstance]) -> Iterator[str]:
    docs = attribute_docs(cls)
    yield from table(
        ["Attribute", "Type", "Meaning"],
        (
            [f"`{field.name}`", f"`{type_of(field)}`", sentence(docs.get(field.name, ""))]
            for field in attrs.fields(cls)
        ),
    )
