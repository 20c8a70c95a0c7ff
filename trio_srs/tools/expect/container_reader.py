"""Streams in containers, as messages of RTMP: by which streams are judged. Floor 6."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.left_out import LeftOut
from trio_srs.media.remux.message_writer import MessageWriter
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.report import Oddity
from trio_srs.tools.publish import damage_in_words
from trio_srs.wire.container import Container
from trio_srs.wire.flv.tag import FlvReader
from trio_srs.wire.flv.tag_messages import message_of
from trio_srs.wire.oddity_counter import OddityCounter
from trio_srs.wire.rtmp.message import Message

__all__ = ["PARTIAL", "ContainerReader", "container_reader"]

PARTIAL: Final = frozenset({"broken_off", "damaged", "cut_off", "cut_short", "no_box"})
"""The oddities of a stream of which not all could be read."""


class ContainerReader(abc.ABC):
    """Reads one container. Bytes come in slices, cut anywhere.

    Attributes:
        has_messages: whether it consists of messages, as FLV does; else the messages are ours, and
            nothing is to be compared with them byte by byte.
    """

    has_messages: ClassVar[bool] = False

    @property
    @abc.abstractmethod
    def offset(self) -> int:
        """How many bytes of it were read."""

    @abc.abstractmethod
    def feed(self, data: bytes) -> Iterator[Message]:
        """Read on; iterate to the end. Raises PeerError: nothing more can be read."""

    @abc.abstractmethod
    def finish(self) -> Iterator[Message]:
        """There is no more: what was waiting for its end."""

    @abc.abstractmethod
    def oddities(self) -> tuple[Oddity, ...]:
        """What was odd so far, and what was not read."""


class FlvContainer(ContainerReader):
    """FLV: its tags are messages already."""

    has_messages: ClassVar[bool] = True

    def __init__(self) -> None:
        self._reader = FlvReader()
        self._is_over = False

    @property
    def offset(self) -> int:
        return self._reader.offset

    def feed(self, data: bytes) -> Iterator[Message]:
        """Read on. Raises FlvError."""
        self._reader.feed(data)
        while (tag := self._reader.next_tag()) is not None:
            yield message_of(tag)

    def finish(self) -> Iterator[Message]:
        self._is_over = True
        return iter(())

    def oddities(self) -> tuple[Oddity, ...]:
        reader, found = self._reader, []
        if (at := reader.damaged_at) is not None:
            found.append(Oddity(code="damaged", detail=damage_in_words(at), offset=at))
        if self._is_over and reader.pending:
            at = reader.offset + reader.pending
            detail = f"it ends inside a tag, at byte {at}"
            found.append(Oddity(code="cut_off", detail=detail, offset=at))
        return tuple(found)


class RemuxedContainer(ContainerReader):
    """A container of access units, of which messages are made."""

    def __init__(self, demuxer: TsDemuxer | Mp4Demuxer) -> None:
        self._demuxer = demuxer
        self._writer = MessageWriter()
        self._fed = 0

    @property
    def offset(self) -> int:
        return self._fed

    def feed(self, data: bytes) -> Iterator[Message]:
        self._fed += len(data)
        return self._messages(self._demuxer.feed(data))

    def finish(self) -> Iterator[Message]:
        return self._messages(self._demuxer.finish())

    def _messages(self, units: Iterable[AccessUnit]) -> Iterator[Message]:
        return (message for unit in units for message in self._writer.write(unit))

    def oddities(self) -> tuple[Oddity, ...]:
        seen: Mapping[Any, OddityCounter] = self._demuxer.oddities
        odd = (
            Oddity(code=kind.value, detail=it.detail, offset=it.offset, count=it.count)
            for kind, it in seen.items()
        )
        return (*odd, *map(_left_out, self._demuxer.left_out))


def _left_out(what: LeftOut) -> Oddity:
    return Oddity(code=str(what.reason), detail=str(what), count=what.count)


def container_reader(container: Container) -> ContainerReader:
    """A reader at its beginning: each is for one answer, or one file."""
    match container:
        case Container.FLV:
            return FlvContainer()
        case Container.TS:
            return RemuxedContainer(TsDemuxer())
        case Container.MP4:
            return RemuxedContainer(Mp4Demuxer())
