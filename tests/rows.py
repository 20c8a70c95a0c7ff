"""Rows of one test, run as one: each test by itself costs milliseconds.

Where a run is shared out, the rows of a parametrised test become one test that checks each of them
and names all that fail. In one process, or with a file named, each row is a test as ever.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

import pytest

__all__ = ["Rows", "folded"]

_PLAIN: Final = frozenset({"apart", "matrix", "parametrize", "quick"})
"""The marks of a row that say nothing about how it is run."""


class RowsFailedError(Exception):
    """Some rows of a test, and what each raised."""

    def __init__(self, failed: list[tuple[pytest.Function, BaseException]], rows: int) -> None:
        names = ", ".join(f"[{row.callspec.id}]" for row, _ in failed)
        super().__init__(f"{len(failed)} of {rows} rows: {names}")
        self.failed = failed


class Rows(pytest.Item):
    """The rows of a parametrised test."""

    obj: Final = None
    """There is no one function: it is what plugins look for in any item."""

    def __init__(self, *, rows: list[pytest.Function], **of_any: Any) -> None:
        super().__init__(**of_any)
        self._rows = rows
        self.own_markers = rows[0].own_markers

    def runtest(self) -> None:
        """Check every row, whatever became of those before it."""
        failed: list[tuple[pytest.Function, BaseException]] = []
        skipped: list[str] = []
        for row in self._rows:
            row.funcargs.update(row.callspec.params)
            try:
                row.runtest()
            except pytest.skip.Exception as exc:
                skipped.append(f"[{row.callspec.id}] {exc.msg}")
            except (Exception, pytest.fail.Exception) as exc:
                failed.append((row, exc))
        if failed:
            raise RowsFailedError(failed, len(self._rows))
        if skipped:
            pytest.skip("; ".join(skipped))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The first row as it would be told alone, then the others; the summary names all."""
        if not isinstance(excinfo.value, RowsFailedError):
            return super().repr_failure(excinfo, style)
        told: Any = None
        for row, exc in excinfo.value.failed:
            this: Any = row.repr_failure(pytest.ExceptionInfo.from_exception(exc))
            if told is None:
                told = this
                told.reprcrash.message = f"{excinfo.value}: {told.reprcrash.message}"
            else:
                told.addsection(f"[{row.callspec.id}]", str(this))
        return told

    def reportinfo(self) -> tuple[Any, int | None, str]:
        path, line, _ = self._rows[0].reportinfo()
        return path, line, self.name


def _is_row(item: pytest.Item) -> bool:
    """Whether nothing but the values of its marks is needed to run it."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return False
    if not {mark.name for mark in item.iter_markers()} <= _PLAIN:
        return False
    if inspect.iscoroutinefunction(item.obj) or hasattr(item.obj, "hypothesis"):
        return False
    given: set[str] = set()
    for mark in item.iter_markers("parametrize"):
        if mark.kwargs.get("indirect"):
            return False
        names = mark.args[0] if mark.args else mark.kwargs["argnames"]
        given.update(map(str.strip, names.split(",") if isinstance(names, str) else names))
    return set(item.fixturenames) <= given


def folded(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The same tests in the same order; rows of one test that follow each other are one."""
    tests: list[pytest.Item] = []
    for key, group in groupby(items, lambda item: _is_row(item) and (item.parent, _name(item))):
        rows = list(group)
        if not key or len(rows) == 1:
            tests += rows
            continue
        parent, name = key
        tests.append(Rows.from_parent(parent, name=name, rows=rows))
    return tests


def _name(item: pytest.Item) -> str:
    return getattr(item, "originalname", item.name)
