"""What every module shows: ``__all__`` lists it, it exists, and it says what it is."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest

import trio_srs
from trio_srs.errors import InternalError, PeerError, RefusedError, TrioSrsError

MODULES: Final = [
    "trio_srs",
    *(
        module.name
        for module in pkgutil.walk_packages(trio_srs.__path__, "trio_srs.")
        if not module.name.endswith(".__main__")
    ),
]


def part_of(module: str) -> str:
    """Of ``trio_srs.wire.flv``, ``wire``; nothing of the package itself."""
    return ".".join(module.split(".")[1:2])


PARTS: Final = sorted({part_of(name) for name in MODULES})


def is_public(name: str) -> bool:
    return not any(word.startswith("_") for word in name.split("."))


def undocumented(name: str) -> Iterator[str]:
    """Public classes and functions of a module that do not say what they are."""
    module = importlib.import_module(name)
    for public in module.__all__:
        thing = getattr(module, public, None)  # None: a module of this package, not imported yet
        if not (inspect.isclass(thing) or inspect.isroutine(thing)):
            continue  # a constant; what it is stands beside it
        if not thing.__doc__:
            yield public


def error_classes(base: type[TrioSrsError] = TrioSrsError) -> Iterator[type[TrioSrsError]]:
    """Every error class of the package; tests may have made others."""
    for cls in base.__subclasses__():
        if cls.__module__.startswith("trio_srs."):
            yield cls
        yield from error_classes(cls)


def complaints(name: str) -> Iterator[str]:
    """What is wrong with the names that a module shows."""
    module = importlib.import_module(name)
    if hasattr(module, "__path__") and not hasattr(module, "__all__"):
        for shown, thing in vars(module).items():
            if getattr(thing, "__module__", None) == name:
                yield f"{shown}: a package that has names of its own lists them"
        return
    for listed, count in Counter(module.__all__).items():
        if f"{name}.{listed}" not in MODULES and not hasattr(module, listed):
            yield f"{listed} does not exist"
        if count > 1:
            yield f"{listed} is listed twice"
    for public in undocumented(name):
        yield f"{public} has no docstring"


@pytest.mark.parametrize("part", PARTS)
def test_the_public_modules_of_a_part_list_names_that_exist_and_are_documented(part: str) -> None:
    names = [name for name in MODULES if part_of(name) == part and is_public(name)]
    found = {name: list(complaints(name)) for name in names}
    assert {name: said for name, said in found.items() if said} == {}


def test_every_error_has_a_code_of_its_own_and_one_family() -> None:
    for name in MODULES:
        importlib.import_module(name)
    classes = set(error_classes())
    codes = Counter(cls.code for cls in classes)
    assert [code for code, count in codes.items() if count > 1] == []
    assert TrioSrsError.code not in codes
    for cls in classes:
        families = [f for f in (InternalError, PeerError, RefusedError) if issubclass(cls, f)]
        assert len(families) == 1, f"{cls.__qualname__} belongs to {families}"


def test_the_face_knows_no_other_names() -> None:
    with pytest.raises(AttributeError, match="'trio_srs' has no attribute 'sevre'"):
        trio_srs.sevre  # type: ignore[attr-defined]  # noqa: B018 - the misspelling is the test


def test_the_face_lists_what_it_hands_on() -> None:
    assert set(trio_srs.__all__) <= set(dir(trio_srs))


def test_the_face_alone_imports_nothing_heavy() -> None:
    script = (
        "import sys, trio_srs; print(*(m for m in ('trio', 'attrs', 'ssl') if m in sys.modules))"
    )
    command = [sys.executable, "-P", "-c", script]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
