"""The modules that tell type checkers what may be asked in Python."""

from __future__ import annotations

from collections.abc import Iterator

from trio_srs.media.expect import SUBJECTS
from trio_srs.media.expect.fluent import FRONTS

__all__ = ["keywords_module", "source_keywords_module"]


def keywords_module() -> str:
    """The keyword arguments of each method of an expectation, as type checkers read them."""
    return "\n".join(_keywords_classes("stream", {front: f"{front}_" for front in FRONTS}))


def source_keywords_module() -> str:
    """Likewise of what may be asked of a source, which is everything."""
    return "\n".join(_keywords_classes("source", {"source": ""}))


def _keywords_classes(whose: str, fronts: dict[str, str]) -> Iterator[str]:
    yield f'"""What may be asked of a {whose} in Python, for type checkers. Floor 1.\n'
    yield "Made by docs/generate.py from the table of subjects; edit there."
    yield '"""\n'
    yield "from __future__ import annotations\n"
    yield "from typing import TypedDict\n"
    yield "from trio_srs.media.expect.conditions import Expected\n"
    yield "__all__ = ["
    yield from (f'    "{name}",' for name in sorted(map(_class_name, fronts)))
    yield "]\n"
    words = [name.replace(".", "_") for name in SUBJECTS]
    for front, start in fronts.items():
        yield f"\nclass {_class_name(front)}(TypedDict, total=False):"
        yield f'    """The keyword arguments of ``{front}()``."""\n'
        yield from (f"    {w.removeprefix(start)}: Expected" for w in words if w.startswith(start))
        yield ""


def _class_name(front: str) -> str:
    return f"{front.title().replace('_', '')}Keywords"
