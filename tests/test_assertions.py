"""Assertions that are rewritten with less work tell as much, at the same place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from types import CodeType

import pytest
from _pytest.assertion import rewrite

from tests import assertions

SOURCE = b"""
def check(one, other, *rest):
    assert one
    assert one == other.of(
        [*rest, (twice := one)], key=lambda x: x + 1
    ) and not (rest or one.a < other.b <= 3), f"never {one!r}"
    for each in rest:
        assert each in [n for n in rest if n] if one else f"{each}"[1:]
"""


def rewritten(walk: Callable[[ast.AST], Iterator[ast.AST]], monkey: pytest.MonkeyPatch) -> CodeType:
    monkey.setattr(rewrite, "traverse_node", walk)
    tree = ast.parse(SOURCE)
    rewrite.rewrite_asserts(tree, SOURCE)
    return compile(tree, "checks.py", "exec")


def whole_tree(tree: ast.AST) -> Iterator[ast.AST]:
    """As pytest walks: whoever comes by a node looks whether it has a place."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        yield from whole_tree(child)


def places(code: CodeType) -> Iterator[object]:
    yield list(code.co_positions())
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from places(value)


def test_what_is_rewritten_is_the_same_at_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = rewritten(assertions.unplaced, monkeypatch)
    as_ever = rewritten(whole_tree, monkeypatch)
    assert ours == as_ever
    assert list(places(ours)) == list(places(as_ever))


def test_the_tests_are_rewritten_like_that() -> None:
    assert rewrite.traverse_node is assertions.unplaced
