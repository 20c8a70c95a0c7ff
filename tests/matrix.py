"""Every one of a kind with every other: clients, codecs, containers, faults.

Each cell of such a table says the same of another pair. The README's line has some of each, and the
session ``matrix`` the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import pytest

__all__ = ["MATRIX", "some_of"]

MATRIX: Final = pytest.mark.matrix
"""Of a cell that the session ``matrix`` runs."""


def some_of(cells: Iterable[Any], *shown: str) -> list[Any]:
    """Cells of a table, each a ``pytest.param`` with an ``id``, a name, or a tuple of values that
    are named by what they are joined to: all but those that are shown are left to the session.

    Raises:
        AssertionError: what is to be shown is not among them.
    """
    named = list(map(_named, cells))
    assert set(shown) <= {each.id for each in named}, sorted(str(each.id) for each in named)
    return [pytest.param(*each.values, id=each.id, marks=_marks(each, shown)) for each in named]


def _named(cell: Any) -> Any:
    """The cell with an ``id``."""
    if hasattr(cell, "marks"):
        return cell
    values = cell if isinstance(cell, tuple) else (cell,)
    return pytest.param(*values, id="-".join(map(str, values)))


def _marks(cell: Any, shown: Collection[str]) -> list[pytest.MarkDecorator]:
    others = [mark for mark in cell.marks if mark.name != MATRIX.name]
    return others if cell.id in shown else [*others, MATRIX]
