"""A file as a stream that was seen: FLV, MPEG-TS or fragmented MP4. Floor 6."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from trio_srs.errors import ProtocolError
from trio_srs.media.report import Conduct, Oddity, StreamReport
from trio_srs.tools.expect.container_reader import PARTIAL, ContainerReader, container_reader
from trio_srs.tools.expect.stream_observer import EVERYTHING, Enough, StreamObserver
from trio_srs.tools.publish import MediaFileError
from trio_srs.wire.container import UnknownContainerError, find_container
from trio_srs.wire.rtmp.message import Message

__all__ = ["report_of_file", "what_is_missing"]

_READ: Final = 256 * 1024
_END: Final = "the end of the file"


def report_of_file(
    path: Path, enough: Enough = EVERYTHING, keep: Callable[[Message], object] | None = None
) -> StreamReport:
    """Look at a file from its first frame on, until its end or until there is enough.

    What of it could be read is in the report; that it is not whole is told as an oddity there, see
    :func:`what_is_missing`. The file is no publish, so it has no end reason and nothing arrives.

    Args:
        keep: called with each message that was read.

    Raises:
        MediaFileError: it cannot be read, is no stream, or has no frame of audio or video.
    """
    observer = StreamObserver(str(path), began_at=time.time(), now_s=None)
    observer.keep = keep
    try:
        with path.open("rb") as file:
            reader, ended, flaws = _see(file, observer, enough)
    except OSError as error:
        raise MediaFileError(f"{path}: {error.strerror}") from error
    except UnknownContainerError as error:
        raise MediaFileError(f"{path}: {error}") from error
    oddities = (*flaws, *reader.oddities())
    if not observer.tally.has_media:
        headers = ", only headers" if observer.tally.audio or observer.tally.video else ""
        why = "".join(f"; {oddity.detail}" for oddity in oddities)
        raise MediaFileError(f"{path}: no audio and no video in it{headers}{why}")
    return observer.report(Conduct(oddities=oddities), end_detail=ended)


def what_is_missing(report: StreamReport) -> str:
    """Why a file could be judged only in part; empty if it is whole, as far as it was wanted."""
    flaws = (oddity for oddity in report.conduct.oddities if oddity.code in PARTIAL)
    return "; ".join(oddity.detail for oddity in flaws)


def _see(
    file: BinaryIO, observer: StreamObserver, enough: Enough
) -> tuple[ContainerReader, str, list[Oddity]]:
    """Read as much as is wanted; say why no more, and what made it end. Raises OSError and
    UnknownContainerError."""
    data = file.read(_READ)
    container = find_container(data, may_be_inside=True, is_all=True)
    assert container is not None  # that is all there is to tell by
    reader = container_reader(container)
    observer.has_messages = reader.has_messages
    try:
        while data:
            for message in reader.feed(data):
                observer.see(message)
                if reached := enough.is_reached_by(observer.tally):
                    return reader, f"judged up to here: there are enough {reached}", []
            data = file.read(_READ)
        for message in reader.finish():
            observer.see(message)
    except ProtocolError as error:
        return reader, str(error), [
            Oddity(code="broken_off", detail=str(error), offset=reader.offset)
        ]  # fmt: skip
    return reader, _END, []
