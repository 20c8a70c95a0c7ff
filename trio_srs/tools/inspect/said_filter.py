"""Which part of a conversation is wanted. Floor 6."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Final

import attrs

from trio_srs.tools.inspect.conversation import By, Remark, Utterance
from trio_srs.wire.rtmp.control import CONTROLS
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["TYPES", "SaidFilter"]

TYPES: Final[Mapping[str, frozenset[int]]] = {
    "audio": frozenset({MessageType.AUDIO}),
    "video": frozenset({MessageType.VIDEO}),
    "data": frozenset({MessageType.DATA_AMF0, MessageType.DATA_AMF3}),
    "command": frozenset({MessageType.COMMAND_AMF0, MessageType.COMMAND_AMF3}),
    "control": frozenset(CONTROLS),
    "aggregate": frozenset({MessageType.AGGREGATE}),
}
"""Words for message types."""


@attrs.frozen(kw_only=True)
class SaidFilter:
    """What is asked for: all of these must hold."""

    by: By | None = None
    types: Collection[int] | None = None
    """Of messages; remarks stay."""
    csid: int | None = None
    """Of messages; remarks stay."""
    after_s: float = 0.0
    before_s: float = math.inf

    def wants(self, said: Utterance) -> bool:
        """Whether it is among what is asked for."""
        if self.by not in (None, said.by) or not self.after_s <= said.at_s <= self.before_s:
            return False
        if isinstance(said, Remark):
            return True
        return self.csid in (None, said.csid) and (
            self.types is None or said.message.type_id in self.types
        )
