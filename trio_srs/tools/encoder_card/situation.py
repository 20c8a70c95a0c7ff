"""The situations of a report card, and what an encoder may do in each. Floor 6."""

from __future__ import annotations

import enum
from typing import Final

import attrs

__all__ = ["SITUATIONS", "Behaviour", "Mark", "Situation"]


class Behaviour(enum.StrEnum):
    """What an encoder did, by what the server saw."""

    PUBLISHES = "publishes"
    """It published, and went on to the end of its time."""
    COMES_BACK = "comes back"
    """It lost its publish, or did not get it, and publishes again."""
    FOLLOWS = "follows"
    """It publishes where it was sent."""
    ANSWERS = "answers"
    """It did what it was asked for, and went on."""
    GIVES_UP = "gives up"
    """It ended by itself without publishing to the end."""
    STAYS = "is still there"
    """It neither publishes nor ended."""


class Mark(enum.StrEnum):
    """What is to be said of that."""

    GOOD = "good"
    LAWFUL = "lawful"
    """It may do so; who wants more knows now."""
    NOT_TRIED = "not tried"
    """The situation did not come about."""
    BAD = "bad"


@attrs.frozen
class Situation:
    """One thing that happens to an encoder."""

    name: str
    meaning: str
    """What the server does, for people."""
    fault: str
    """The same as a fault, with ``{url}`` for another stream of the server; empty for nothing."""
    good: frozenset[Behaviour]
    lawful: frozenset[Behaviour] = frozenset()

    def mark(self, behaviour: Behaviour) -> Mark:
        """What is to be said of a behaviour here."""
        if behaviour in self.good:
            return Mark.GOOD
        return Mark.LAWFUL if behaviour in self.lawful else Mark.BAD


_ON: Final = frozenset({Behaviour.PUBLISHES})
_AWAY: Final = frozenset({Behaviour.GIVES_UP, Behaviour.STAYS})
_BACK: Final = frozenset({Behaviour.COMES_BACK})
_ENDS: Final = frozenset({Behaviour.GIVES_UP})

SITUATIONS: Final = (
    Situation("plain", "the server does nothing wrong", "", _ON),
    Situation("late connect", "connect is answered a second late", "late connect by=1s", _ON),
    Situation("late createStream", "createStream likewise", "late createStream by=1s", _ON),
    Situation("late publish", "publish likewise", "late publish by=1s", _ON),
    Situation("silent FCPublish", "FCPublish is never answered", "silent FCPublish", _ON),
    Situation(
        "small chunks", "the server sends in chunks of 1 byte", "chunk_size connect bytes=1", _ON
    ),
    Situation(
        "no acknowledgements", "bytes are never acknowledged", "silent acknowledgement", _ON
    ),
    Situation(
        "ping", "it is pinged while it publishes", "extra_ping publish after=500ms",
        frozenset({Behaviour.ANSWERS}), _ON,
    ),
    Situation(
        "stalled reading", "nothing is read for two seconds",
        "stall publish after=500ms for=2s times=1", _ON, _BACK,
    ),
    Situation(
        "refused name", "the name is taken (BadName)",
        "refuse publish code=NetStream.Publish.BadName", _AWAY,
    ),
    Situation(
        "refused once", "the name is taken the first time",
        "refuse publish code=NetStream.Publish.BadName times=1", _BACK, _AWAY,
    ),
    Situation(
        "redirect", "connect is refused with another URL (302)",
        "redirect connect to={url} times=1", frozenset({Behaviour.FOLLOWS}), _AWAY | _BACK,
    ),
    Situation(
        "reconnect request", "it is asked to connect again (Enhanced RTMP)",
        "reconnect_request publish after=1s times=1", _BACK, _ON,
    ),
    Situation("reset", "the connection breaks", "reset publish after=1s times=1", _BACK, _ENDS),
    Situation("close", "the server closes it", "close publish after=1s times=1", _BACK, _ENDS),
)  # fmt: skip
"""All of them, in the order in which they are tried."""
