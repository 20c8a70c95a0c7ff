"""Faults as text: ``reset publish after=2s times=1``. Floor 1.

The same words on the command line, in a configuration, in a test and over HTTP.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final

import attrs

from trio_srs.faults.fault import Fault, FaultError
from trio_srs.faults.fault_kind import KINDS, FaultKind, FaultMoment
from trio_srs.faults.fault_values import ALERTS, Nth, Threshold
from trio_srs.units import format_bytes, format_seconds, parse_bytes, parse_seconds

__all__ = ["KEYS", "FaultKey", "fault_text", "parse_fault"]

_FORM: Final = 'expected KIND [MOMENT] [KEY=VALUE ...], such as "reset publish after=2s times=1"'


@attrs.frozen
class FaultKey:
    """One key of a fault, as it is written."""

    field: str
    """What it is of :class:`~trio_srs.faults.fault.Fault`."""
    read: Callable[[str], Any]
    """Raises ValueError."""
    show: Callable[[Any], str]
    meaning: str


def _word(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"expected {' or '.join(words)}, not {text!r}")
        return text

    return read


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= len(text) <= 9 or int(text) < 1:
        raise ValueError(f"expected a whole number from 1 on, not {text!r}")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise ValueError(f"expected a number above 0 and up to 1, not {text!r}")
    return share


def _status(text: str) -> int:
    if not text.isdecimal() or not 400 <= int(text[:9]) <= 599:
        raise ValueError(f"expected a status from 400 to 599, not {text!r}")
    return int(text)


def _rate(text: str) -> int:
    rate = parse_bytes(_number(text.removesuffix("/s")))
    if not rate:
        raise ValueError("expected more than 0 bytes a second; to stop is `stall`")
    return rate


def _number(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _bytes(text: str) -> int:
    return parse_bytes(_number(text))


def _seconds(text: str) -> float:
    return parse_seconds(text)


def _shift(text: str) -> float:
    return -parse_seconds(text[1:]) if text.startswith("-") else parse_seconds(text)


def _show_shift(seconds: float) -> str:
    return f"-{format_seconds(-seconds)}" if seconds < 0 else format_seconds(seconds)


def _has_object(text: str) -> bool:
    return _word("null", "object")(text) == "object"


KEYS: Final[Mapping[str, FaultKey]] = {
    "vhost": FaultKey("vhost", str, str, "pattern of the virtual host"),
    "app": FaultKey("app", str, str, "pattern of the application: `*`, `?`, `[abc]`"),
    "stream": FaultKey("stream", str, str, "pattern of the stream, `live/cam*`"),
    "path": FaultKey("path", str, str, "pattern of what is asked for over HTTP, `*.ts`"),
    "address": FaultKey("address", str, str, "network or address of the peer; `unix`"),
    "protocol": FaultKey("protocol", str, str, "pattern of `rtmp`, `rtmps`, `http`, `https`"),
    "nth": FaultKey(
        "nth", Nth.parse, str, "which of those that it fits, from 1: `2`, `2-4`, `2-`"
    ),
    "after": FaultKey(
        "after", Threshold.parse, str,
        "how much later: `2s`, `100kB`, `50frames`, `keyframe`",
    ),
    "times": FaultKey("times", _count, str, "how often; without it, whenever it fits"),
    "share": FaultKey("share", _share, lambda it: f"{it:g}", "in which share of cases, 0 to 1"),
    "for": FaultKey("for_s", _seconds, format_seconds, "how long it goes on"),
    "code": FaultKey("code", str, str, "the code of the status"),
    "level": FaultKey("level", _word("error", "status", "warning"), str, "the level of the status"),
    "description": FaultKey("description", str, str, "its words"),
    "object": FaultKey(
        "object", _has_object, lambda it: "object" if it else "null",
        "the command object: `null`, or an `object` as in a yes",
    ),
    "then": FaultKey(
        "then", _word("close", "stay"), str, "whether the connection is closed, or stays"
    ),
    "command": FaultKey(
        "command", _word("_error", "_result"), str, "what `connect` is refused with"
    ),
    "status": FaultKey("status", _status, str, "the status of the answer over HTTP"),
    "to": FaultKey("to", str, str, "the URL to go to"),
    "by": FaultKey("by_s", _shift, _show_shift, "how much; of a jump also back, `-2s`"),
    "rate": FaultKey("rate", _rate, lambda it: f"{format_bytes(it)}/s", "bytes a second"),
    "direction": FaultKey(
        "direction", _word("in", "out"), str, "`in` is from the peer, `out` to it"
    ),
    "bytes": FaultKey("bytes", _bytes, format_bytes, "how many bytes"),
    "every": FaultKey("every", _count, str, "of so many frames the first, again and again"),
    "frames": FaultKey("frames", _count, str, "how many frames in a row; one by default"),
    "track": FaultKey("track", _word("video", "audio"), str, "frames of which track; video"),
    "alert": FaultKey("alert", _word(*ALERTS), str, "the alert of TLS; `handshake_failure`"),
    "inside": FaultKey("inside", _word("chunk"), str, "`chunk`: in the middle of a message"),
    "broken": FaultKey("broken", _word("amf", "chunk"), str, "what of it cannot be read"),
}  # fmt: skip
"""Every key, by the word for it."""


def parse_fault(text: str, words: Mapping[str, object] | None = None) -> Fault:
    """Read a fault.

    Args:
        words: keys and their values besides those in the text; ``at`` is the moment.

    Raises:
        FaultError: it is none; the text says what was expected.
    """
    try:
        kind_word, *parts = shlex.split(text)
    except ValueError as error:
        raise FaultError(f"{text!r}: {str(error).lower()}; {_FORM}") from None if text else error
    kind = _kind(kind_word)
    moment_word = ""
    if parts and "=" not in parts[0]:
        moment_word = parts.pop(0)
    pairs = [_pair(part) for part in parts]
    for key, value in (words or {}).items():
        if key == "at":
            moment_word = str(value)
        else:
            pairs.append((key.removesuffix("_"), _text(value)))
    fields: dict[str, Any] = {}
    for key, value in pairs:
        known = KEYS.get(key)
        if known is None:
            raise FaultError(f"{kind}: there is no key {key!r}{_near(key, Fault.keys_of(kind))}")
        if known.field in fields:
            raise FaultError(f"{kind}: {key} is said twice")
        try:
            fields[known.field] = known.read(value)
        except ValueError as error:
            raise FaultError(f"{kind}: {key}: {error}") from None
    moment = _moment(kind, moment_word) if moment_word else KINDS[kind].moments[0]
    return Fault(kind=kind, moment=moment, **fields)


def fault_text(fault: Fault) -> str:
    """Write a fault so that :func:`parse_fault` reads the same."""
    parts: list[str] = [fault.kind, fault.moment]
    for key, known in KEYS.items():
        value = getattr(fault, known.field)
        if value != getattr(attrs.fields(Fault), known.field).default:
            parts.append(f"{key}={known.show(value)}")
    return shlex.join(parts)


def _text(value: object) -> str:
    return f"{value:g}s" if isinstance(value, float) and value > 1 else str(value)


def _kind(word: str) -> FaultKind:
    try:
        return FaultKind(word)
    except ValueError:
        raise FaultError(f"there is no fault {word!r}{_near(word, FaultKind)}; {_FORM}") from None


def _moment(kind: FaultKind, word: str) -> FaultMoment:
    try:
        return FaultMoment(word)
    except ValueError:
        moments = KINDS[kind].moments
        raise FaultError(
            f"{kind}: there is no moment {word!r}{_near(word, moments)}; "
            f"expected one of {', '.join(moments)}"
        ) from None


def _pair(part: str) -> tuple[str, str]:
    key, equals, value = part.partition("=")
    if not equals:
        raise FaultError(f"{part!r}: {_FORM}")
    return key, value


def _near(word: str, known: Any) -> str:
    found = get_close_matches(word, list(map(str, known)), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""
