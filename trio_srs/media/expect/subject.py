"""What a rule can be about. Floor 1."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

import attrs

from trio_srs.media.expect.evidence import Evidence, Number, Seen
from trio_srs.media.expect.operators import NUMERIC, Operator
from trio_srs.media.expect.walks import Reading

__all__ = ["OPERATORS", "Blame", "EvidenceWalk", "Kind", "SeenPlace", "Subject"]

EvidenceWalk: TypeAlias = Callable[[Evidence], Iterator[Reading]]
"""Goes through the frames of a publish."""


@attrs.frozen
class SeenPlace:
    """Something that is no frame, and what was seen there."""

    name: str
    """As the end of a sentence: ``segment 7 (http://…)``."""
    value: Number


class Kind(enum.Enum):
    """What the values of a subject are."""

    NUMBER = "number"
    TEXT = "text"
    TRUTH = "true or false"
    PAIR = "pair"
    """Two whole numbers: ``1280x720``, ``1:1``."""
    DIGEST = "digest"
    """64 hexadecimal digits; a rule may name a golden file in their place."""
    ANY = "anything"
    """Whatever a peer said: a number, text, true or false."""
    NAMES = "names"


class Blame(enum.Enum):
    """Which frame shows that something holds for all, or for none."""

    FIRST = "first"
    """The first of the track: it was so from the beginning."""
    LAST = "last"
    """The last: it was so at the end."""
    NOBODY = "nobody"
    """None: it is not about frames."""


_IS: Final = (Operator.EQUAL, Operator.UNEQUAL, Operator.PRESENT, Operator.ABSENT)

OPERATORS: Final[Mapping[Kind, tuple[Operator, ...]]] = {
    Kind.NUMBER: (*_IS, *NUMERIC, Operator.IN),
    Kind.TEXT: (*_IS, Operator.IN, Operator.HAS, Operator.MATCHES),
    Kind.TRUTH: _IS,
    Kind.PAIR: (*_IS, Operator.IN),
    Kind.DIGEST: _IS,
    Kind.ANY: tuple(Operator),
    Kind.NAMES: (Operator.HAS, Operator.IN, Operator.PRESENT, Operator.ABSENT),
}
"""What may be asked of each kind."""


@attrs.frozen(kw_only=True)
class Subject:
    """One thing that rules can be about."""

    name: str
    """As rules write it."""
    kind: Kind
    """What its values are."""
    unit: str = ""
    """Of its numbers: what a rule's numbers are in if they have no unit."""
    definition: str = ""
    """What it is, in a sentence; of a fact, which says it itself, empty."""
    read: Callable[[Evidence], Seen]
    """Finds it."""
    walk: EvidenceWalk | None = None
    """Finds it frame by frame, if that can be done."""
    places: Callable[[Evidence], Iterator[SeenPlace]] | None = None
    """Finds it segment by segment, or request by request, where it is not about frames."""
    remark: Callable[[Evidence], str] | None = None
    """What else is worth saying when it is not as expected; empty if nothing."""
    track: str = ""
    """``"video"`` or ``"audio"``, if it is about one track."""
    blame: Blame = Blame.FIRST
    """Which frame is pointed at where none was the first to be wrong."""
    words: tuple[str, ...] = ()
    """All that its text can be; empty if that is not known."""
    from_source: bool = False
    """Whether it is about the source, and not about what came of it."""
    needs_decoding: bool = False
    """Whether it is about the decoded picture or sound: see :mod:`trio_srs.decoding`."""
    path: tuple[str, ...] = ()
    """The attributes that lead to it from :class:`~trio_srs.media.facts.StreamFacts` on, where
    ``video`` and ``audio`` are the first track of that kind; empty if it is no fact of its own."""
