"""An FLV file as a stream that was seen. Floor 6."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from trio_srs.media.report import Conduct, Oddity, StreamReport
from trio_srs.tools.expect.stream_observer import EVERYTHING, Enough, StreamObserver
from trio_srs.tools.publish import MediaFileError, damage_in_words
from trio_srs.wire.flv.tag import FlvError, FlvReader
from trio_srs.wire.flv.tag_messages import message_of

__all__ = ["report_of_file", "what_is_missing"]

_READ: Final = 256 * 1024
_END: Final = "the end of the file"
_PARTIAL: Final = ("broken_off", "damaged", "cut_off")
"""The oddities of files that are not whole."""


def report_of_file(path: Path, enough: Enough = EVERYTHING) -> StreamReport:
    """Look at a file from its first tag on, until its end or until there is enough.

    What of it could be read is in the report; that it is not whole is told as an oddity there, see
    :func:`what_is_missing`. The file is no publish, so it has no end reason and nothing arrives.

    Raises:
        MediaFileError: it cannot be read, is no FLV file, or has no frame of audio or video.
    """
    observer, reader = StreamObserver(str(path), began_at=time.time(), now_s=None), FlvReader()
    try:
        ended = _read(path, observer, reader, enough)
    except OSError as error:
        raise MediaFileError(f"{path}: {error.strerror}") from error
    except FlvError as error:
        if not observer.tally.has_media:
            raise MediaFileError(f"{path}: {error}") from error
        ended = str(error)
        flaws = [Oddity(code="broken_off", detail=ended, offset=reader.offset)]
    else:
        flaws = _flaws(reader, ended)
    if not observer.tally.has_media:
        headers = ", only headers" if observer.tally.audio or observer.tally.video else ""
        raise MediaFileError(f"{path}: no audio and no video in it{headers}")
    return observer.report(Conduct(oddities=tuple(flaws)), end_detail=ended)


def what_is_missing(report: StreamReport) -> str:
    """Why a file could be judged only in part; empty if it is whole, as far as it was wanted."""
    flaws = (oddity for oddity in report.conduct.oddities if oddity.code in _PARTIAL)
    return "; ".join(oddity.detail for oddity in flaws)


def _read(path: Path, observer: StreamObserver, reader: FlvReader, enough: Enough) -> str:
    with path.open("rb") as file:
        while data := file.read(_READ):
            reader.feed(data)
            while (tag := reader.next_tag()) is not None:
                observer.see(message_of(tag))
                if reached := enough.is_reached_by(observer.tally):
                    return f"judged up to here: there are enough {reached}"
    return _END


def _flaws(reader: FlvReader, ended: str) -> list[Oddity]:
    flaws = []
    if (at := reader.damaged_at) is not None:
        flaws.append(Oddity(code="damaged", detail=damage_in_words(at), offset=at))
    if reader.pending and ended == _END:
        at = reader.offset + reader.pending
        detail = f"the file ends inside a tag, at byte {at}"
        flaws.append(Oddity(code="cut_off", detail=detail, offset=at))
    return flaws
