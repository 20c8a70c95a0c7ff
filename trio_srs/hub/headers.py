"""What a reader that joins later must be given first: metadata and sequence headers. Floor 2."""

from __future__ import annotations

from typing import Final, Literal, Protocol

import attrs

from trio_srs.hub.record import HEADER, RECORD_BYTES, Record
from trio_srs.wire.flv.script import cleared_data_frame, data_frame_name
from trio_srs.wire.flv.slot import header_slot, track_codecs
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["NO_HEADERS", "Header", "HeaderCache", "Headers"]

Medium = Literal["data", "video", "audio"]
Key = tuple[Medium, object]
"""What is described, and what tells headers of it apart: a name, or a slot."""

_ORDER: Final[dict[Medium, int]] = {"data": 0, "video": 1, "audio": 2}
_MOST: Final = 64
"""Kinds of headers kept: each track has one or two, and a peer may invent data frame names."""
_NAME_BYTES: Final = 4
"""For each character of a name, at most."""
_TRACK_BYTES: Final = 256
"""What is known of each track of a header."""


@attrs.frozen
class Header:
    """A header, and the position where it stands in the log."""

    position: int
    record: Record


class Headers(Protocol):
    """What a reader that joins later must be given first."""

    @property
    def peak(self) -> int:
        """The most bytes that were ever held of them."""
        ...

    def snapshot(self) -> tuple[Header, ...]:
        """All that hold now."""
        ...


class _NoHeaders:
    """Of a feed whose records say all that a reader needs."""

    peak: Final = 0

    def snapshot(self) -> tuple[Header, ...]:
        """No headers: nothing is missing without them."""
        return ()


NO_HEADERS: Final = _NoHeaders()
"""Nothing is needed first."""


@attrs.define(eq=False)
class _Kept:
    """A header that is kept, and whether it holds."""

    header: Header
    cost: int
    codecs: dict[int, str] = attrs.field(factory=dict)
    """Of each track that it is for, by FourCC; empty for data."""
    present: dict[int, str] = attrs.field(factory=dict)
    """The codec that each of these tracks has now."""

    @property
    def holds(self) -> bool:
        """Whether any of its tracks has the codec that it describes."""
        return not self.codecs or any(
            self.present[track] == codec for track, codec in self.codecs.items()
        )


class HeaderCache:
    """The newest header of each kind: data frames by name, sequence headers by track.

    In the order to send them: data frames, then video, then audio.

    Attributes:
        most_bytes: what all of it may take. Data gives way to headers; whatever has no room even
            so is not kept, nor is what it would have replaced.
        peak: the most that was ever held: whoever holds a snapshot of any time, holds no more.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.peak = 0
        self._size = 0
        self._kept: dict[Key, _Kept] = {}
        self._snapshot: tuple[Header, ...] | None = ()

    def clear(self) -> None:
        """Forget all: the next publisher begins anew."""
        self._kept.clear()
        self._size = 0
        self._snapshot = ()

    def see_media(self, record: Record, position: int) -> bool:
        """Remember a sequence header; anything else is not remembered.

        Returns:
            whether it differs from the one before.
        """
        is_video = record.type_id == MessageType.VIDEO
        slot = header_slot(is_video, record.body) if record.flags & HEADER else None
        if slot is None:
            return False
        medium, what, _ = slot
        codecs = track_codecs(is_video, record.body)
        self._see_tracks(medium, codecs)
        tracks = dict(codecs)
        key: Key = (medium, (what, slot))
        # Another number of tracks in one message has another slot, and the tracks are the same.
        for other in [each for each in self._kept if each[0] == medium and each != key]:
            is_same = isinstance(other[1], tuple) and other[1][0] == what
            if is_same and self._kept[other].codecs.keys() <= tracks.keys():
                self._forget(other)
        cost = _cost(record) + _TRACK_BYTES * len(codecs)
        return self._put(key, _Kept(Header(position, record), cost, tracks, dict(tracks)))

    def see_frame(self, record: Record) -> None:
        """A frame came of another codec than the one before: headers of that do not hold now."""
        is_video = record.type_id == MessageType.VIDEO
        self._see_tracks("video" if is_video else "audio", track_codecs(is_video, record.body))

    def _see_tracks(self, medium: Medium, codecs: tuple[tuple[int, str], ...]) -> None:
        for (of, _), kept in self._kept.items():
            if of == medium:
                held = kept.holds
                kept.present.update(each for each in codecs if each[0] in kept.codecs)
                if kept.holds is not held:
                    self._snapshot = None

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
            self._forget(("data", cleared_data_frame(record.body, amf3=amf3)))
            return True
        if name is not None and (keep or name == "onMetaData"):
            cost = _cost(record) + _NAME_BYTES * len(name)
            self._put(("data", name), _Kept(Header(position, record), cost))
            return True
        return False

    def _put(self, key: Key, kept: _Kept) -> bool:
        """Keep it in place of the one before; whether it differs from that."""
        before = self._forget(key)
        if key[0] != "data":
            self._make_room(kept.cost)
        if self._has_room(kept.cost):
            self._kept[key] = kept
            self._size += kept.cost
            self.peak = max(self.peak, self._size)
            self._snapshot = None
        return before is not None and before.header.record.body != kept.header.record.body

    def _make_room(self, cost: int) -> None:
        """Let the oldest data go first, as far as that helps."""
        for key in [each for each in self._kept if each[0] == "data"]:
            if self._has_room(cost):
                return
            self._forget(key)

    def _has_room(self, cost: int) -> bool:
        return len(self._kept) < _MOST and self._size + cost <= self.most_bytes

    def _forget(self, key: Key) -> _Kept | None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._size -= kept.cost
            self._snapshot = None
        return kept

    def snapshot(self) -> tuple[Header, ...]:
        """All headers that hold now."""
        if self._snapshot is None:
            held = [(key[0], it.header) for key, it in self._kept.items() if it.holds]
            held.sort(key=lambda item: (_ORDER[item[0]], item[1].position))
            self._snapshot = tuple(header for _, header in held)
        return self._snapshot


def _cost(record: Record) -> int:
    """Before it is in a log: what is copied of it there ends when it has left."""
    return RECORD_BYTES + len(record.body) + record.copied
