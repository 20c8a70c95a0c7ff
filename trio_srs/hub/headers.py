"""What a reader that joins later must be given first: metadata and sequence headers. Floor 2."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.hub.record import HEADER, Record
from trio_srs.wire.flv.script import cleared_data_frame, data_frame_name
from trio_srs.wire.flv.slot import header_slot
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["Header", "HeaderCache"]

Key = tuple[int, object]
"""The place in the order, and what tells headers of one place apart."""

_ORDER: Final = {"video": 1, "audio": 2}
_MOST: Final = 64
"""Kinds of headers kept: each track has one or two, and a peer may invent data frame names."""


@attrs.frozen
class Header:
    """A header, and the position where it stands in the log."""

    position: int
    record: Record


class HeaderCache:
    """The newest header of each kind: data frames by name, sequence headers by track.

    In the order to send them: data frames, then video, then audio.
    """

    def __init__(self) -> None:
        self._headers: dict[Key, Header] = {}
        self._snapshot: tuple[Header, ...] | None = ()

    def clear(self) -> None:
        """Forget all: the next publisher begins anew."""
        self._headers.clear()
        self._snapshot = ()

    def see_media(self, record: Record, position: int) -> bool:
        """Remember a sequence header; anything else is not remembered.

        Returns:
            whether it differs from the one before.
        """
        if record.flags & HEADER:
            slot = header_slot(record.type_id == MessageType.VIDEO, record.body)
            if slot is not None:
                return self._put((_ORDER[slot[0]], slot), record, position)
        return False

    def see_data(self, record: Record, position: int, *, keep: bool) -> bool:
        """Remember a data frame by its name, or forget the one that it clears.

        Args:
            keep: whether the publisher asked for it to be kept (``@setDataFrame``).
                ``onMetaData`` is kept in any case.

        Returns:
            whether it is of that kind, and not just data of its moment.
        """
        amf3 = record.type_id == MessageType.DATA_AMF3
        name = data_frame_name(record.body, amf3=amf3)
        if name == "@clearDataFrame":
            self._headers.pop((0, cleared_data_frame(record.body, amf3=amf3)), None)
            self._snapshot = None
            return True
        if name is not None and (keep or name == "onMetaData"):
            self._put((0, name), record, position)
            return True
        return False

    def _put(self, key: Key, record: Record, position: int) -> bool:
        before = self._headers.get(key)
        if before is not None or len(self._headers) < _MOST:
            self._headers[key] = Header(position, record)
            self._snapshot = None
        return before is not None and before.record.body != record.body

    def snapshot(self) -> tuple[Header, ...]:
        """All headers as of now."""
        if self._snapshot is None:
            order = sorted(self._headers.items(), key=lambda item: (item[0][0], item[1].position))
            self._snapshot = tuple(header for _, header in order)
        return self._snapshot
