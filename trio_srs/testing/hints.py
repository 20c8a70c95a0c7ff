"""What a test misspelt is told with the name that was meant. Floor 7.

Type checkers say it before anything runs; this is for those who run first.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

__all__ = ["WithHints", "nearest"]

__tracebackhide__ = True  # pytest: see channel


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean "seconds"?``, or all that there is when no name is near."""
    names = sorted(known)
    near = get_close_matches(name, names, 1)
    return f'; did you mean "{near[0]}"?' if near else f"; there are {', '.join(names) or 'none'}"


class WithHints:
    """Tells the nearest name for an attribute, or an argument of a method, that there is not."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, method in list(vars(cls).items()):
            if inspect.isfunction(method) and (name == "__init__" or not name.startswith("_")):
                setattr(cls, name, _checked(method, cls.__name__ if name == "__init__" else name))

    if not TYPE_CHECKING:  # one that sees it takes every misspelt name for an attribute

        def __getattr__(self, name: str) -> object:
            kind = type(self)
            if name.startswith("_") or hasattr(kind, name):
                raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
            known = [each for each in dir(kind) if not each.startswith("_")]
            raise AttributeError(f"{kind.__name__} has no {name!r}{nearest(name, known)}")


def _checked(method: Callable[..., Any], called: str) -> Callable[..., Any]:
    """The same method; a keyword that it has not is told with the nearest that it has."""
    parameters = inspect.signature(method).parameters.values()
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return method  # it looks for itself
    known = {each.name for each in parameters if each.kind is not each.POSITIONAL_ONLY} - {"self"}

    @functools.wraps(method)
    def call(*args: Any, **words: Any) -> Any:
        __tracebackhide__ = True
        for word in words:
            if word not in known:
                raise TypeError(f"{called}() has no argument {word!r}{nearest(word, known)}")
        return method(*args, **words)

    return call
