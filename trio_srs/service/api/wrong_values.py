"""What is wrong with a part of a request, in the words of who has never seen the code. Floor 3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec
from litestar.handlers.base import BaseRouteHandler

__all__ = ["in_words"]

_NO_CHOICE: Final = re.compile(r"Invalid enum value (?P<value>.*)", re.DOTALL)
_OTHER_FORM: Final = "Expected `str` matching regex"
_NO_BODY: Final = "'data'"


def in_words(message: str, part: Mapping[str, Any], handler: BaseRouteHandler | None) -> str:
    """What is said of a part.

    Args:
        message: what the library that reads requests says of it.
        part: which one that is: ``key``, and for a body ``source``.
        handler: the function that was asked for.
    """
    if message == _NO_BODY:
        return "it is empty: expected JSON"
    choice = _NO_CHOICE.fullmatch(message)
    if choice is None and not message.startswith(_OTHER_FORM):
        return message
    choices, description = ((), "") if handler is None else _known(handler, part)
    if choice is not None and choices:
        return f"there is no {choice['value']}: expected {', '.join(choices)}"
    return f"it is not like that: {description}" if description else message


def _known(handler: BaseRouteHandler, part: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """What a part may be, where that is one of some words, and what is said of it."""
    fields, key = handler.parsed_fn_signature.parameters, str(part.get("key", ""))
    if part.get("source") != "body":
        field = fields.get(key)
        if field is None:
            return (), ""
        return _choices(field.annotation), getattr(field.kwarg_definition, "description", "") or ""
    body = fields["data"].annotation if "data" in fields else None
    if not (isinstance(body, type) and issubclass(body, msgspec.Struct)):
        return (), ""
    hint = get_type_hints(body, include_extras=True).get(key)
    said = (each.description for each in get_args(hint) if isinstance(each, msgspec.Meta))
    return _choices(next(iter(get_args(hint)), hint)), next(said, None) or ""


def _choices(hint: Any) -> tuple[str, ...]:
    """The words of a hint that is one of some; one that stands for nothing is left out."""
    return tuple(filter(None, get_args(hint))) if get_origin(hint) is Literal else ()
