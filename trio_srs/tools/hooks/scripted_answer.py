"""What a receiver of callbacks answers, right or wrong, as one word. Floor 6, and pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

import attrs

from trio_srs.errors import RefusedError
from trio_srs.units import parse_seconds

__all__ = ["YES", "ScriptedAnswer", "ScriptedAnswerError"]

_FORMS: Final = (
    'expected "yes", "refuse:REASON", "redirect:URL", "rename:NAME", a status such as "503" or '
    '"302:LOCATION", "garbage", "close", "slow:3s", or a JSON object'
)
_GARBAGE: Final = b"<html><body>It works!</body></html>"
_OK: Final = 200
_STATUS_DIGITS: Final = 3
_LATER: Final = 5.0


class ScriptedAnswerError(RefusedError):
    """A text that says nothing that could be answered to a callback."""

    code = "scripted_answer"


@attrs.frozen
class ScriptedAnswer:
    """One answer to one callback."""

    status: int = _OK
    body: bytes = b"0"
    after_s: float = 0.0
    """How long it takes."""
    closes: bool = False
    """Whether the connection is closed in place of it."""
    location: str = ""
    """The header of that name."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an answer as a test, or the command line, says it.

        ``yes``; ``refuse`` or ``refuse:REASON``; ``redirect:URL``; ``rename:NAME``; a status such
        as ``503`` or ``302:LOCATION``; ``garbage``; ``close``; ``slow`` or ``slow:3s``, a yes after
        that time; or the JSON object itself.

        Raises:
            ScriptedAnswerError: it is none of these.
        """
        if text.startswith("{"):
            return cls(body=_checked(text))
        word, _, detail = text.partition(":")
        if word.isdecimal() and len(word) == _STATUS_DIGITS:
            return cls(status=int(word), body=b"", location=detail)
        make = _WORDS.get(word)
        try:
            if make is None:
                raise ValueError(_FORMS)
            return cls(**make(detail))
        except ValueError as error:
            raise ScriptedAnswerError(f"{text!r} is no answer: {error}") from None


def _checked(text: str) -> bytes:
    try:
        json.loads(text)
    except ValueError as error:
        raise ScriptedAnswerError(f"{text!r} is no JSON: {error}") from None
    return text.encode()


def _object(**fields: object) -> dict[str, Any]:
    return {"body": json.dumps(fields).encode()}


def _alone(detail: str, **fields: object) -> dict[str, Any]:
    if detail:
        raise ValueError(f"nothing may stand behind the word; {_FORMS}")
    return fields


_WORDS: Final[Mapping[str, Callable[[str], dict[str, Any]]]] = {
    "yes": lambda detail: _alone(detail),
    "garbage": lambda detail: _alone(detail, body=_GARBAGE),
    "close": lambda detail: _alone(detail, closes=True),
    "refuse": lambda detail: _object(code=1, **({"message": detail} if detail else {})),
    "redirect": lambda detail: _object(code=302, redirect=detail),
    "rename": lambda detail: _object(code=0, rename=detail),
    "slow": lambda detail: {"after_s": float(parse_seconds(detail)) if detail else _LATER},
}

YES: Final = ScriptedAnswer()
"""What SRS takes for a yes."""
