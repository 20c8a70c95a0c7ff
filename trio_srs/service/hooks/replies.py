"""What the answer to a call means: a grant, a refusal, or nonsense. Floor 3, and pure."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Final

from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AS_ASKED, Grant

__all__ = [
    "ANSWER_MOST",
    "AnswerError",
    "HookFailedError",
    "HookRefusedError",
    "UnheardError",
    "read_answer",
]

ANSWER_MOST: Final = 64 * 1024
"""Bytes of an answer that are read: those that mean something are far shorter."""
_REASON_MOST: Final = 256
_SHOWN_MOST: Final = 64
_STATUSES: Final = (200, 201)
_REDIRECT: Final = 302
_GZIP: Final = b"\x1f\x8b"
_TEXTS: Final = {"redirect": "redirect", "rename": "name", "account": "account"}
"""What an answer may say besides its code, by the field of the grant that it becomes."""


class HookRefusedError(RefusedError):
    """The server that decides has said no. The text is its own, if it gave a reason."""

    code = "hook_refused"
    srs_code: ClassVar[int] = 3064


class HookFailedError(RefusedError):
    """The server that is to decide could not be asked, or answered what makes no sense."""

    code = "hook_failed"
    srs_code: ClassVar[int] = 4005
    http_status = 503


class AnswerError(HookFailedError):
    """What was answered makes no sense: it was heard, and it is no yes."""

    code = "hook_answer"


class UnheardError(HookFailedError):
    """The call did not get as far as the server."""

    code = "hook_unheard"


def read_answer(status: int, body: bytes) -> Grant:
    """Read an answer as SRS does: status 200 or 201, and the body ``0`` or an object whose
    ``code`` is 0.

    Besides its code, an object may say ``rename``, ``redirect``, ``settings`` and ``account``:
    see :class:`~trio_srs.hub.gate.Grant`; a ``code`` of 302 with ``redirect`` means the same as 0.

    Raises:
        HookRefusedError: it says no.
        AnswerError: anything else.
    """
    if status not in _STATUSES:
        more = "; redirects of HTTP are not followed" if 300 <= status < 400 else ""
        raise AnswerError(f"status {status}, expected 200 or 201{more}")
    if body == b"0":
        return AS_ASKED
    said = _object(body)
    code = said.get("code")
    if type(code) is not int:
        raise AnswerError(f'expected an integer "code", not {json.dumps(code)[:_SHOWN_MOST]}')
    is_redirect = code == _REDIRECT and bool(said.get("redirect"))
    if code and not is_redirect:
        raise HookRefusedError(_reason(said, code))
    return _granted(said)


def _object(body: bytes) -> dict[str, Any]:
    shown = repr(body[:_SHOWN_MOST])
    if body.startswith(_GZIP):
        raise AnswerError("a compressed body, which was not asked for")
    if not body:
        raise AnswerError('an empty body, expected 0 or {"code": 0}')
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise AnswerError(f"{shown} is no JSON") from None
    if not isinstance(said, dict):
        raise AnswerError(f'{shown}, expected 0 or an object such as {{"code": 0}}')
    return said


def _reason(said: dict[str, Any], code: int) -> str:
    for name in ("message", "msg", "reason"):
        if isinstance(text := said.get(name), str) and text.strip():
            return " ".join(text.split())[:_REASON_MOST]
    return f"code {code}"


def _granted(said: dict[str, Any]) -> Grant:
    given: dict[str, Any] = {
        field: said[name] for name, field in _TEXTS.items() if said.get(name) is not None
    }
    settings = said.get("settings")
    if settings is not None:
        given["settings"] = settings
    if not given:
        return AS_ASKED
    try:
        if settings is not None and not isinstance(settings, dict):
            raise TypeError("settings are no object")
        return Grant(**given)
    except (TypeError, ValueError) as error:
        raise AnswerError(f"it grants what cannot be: {error}"[:_REASON_MOST]) from None
