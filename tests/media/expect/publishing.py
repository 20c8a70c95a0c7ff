"""Reports of synthetic publishes, made without a server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trio_srs.errors import EndReason
from trio_srs.media.probe import Level, StreamProbe
from trio_srs.media.report import Step, StepKind, StreamReport
from trio_srs.testing.streams import Defect, Pattern, Timed
from trio_srs.wire.rtmp.message import Message, MessageType

ACCEPTED_S = 100.0
"""On the clock of the arrivals."""
PUBLISH_S = 0.25
"""After the session was accepted."""


def defective(*defects: str, **others: Any) -> Pattern:
    """A small stream with something wrong on purpose."""
    return Pattern(defects=tuple(map(Defect.parse, defects)), **({"seconds": 3.0} | others))


def published(
    stream: Iterable[Timed] | Pattern,
    level: Level = "full",
    *,
    end: EndReason | None = EndReason.STREAM_CLOSED,
    tail_s: float = 0.1,
    delay_s: float = 0.1,
    **others: Any,
) -> StreamReport:
    """The report of a publish.

    Args:
        tail_s: from the last message to the end.
        delay_s: from the publish to the first message.
    """
    probe = StreamProbe(level, published_at_s=ACCEPTED_S + PUBLISH_S)
    at_s = PUBLISH_S
    for timed in stream.timed() if isinstance(stream, Pattern) else stream:
        at_s = PUBLISH_S + delay_s + timed.at_ms / 1000
        probe.see(timed.message, ACCEPTED_S + at_s)
    timeline = [Step(at_s=PUBLISH_S, what=StepKind.PUBLISH)]
    if end is not None:
        timeline.append(Step(at_s=at_s + tail_s, what=StepKind.END))
    plain = {"stream": "live/a", "session": "c1", "peer": "127.0.0.1:5", "began_at": 1e9}
    return StreamReport(
        **{**plain, **others},
        facts=probe.facts(),
        trace=probe.trace(),
        timeline=tuple(timeline),
        end=end,
    )


def without(stream: Pattern, kind: MessageType) -> list[Timed]:
    """A stream without its messages of a type."""
    return [timed for timed in stream.timed() if timed.message.type_id != kind]


def timed(messages: Iterable[Message]) -> list[Timed]:
    """Messages that arrive when their timestamps say."""
    return [Timed(float(message.timestamp_ms), message) for message in messages]
