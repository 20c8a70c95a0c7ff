"""What somebody may have meant whose words cannot be carried out: the mend, in words. Floor 8."""

from __future__ import annotations

import difflib
import re
import shlex
import shutil
from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

__all__ = ["misses_dashes", "suggested_command", "suggested_program", "suggested_url"]

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/+")
_ADDRESS: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^/:\s]*):[0-9]{1,5}")
_PLACES: Final = ("{url}", "{source_url}", "{port}")
_SHELL: Final = re.compile(r"[|&;<>$*?~]")


def suggested_command(word: str, commands: Collection[str]) -> str:
    """What to say instead, where a command is expected; a clause behind a semicolon."""
    if near := difflib.get_close_matches(word, commands, 1):
        return f"did you mean {near[0]!r}?"
    if _SCHEME.match(word):
        return f"did you mean 'trio-srs probe {word}', or play, or expect?"
    if _ADDRESS.fullmatch(word):
        return f"did you mean 'trio-srs --listen {word}'?"
    if word.endswith(".flv"):
        return f"did you mean 'trio-srs expect {word}', or 'trio-srs publish {word} URL'?"
    if Path(word).is_file():
        return f"a configuration of another name than *.toml is 'trio-srs serve {word}'"
    if "." in word or "/" in word:
        return f"a configuration is *.toml, and there is no file {word} either"
    return f"expected one of {', '.join(commands)}"


def suggested_url(text: str) -> str:
    """What to say instead, where the URL of a stream is expected; empty if that is not known."""
    scheme = _SCHEME.match(text)
    if scheme is not None:
        rest = text[scheme.end() :]
        if scheme[1].lower() in ("rtmp", "rtmps"):
            return f"did you mean '{scheme[1].lower()}://{rest}'?" if not _is_url(text) else ""
        if scheme[1].lower() in ("http", "https"):
            return "over HTTP streams are judged, by 'trio-srs expect URL', not published or played"
        return f"{scheme[1]} is another protocol"
    if text.endswith(".flv") or Path(text).is_file():
        return "a file to publish comes before the URL"
    if not (path := text.lstrip("/")):
        return "such as rtmp://127.0.0.1/live/cam1"
    head = path.partition("/")[0]
    if _ADDRESS.fullmatch(head):
        return f"did you mean 'rtmp://{'127.0.0.1' if head.startswith(':') else ''}{path}'?"
    if "/" not in path:
        return f"did you mean 'rtmp://127.0.0.1/live/{path}'?"
    if "." in head or head == "localhost":
        return f"did you mean 'rtmp://{path}'?"
    return f"did you mean 'rtmp://127.0.0.1/{path}'?"


def _is_url(text: str) -> bool:
    return re.match(r"[A-Za-z]+://[^/]", text) is not None


def misses_dashes(words: Sequence[str], flags: Collection[str]) -> str:
    """The program of a command that ``--`` should stand before; empty if there is none.

    Args:
        words: what stands behind ``expect``, without any ``--`` in it.
        flags: the options that no value follows.
    """
    has_place = any(_has_place(word) for word in words)
    candidates = [
        word
        for before, word in pairwise(("", *words))
        if not word.startswith("-")
        and not (before.startswith("-") and before not in flags and "=" not in before)
        and not ("://" in word or _has_place(word) or Path(word).is_file())
    ]
    programs = [word for word in candidates if shutil.which(word) is not None]
    if has_place:
        programs = programs or candidates
    return programs[0] if programs else ""


def _has_place(word: str) -> bool:
    return any(place in word for place in _PLACES)


def suggested_program(words: Sequence[str]) -> str:
    """What is wrong with a command whose first word is no program; empty if nothing is."""
    first = words[0]
    if shutil.which(first) is not None or Path(first).exists() or not any(map(str.isspace, first)):
        return ""
    if _SHELL.search(first):
        return f"a shell is not run by itself: did you mean -- sh -c {shlex.quote(first)}?"
    return f"it is one word, and no program: did you mean it without the quotes, -- {first}?"
