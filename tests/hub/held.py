"""What is truly held: the bytes of every object that can be reached, whatever the accounts say."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final

import trio

from tests.hub.outlets import MemoryOutlet
from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.settings import StreamSettings

__all__ = ["held_bytes"]

_NOT_ITS_OWN: Final = (
    *(type, ModuleType, FunctionType, BuiltinFunctionType),
    *(Broadcaster, StreamSettings, RtmpForm, trio.Event),
    MemoryOutlet,  # a connection, not a stream; what it owes is asked for by itself
)


def held_bytes(*roots: object) -> int:
    """All objects from here on, each once, by what ``sys.getsizeof`` says of it."""
    seen: set[int] = set()
    total, waiting = 0, list(roots)
    while waiting:
        it = waiting.pop()
        if id(it) in seen or isinstance(it, _NOT_ITS_OWN):
            continue
        seen.add(id(it))
        total += sys.getsizeof(it)
        waiting += _referents(it)
    return total


def _referents(it: Any) -> Iterable[object]:
    if isinstance(it, memoryview):
        return (it.obj,)
    return gc.get_referents(it)
