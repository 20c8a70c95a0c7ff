"""Each sentence of the security page has tests that would fail if it were not so."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "discussion" / "security.md"
PROMISE: Final = re.compile(r"- (?P<text>[^<]+\.) <!-- (?P<tests>[^>]+) -->")


@functools.cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests of a file."""
    path = ROOT / file
    nodes = ast.parse(path.read_text()).body if path.is_file() else []
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in nodes if isinstance(node, kinds))


def unproven(page: str) -> Iterator[str]:
    """The promises that no test keeps."""
    for line in page.splitlines():
        if not line.startswith("- "):
            continue
        promise = PROMISE.fullmatch(line)
        if promise is None:
            yield f"{line}: no test"
            continue
        for test in promise["tests"].split():
            file, _, name = test.partition("::")
            if not name.startswith("test_") or name not in names_in(file):
                yield f"{promise['text']} {test} is not there"


def test_each_promise_has_its_tests() -> None:
    page = PAGE.read_text()
    assert page.count("\n- ") > 30
    assert list(unproven(page)) == []


def test_a_promise_without_a_test_is_found() -> None:
    page = "- It is so.\n- It is. <!-- tests/test_security_page.py::test_nothing -->\n"
    assert [each.rpartition(" ")[2] for each in unproven(page)] == ["test", "there"]
