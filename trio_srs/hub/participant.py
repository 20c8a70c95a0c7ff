"""Who publishes or plays, as a value, whatever it is: a connection, a relay, a file. Floor 2."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import trio

from trio_srs.media.conduct import Conduct, Step, StepKind

__all__ = ["Participant", "PublisherInfo"]


@attrs.frozen(kw_only=True)
class Participant:
    """Whoever publishes or plays, in the words of events and reports."""

    session: str
    """The id of its session; of one without a connection, whatever tells it from others."""
    peer: str
    """Where it is: the peer's address, the URL that is pulled, the path of a file."""
    protocol: str
    """How it came: ``rtmp``, ``rtmps``, ``relay``, ``file``."""


@attrs.frozen(kw_only=True)
class PublisherInfo(Participant):
    """One that publishes, and what a report tells of it besides the media."""

    accepted_at: float = attrs.field(factory=trio.current_time)
    """When its session began, on Trio's clock."""
    before: tuple[Step, ...] = attrs.field()
    """What happened before the publish: by default, that it came."""
    flow: str = ""
    """How it asked to publish."""
    conduct: Callable[[], Conduct] = Conduct
    """How it has behaved so far."""

    @before.default
    def _came(self) -> tuple[Step, ...]:
        detail = f"{self.protocol} from {self.peer}"
        return (Step(at_s=0.0, what=StepKind.ACCEPTED, detail=detail),)
