"""The page of facts about a stream."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import attrs

from docs.generators.markdown import page, sentence, table
from docs.generators.source import attribute_docs, type_of
from trio_srs.media import facts

__all__ = ["facts_page"]


@page("the source; edit there.")
def facts_page() -> Iterator[str]:
    """Every fact about a stream, with its unit and definition."""
    yield "# Facts about a stream\n"
    _, *paragraphs = inspect.cleandoc(facts.__doc__ or "").split("\n\n")
    for paragraph in paragraphs:
        yield f"{sentence(paragraph)}\n"
    for cls in fact_classes():
        docs = attribute_docs(cls)
        yield f"## {cls.__name__}\n"
        yield f"{sentence(cls.__doc__)}\n"
        yield from table(
            ["Fact", "Type", "Meaning"],
            (
                [f"`{field.name}`", f"`{type_of(field)}`", sentence(docs[field.name])]
                for field in attrs.fields(cls)
            ),
        )


def fact_classes() -> list[type[attrs.AttrsInstance]]:
    """The classes of facts, each behind the one it is first part of."""
    found: list[type[attrs.AttrsInstance]] = [facts.StreamFacts]
    for cls in found:
        for field in attrs.fields(cls):
            for word in re.findall(r"\w+", str(field.type)):
                part = getattr(facts, word) if word in facts.__all__ else None
                if part is not None and part not in found:
                    found.append(part)
    return found
