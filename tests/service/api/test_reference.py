"""The page about the API: everything is on it, and its links lead somewhere."""

from __future__ import annotations

import re

from trio_srs.service.api.app import describe
from trio_srs.service.api.event_stream import event_words
from trio_srs.service.api.reference import reference_page

PAGE = reference_page()


def test_every_function_is_on_the_page_once() -> None:
    headings = re.findall(r"(?m)^### `(.*)`$", PAGE)
    there = [
        f"{method.upper()} {path}"
        for path, methods in describe()["paths"].items()
        for method in methods
    ]
    assert sorted(headings) == sorted(there)


def test_every_event_is_on_the_page() -> None:
    for word in (*event_words(), "missed", "restarted", "end"):
        assert f"\n| `{word}` | " in PAGE


def test_every_parameter_is_on_the_page_with_its_default() -> None:
    assert "| `timeout` | no; `10.0` | number |" in PAGE
    assert "| `follow` | no; `true` | boolean |" in PAGE
    assert "| `detail` | no; `by the API` | string |" in PAGE
    assert "| `stream` | yes | string |" in PAGE


def test_every_link_on_the_page_leads_to_a_heading() -> None:
    headings = {heading.lower() for heading in re.findall(r"(?m)^##+ (\w+)$", PAGE)}
    assert set(re.findall(r"\]\(#(\w+)\)", PAGE)) <= headings


def test_nothing_on_the_page_is_written_for_readers_of_the_source() -> None:
    assert ":class:" not in PAGE
    assert ":attr:" not in PAGE
    assert not re.search(r"\bNone\b", PAGE)
