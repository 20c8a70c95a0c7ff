"""The page of error codes and end reasons."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Final

import trio_srs
from docs.generators.markdown import page, sentence, table
from docs.generators.source import attribute_docs
from trio_srs import errors
from trio_srs.errors import EndReason, InternalError, PeerError, RefusedError, TrioSrsError

__all__ = ["error_classes", "errors_page"]

FAMILIES: Final[dict[type[TrioSrsError], str]] = {
    RefusedError: "Refusals",
    PeerError: "The peer's fault",
    InternalError: "Our fault",
}


@page("the source; edit there.")
def errors_page() -> Iterator[str]:
    """All error codes by family, and all end reasons."""
    yield "# Errors and end reasons\n"
    yield "Every error has a *code*, a word that is the same in log, API and metrics and never"
    yield "changes once released. Its family says what becomes of it.\n"
    classes = error_classes()
    for family, title in FAMILIES.items():
        yield f"## {title}\n"
        yield f"{sentence(family.__doc__)}\n"
        head = ["Code", "SRS", "Ends as", "Meaning", "Raised by"]
        yield from table(head, (_error_row(c) for c in classes if issubclass(c, family)))
    yield "## End reasons\n"
    yield f"{sentence(EndReason.__doc__)}\n"
    docs = attribute_docs(EndReason)
    yield from table(
        ["End reason", "Meaning"],
        ([f"`{reason.value}`", sentence(docs[reason.name])] for reason in EndReason),
    )


def _error_row(cls: type[TrioSrsError]) -> list[str]:
    number = "" if cls.srs_code is None else str(cls.srs_code)
    where = "" if cls.__module__ == errors.__name__ else f"`{cls.__module__}`"
    return [f"`{cls.code}`", number, f"`{cls.end.value}`", sentence(cls.__doc__), where]


def error_classes() -> list[type[TrioSrsError]]:
    """Every error class of the package, by code."""
    import_everything()
    ours = [c for c in TrioSrsError.registry.values() if c.__module__.startswith("trio_srs.")]
    return sorted(ours, key=lambda c: c.code)


def import_everything() -> None:
    """Import every module of the package, so that every error class has been registered."""
    for module in pkgutil.walk_packages(trio_srs.__path__, f"{trio_srs.__name__}."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
