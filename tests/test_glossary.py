"""The glossary has every noun of the architecture, once, and where it stands in the source."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import attrs
import pytest

DOCS: Final = Path(__file__).parent.parent / "docs"
GLOSSARY: Final = DOCS / "reference" / "glossary.md"
ARCHITECTURE: Final = DOCS / "discussion" / "architecture.md"
EMPHASIS: Final = re.compile(r"(?<![*\w])\*([A-Za-z][\w -]*)\*(?![*\w])")


@attrs.frozen
class Entry:
    """One line of the glossary."""

    term: str
    meaning: str
    source: str
    """The names in the source, as they are written on the page."""


def entries() -> list[Entry]:
    rows = (line.strip("| ").split(" | ") for line in GLOSSARY.read_text().splitlines())
    return [Entry(*row) for row in rows if len(row) == 3][2:]


def test_every_term_stands_there_once_and_in_its_place() -> None:
    terms = [entry.term for entry in entries()]
    assert terms == sorted(set(terms), key=str.casefold)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.term)
def test_a_term_is_said_in_a_sentence_and_found_in_the_source(entry: Entry) -> None:
    """That there is such a name is seen by the tests of all pages."""
    assert entry.meaning.endswith(".")
    assert re.fullmatch(r"`trio_srs(\.\w+)+:\w+`", entry.source)


def test_the_nouns_of_the_architecture_stand_in_it() -> None:
    emphasised = EMPHASIS.findall(ARCHITECTURE.read_text())
    assert {"feed", "record", "reader"} <= set(emphasised)
    assert set(emphasised) <= {entry.term for entry in entries()}
