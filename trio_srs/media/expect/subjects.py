"""The table of everything that rules can be about. Floor 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from trio_srs.media.expect.apart_subjects import apart_subjects
from trio_srs.media.expect.compared_subjects import compared_subjects
from trio_srs.media.expect.decoded_subjects import decoded_subjects
from trio_srs.media.expect.evidence import Absent, Evidence, Seen
from trio_srs.media.expect.fact_subjects import fact_subjects
from trio_srs.media.expect.health_subjects import health_subjects
from trio_srs.media.expect.operand import read_anything
from trio_srs.media.expect.packaging_subjects import packaging_subjects
from trio_srs.media.expect.report_subjects import report_subjects
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.subject import Blame, Kind, Subject
from trio_srs.media.expect.suggestions import suggested_subjects
from trio_srs.media.expect.track_subjects import track_subjects
from trio_srs.media.plain import plain

__all__ = ["SUBJECTS", "by_name", "find_subject"]

_MAKERS: Final = (
    health_subjects, track_subjects, packaging_subjects, report_subjects, compared_subjects,
    apart_subjects, decoded_subjects,
    fact_subjects,
)  # fmt: skip


def by_name(subjects: Iterable[Subject]) -> dict[str, Subject]:
    """Subjects by their names.

    Raises:
        TypeError: two have one name.
    """
    table: dict[str, Subject] = {}
    for subject in subjects:
        if table.setdefault(subject.name, subject) is not subject:
            raise TypeError(f"two subjects are called {subject.name}")
    return table


SUBJECTS: Final[Mapping[str, Subject]] = by_name(each for make in _MAKERS for each in make())
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
        if inner.from_source:
            raise RuleError(f'there is no "{name}": a source has no source')
        return attrs.evolve(inner, name=name, from_source=True)
    if name.startswith(_METADATA) and len(name) > len(_METADATA) and '"' not in name:
        return _metadata_subject(name)
    found = SUBJECTS.get(name)
    if found is None:
        near = suggested_subjects(name, SUBJECTS)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise RuleError(f'there is no "{name}" to have a rule about{hint}')
    return found


def _metadata_subject(name: str) -> Subject:
    key = name.removeprefix(_METADATA)

    def read(evidence: Evidence) -> Seen:
        metadata = evidence.report.facts.metadata
        if metadata is None:
            return Absent("no metadata came")
        value = metadata.get(key)
        if value is None:
            return Absent(f"the metadata have {', '.join(metadata) or 'nothing'}")
        return read_anything(value if isinstance(value, str | int | float) else str(plain(value)))

    return Subject(
        name=name,
        kind=Kind.ANY,
        blame=Blame.NOBODY,
        definition=f"What `onMetaData` says of {key}.",
        read=read,
    )
