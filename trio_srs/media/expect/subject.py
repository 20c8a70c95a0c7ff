"""What a rule can be about. Floor 1."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.operators import NUMERIC, Operator
from trio_srs.media.expect.seen import Seen

__all__ = ["OPERATORS", "Kind", "Subject"]


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


_IS: Final = (Operator.EQUAL, Operator.UNEQUAL, Operator.PRESENT, Operator.ABSENT)

OPERATORS: Final[Mapping[Kind, tuple[Operator, ...]]] = {
    Kind.NUMBER: (*_IS, *NUMERIC, Operator.IN),
    Kind.TEXT: (*_IS, Operator.IN, Operator.HAS, Operator.MATCHES),
    Kind.TRUTH: _IS,
    Kind.PAIR: (*_IS, Operator.IN),
    Kind.DIGEST: _IS,
    Kind.ANY: tuple(Operator),
    Kind.NAMES: (Operator.HAS, Operator.PRESENT, Operator.ABSENT),
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
    definition: str
    """What it is, in a sentence."""
    read: Callable[[Evidence], Seen]
    """Finds it."""
    track: str = ""
    """``"video"`` or ``"audio"``, if it is about one track."""
    path: str = ""
    """Where in the facts it is found, if it is one of them."""
