"""The page of kinds of fault."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generators.markdown import code, page, sentence, table
from docs.generators.source import attribute_docs
from trio_srs.faults.fault import EVERYBODY, Fault
from trio_srs.faults.fault_kind import KINDS, FaultKind, FaultMoment
from trio_srs.faults.fault_text import KEYS

__all__ = ["faults_page"]


@page("the source; edit there.")
def faults_page() -> Iterator[str]:
    """Every kind of fault, with its moments and keys."""
    yield "# Faults\n"
    yield "What a server can do wrong on purpose, so that clients can be tested with it;"
    yield "[how to ask for it](../howto/faults.md) is a page of its own. A fault is"
    yield "`KIND [MOMENT] [KEY=VALUE ...]`, such as `reset publish after=2s times=1`, the same in a"
    yield "test, a configuration and on the command line. Without a moment it is the first that is"
    yield "named here.\n"
    yield "## Kinds\n"
    kinds = attribute_docs(FaultKind)
    yield from table(
        ["Kind", "Meaning", "Moments", "Keys of its own"],
        (
            [
                f"`{kind.value}`",
                sentence(kinds[kind.name]),
                code(moment.value for moment in choice.moments),
                code(sorted(Fault.keys_of(kind) - EVERYBODY)),
            ]
            for kind, choice in KINDS.items()
        ),
    )
    yield "## Moments\n"
    moments = attribute_docs(FaultMoment)
    yield from table(
        ["Moment", "Meaning"], ([f"`{it.value}`", sentence(moments[it.name])] for it in FaultMoment)
    )
    yield "## Keys\n"
    yield "Those of every kind come first.\n"
    first = sorted(KEYS.items(), key=lambda item: item[0] not in EVERYBODY)
    yield from table(["Key", "Meaning"], ([f"`{key}`", known.meaning] for key, known in first))
    yield "## What contradicts\n"
    yield "Two faults that may both be due for one peer are refused if they decide the same:\n"
    decided: dict[str, list[str]] = {}
    for kind, choice in KINDS.items():
        if choice.decides:
            decided.setdefault(choice.decides, []).append(kind.value)
    yield from table(["What they decide", "Kinds"], ([it, code(of)] for it, of in decided.items()))
