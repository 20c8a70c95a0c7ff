"""Reports and facts out of the JSON that :mod:`trio_srs.media.plain` made of them. Floor 7."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import attrs
from cattrs import Converter

from trio_srs.hub import bus
from trio_srs.hub.journal import JournalEntry
from trio_srs.hub.sessions import SessionFacts
from trio_srs.media.report import StreamReport
from trio_srs.media.trace import Trace
from trio_srs.testing.kept_report import KeptReport
from trio_srs.wire.amf import values

__all__ = ["read_back", "read_events", "read_report", "read_sessions"]

T = TypeVar("T")


def read_report(plain: Mapping[str, Any]) -> KeptReport:
    """The report that a plain one was made of."""
    return KeptReport.of(read_back(plain, StreamReport))


def read_sessions(plain: Iterable[Mapping[str, Any]]) -> tuple[SessionFacts, ...]:
    """The sessions that plain ones were made of."""
    return tuple(read_back(each, SessionFacts) for each in plain)


def read_events(plain: Iterable[Mapping[str, Any]]) -> tuple[JournalEntry, ...]:
    """The entries of a journal that plain ones were made of; ``kind`` names the event's class."""
    return tuple(
        JournalEntry(
            each["number"], each["at"], read_back(each["event"], getattr(bus, each["kind"]))
        )
        for each in plain
    )


def read_back(plain: object, kind: type[T]) -> T:
    """The value of a class of facts that a plain one was made of.

    Metadata stay plain: of an AMF value that JSON does not know there is its text.
    """
    return _converter().structure(plain, kind)


@cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook_factory(attrs.has, lambda kind: _reader(converter, kind))
    converter.register_structure_hook_func(_is_trace, lambda plain, _: Trace.from_dict(plain))
    converter.register_structure_hook(Fraction, lambda plain, _: Fraction(plain))
    converter.register_structure_hook_func(_is_metadata, lambda plain, _: plain)
    return converter


def _reader(converter: Converter, kind: type) -> Callable[[Any, Any], Any]:
    """Reads a class whose annotations are texts, and leaves them so for others who read them.

    Those of AMF values name each other, so that only their own module can resolve them.
    """
    hints = get_type_hints(kind, {**vars(values), **vars(sys.modules[kind.__module__])})
    names = [field.name for field in attrs.fields(kind)]

    def read(plain: Mapping[str, Any], _: object) -> object:
        return kind(
            **{
                name: converter.structure(plain[name], hints[name])
                for name in names
                if name in plain
            }
        )

    return read


def _is_metadata(kind: Any) -> bool:
    """Whether a type is that of metadata, or of metadata that may be missing."""
    return any(get_origin(each) is Mapping for each in (kind, *get_args(kind)))


def _is_trace(kind: Any) -> bool:
    """By this, as its types cannot be resolved: ``array[int]`` is none to every Python."""
    return kind is Trace
