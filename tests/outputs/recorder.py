"""A recorder: what runs beside each publish; here, it writes what came into a text file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import trio

from trio_srs.config.schema import Config
from trio_srs.hub.cursor import Begin, Cursor
from trio_srs.hub.outputs import PublishOutput
from trio_srs.hub.policy import Lossless
from trio_srs.hub.record import Record
from trio_srs.hub.stream import Stream
from trio_srs.hub.supervisor import Body
from trio_srs.server.build import Offer
from trio_srs.service.base import Parts

__all__ = ["line_of", "offer", "path_of"]

ALL = Lossless(most_bytes=2**24, most_s=10.0)
"""It misses nothing; a disk that is slower than this for long ends the recording, with the reason,
and neither the publisher nor its players."""


def path_of(folder: Path, stream: str) -> Path:
    """Where a stream is recorded; its name is a peer's choice, and no path."""
    return folder / f"{stream.encode().hex()}.txt"


async def record(path: Path, cursor: Cursor) -> None:
    """Write until the publish is over and all of it was written."""
    with cursor:
        async with await trio.open_file(path, "ab", 0) as file:
            async for records in cursor:
                await file.write(b"".join(map(line_of, records)))


def line_of(record: Record) -> bytes:
    """What is kept of a record."""
    return f"{record.type_id} {record.sent_ms} {len(record.sent_body)}\n".encode()


def offer(folder: Path) -> Offer:
    """Record every publish into a folder."""

    def begin(stream: Stream) -> Body:
        # Before the first message: a cursor that is opened now misses nothing.
        cursor = stream.feed.cursor(ALL, Begin.OLDEST, follow=False)
        return partial(record, path_of(folder, stream.name), cursor)

    def make(parts: Parts, config: Config) -> None:
        parts.hub.outputs.add(PublishOutput(name="recorder", begin=begin))

    return Offer(make)
