"""A derived form: another feed that is made of a stream; here, of its keyframes alone.

It is made once, however many want it, from the first who does until a while after the last:
``with hub.derive(name, settings, KEYFRAMES) as feed`` is how they get it.
"""

from __future__ import annotations

from typing import Final

from trio_srs.config.schema import Config
from trio_srs.hub.derived import DerivedForm, FeedWriter
from trio_srs.hub.record import Record
from trio_srs.hub.stream import Stream
from trio_srs.server.build import Offer
from trio_srs.service.base import Parts
from trio_srs.wire.flv.enhanced import FrameKind

__all__ = ["KEYFRAMES", "OFFER", "is_wanted"]


async def write(stream: Stream, feed: FeedWriter) -> None:
    """Read one publish after the other, and write what is made of each."""
    with stream.feed.cursor() as cursor:
        while True:
            with feed.writing(stream.settings):
                async for records in cursor:
                    for record in filter(is_wanted, records):
                        feed.append(copy_of(record), entry=True)


def is_wanted(record: Record) -> bool:
    """Whether it is a keyframe."""
    return record.flags == FrameKind.KEYFRAME


def copy_of(record: Record) -> Record:
    """A record is in one log; the bytes of the body are shared."""
    return Record(record.type_id, record.timestamp_ms, record.body, record.arrived_at, record.flags)


KEYFRAMES: Final = DerivedForm(name="keyframes", write=write, linger_s=5.0)


def make(parts: Parts, config: Config) -> None:
    """Let others find it by its name."""
    parts.hub.outputs.add(KEYFRAMES)


OFFER: Final = Offer(make)
