"""A rule of HLS or DASH: its name, its clause, and how it is seen to be broken. Floor 1."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from trio_srs.media.packaging.viewing import Viewing

__all__ = ["Breach", "Departure", "PackagingRule", "Severity", "packaging_rule"]


class Severity(enum.StrEnum):
    """What comes of it when a rule is broken."""

    ERROR = "error"
    """A player fails, or a specification says MUST."""
    WARNING = "warning"
    """Players get by, or a specification says SHOULD."""


@attrs.frozen
class Departure:
    """Something that is not as a rule says."""

    seen: str
    expected: str
    where: str
    """Of which playlist, and of which segment, part or frame."""


_Find = Callable[["Viewing"], Iterator[Departure]]


@attrs.frozen
class PackagingRule:
    """One rule. Its name never changes."""

    name: str
    clause: str
    """Where it is written: ``8216`` is RFC 8216, ``bis`` draft-pantos-hls-rfc8216bis, ``A`` Apple's
    HLS Authoring Specification, ``TS`` ISO/IEC 13818-1, ``BMFF`` ISO/IEC 14496-12, ``CMAF``
    ISO/IEC 23000-19, ``23009-1`` ISO/IEC 23009-1, ``DTM`` DASH-IF's timing model, ``DIC`` its
    conformance software; else who fails."""
    severity: Severity
    meaning: str
    """In a sentence."""
    find: _Find = attrs.field(repr=False)
    """Where it is broken. Never raises."""


@attrs.define
class Breach:
    """A rule that is broken in a place. Treat as immutable."""

    rule: PackagingRule
    departure: Departure
    """The first time."""
    count: int = 1
    """How often in that place: playlists are got again and again."""

    def __str__(self) -> str:
        rule, first = self.rule, self.departure
        times = f" ({self.count} times)" if self.count > 1 else ""
        return (
            f"{rule.severity} {rule.name}: {first.where}: {first.seen}, expected {first.expected}"
            f"{times} [{rule.clause}]"
        )


def packaging_rule(
    clause: str, severity: Severity = Severity.ERROR
) -> Callable[[_Find], PackagingRule]:
    """Make a rule of what finds where it is broken: the function's name is the rule's, and its
    docstring says what has to be.

    Args:
        clause: see :attr:`PackagingRule.clause`.
    """

    def made(find: _Find) -> PackagingRule:
        return PackagingRule(
            find.__name__, clause, severity, " ".join((find.__doc__ or "").split()), find
        )

    return made
