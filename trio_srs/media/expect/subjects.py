"""The table of everything that rules can be about. Floor 1."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.named import NAMED
from trio_srs.media.expect.paths import PATHS
from trio_srs.media.expect.refusal import RuleError
from trio_srs.media.expect.seen import Absent, Seen
from trio_srs.media.expect.subject import Kind, Subject

__all__ = ["SUBJECTS", "find_subject"]

SUBJECTS: Final[Mapping[str, Subject]] = {**PATHS, **NAMED}
"""By name; beside these there are ``metadata.KEY``, and ``source.`` before any of them."""

_METADATA: Final = "metadata."
_SOURCE: Final = "source."


def find_subject(name: str) -> Subject:
    """The subject of a name.

    Raises:
        RuleError: there is none; the text has the nearest names.
    """
    if name.startswith(_SOURCE):
        inner = find_subject(name.removeprefix(_SOURCE))
        return attrs.evolve(inner, name=name, read=_of_source(inner.read))
    if name.startswith(_METADATA) and len(name) > len(_METADATA):
        return _metadata_subject(name)
    found = SUBJECTS.get(name)
    if found is None:
        near = difflib.get_close_matches(name, SUBJECTS, 3, 0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise RuleError(f'there is no "{name}" to have a rule about{hint}')
    return found


def _of_source(read: Callable[[Evidence], Seen]) -> Callable[[Evidence], Seen]:
    def read_source(evidence: Evidence) -> Seen:
        if evidence.source is None:
            return Absent("there is no source to compare with")
        return read(Evidence(report=evidence.source, golden=evidence.golden))

    return read_source


def _metadata_subject(name: str) -> Subject:
    key = name.removeprefix(_METADATA)

    def read(evidence: Evidence) -> Seen:
        metadata = evidence.report.facts.metadata
        if metadata is None:
            return Absent("no metadata came")
        value = metadata.get(key)
        if value is None:
            return Absent(f"the metadata have {', '.join(metadata) or 'nothing'}")
        return value if isinstance(value, bool | int | float | str) else f"<{type(value).__name__}>"

    return Subject(
        name=name, kind=Kind.ANY, definition=f"What `onMetaData` says of {key}.", read=read
    )
