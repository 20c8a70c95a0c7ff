"""An FLV file as a stream that was seen. Floor 6."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from trio_srs.media.report import Conduct, Oddity, StreamReport
from trio_srs.tools.expect.sight import EVERYTHING, Enough, Sight
from trio_srs.tools.publish import MediaFileError
from trio_srs.wire.flv.tag import FlvError, FlvReader, FlvTag
from trio_srs.wire.rtmp.message import Message

__all__ = ["message_of", "report_of_file"]

_READ: Final = 256 * 1024


def report_of_file(path: Path, enough: Enough = EVERYTHING) -> StreamReport:
    """Look at a file from its first tag on, until its end or until there is enough.

    A file that is cut off inside a tag is told as an oddity of its report; the file is no
    publish, so it has no end reason and nothing arrives.

    Raises:
        MediaFileError: it cannot be read, is no FLV file, or has no audio and no video.
    """
    sight, reader = Sight(str(path), began_at=time.time(), now_s=None), FlvReader()
    try:
        ended = _read(path, sight, reader, enough)
    except OSError as error:
        raise MediaFileError(f"{path}: {error.strerror}") from error
    except FlvError as error:
        raise MediaFileError(f"{path}: {error}") from error
    if not sight.tally.has_media:
        raise MediaFileError(f"{path}: no audio and no video in it")
    return sight.report(Conduct(oddities=tuple(_oddities(reader, ended))), end_detail=ended)


def _read(path: Path, sight: Sight, reader: FlvReader, enough: Enough) -> str:
    with path.open("rb") as file:
        while data := file.read(_READ):
            reader.feed(data)
            while (tag := reader.next_tag()) is not None:
                sight.see(message_of(tag))
                if reached := enough.is_reached_by(sight.tally):
                    return f"judged up to here: there are enough {reached}"
    return "the end of the file"


def _oddities(reader: FlvReader, ended: str) -> list[Oddity]:
    if not reader.pending or ended != "the end of the file":
        return []
    at = reader.offset + reader.pending
    return [Oddity(code="cut_off", detail=f"the file ends inside a tag, at byte {at}", offset=at)]


def message_of(tag: FlvTag) -> Message:
    """A tag as the message that it was made of."""
    return Message(tag.type_id, 0, tag.timestamp_ms, tag.body)
