"""The page of what expectations can be about."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from docs.generators.markdown import code, page, sentence, table
from docs.generators.source import attribute_docs, type_of
from trio_srs.media import facts
from trio_srs.media.expect import SUBJECTS, Operator, Subject
from trio_srs.media.expect.health_subjects import FRONT, HEALTH
from trio_srs.media.expect.operators import ALIASES
from trio_srs.media.expect.quantity import write_number
from trio_srs.media.expect.subject import OPERATORS, Kind
from trio_srs.media.expect.tolerance import TOLERANCES

__all__ = ["expectations_page"]


@page("the source; edit there.")
def expectations_page() -> Iterator[str]:
    """How rules are written, and everything that they can be about."""
    yield "# What expectations can be about\n"
    yield "A rule is `SUBJECT OPERATOR VALUE`, such as `video.fps ~ 25±0.5`; a subject that is true"
    yield "or false may stand alone. A number without a unit is in the subject's own. With"
    yield "`source.` before it a subject is about what a command was given to pull, and"
    yield "`metadata.KEY` is what `onMetaData` says of a key.\n"
    yield "## Operators\n"
    docs = attribute_docs(Operator)
    written = {name: [w for w, it in ALIASES.items() if it is name] for name in Operator}
    written[Operator.WITHIN] = [Operator.WITHIN.written]
    yield from table(
        ["Written", "Met by"],
        ([code(written[each]), sentence(docs[each.name])] for each in Operator),
    )
    yield from table(
        ["Of", "may be asked"],
        ([kind.value, code(each.written for each in OPERATORS[kind])] for kind in Kind),
    )
    yield "Without a tolerance, as in `~ 30`, it is this share of the number or so much of its"
    yield "unit, whichever is more:\n"
    yield from table(
        ["Unit", "Share", "At least"],
        (
            [unit or "none", f"{each.percent} %", write_number(each.least, unit)]
            for unit, each in TOLERANCES.items()
        ),
    )
    yield from _healthy()
    yield "## Subjects\n"
    head = ["Subject", "Is", "Unit", "Meaning"]
    yield from table(head, (_subject_row(subject) for subject in SUBJECTS.values()))


def _healthy() -> Iterator[str]:
    yield "## A healthy stream\n"
    yield f"`{FRONT}` alone asks for all of these rules: nothing is wrong with a stream that meets"
    yield "them, whatever it is. Each is about every track, and has a verdict of its own. Where"
    yield "there is nothing that a rule could be about, as keyframes in sound alone, it is met."
    yield "What stands behind `but` changes rules and leaves rules out, joined by `and`:"
    yield f"`{FRONT} but keyframes <= 4 s and end off`; in a table it is"
    yield f'`{FRONT} = true` or `{FRONT} = "but end off"`, and in Python'
    yield f'`expect(report).{FRONT}(keyframes=at_most("4 s"), end=False)`.\n'
    yield from table(
        ["Rule", "Asks by default", "What it is about"],
        (
            [f"`{name}`", f"`{rule.condition}`", sentence(rule.subject.definition)]
            for name, rule in HEALTH.items()
        ),
    )


def _subject_row(subject: Subject) -> list[str]:
    meaning = sentence(subject.definition) if subject.definition else _fact(subject.path)
    return [f"`{subject.name}`", subject.kind.value, subject.unit, meaning]


def _fact(path: tuple[str, ...]) -> str:
    """What a fact says of itself; ``video`` and ``audio`` in front are the first such track."""
    cls: type[attrs.AttrsInstance] = facts.StreamFacts
    if path[0] in ("video", "audio"):
        cls, path = facts.TrackFacts, path[1:]
    for name in path[:-1]:
        [field] = [field for field in attrs.fields(cls) if field.name == name]
        cls = getattr(facts, type_of(field))
    return sentence(attribute_docs(cls)[path[-1]])
