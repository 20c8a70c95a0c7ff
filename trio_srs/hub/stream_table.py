"""The streams there are: from whoever asks for a name first until nobody uses it. Floor 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import trio

from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.hub.supervisor import SupervisedTask, TaskKind

__all__ = ["StreamTable"]


@attrs.define(eq=False)
class _Row:
    """A stream, and who uses it."""

    stream: Stream
    users: int = 0
    linger: SupervisedTask | None = None
    """Waits for somebody to use it again."""


class StreamTable:
    """The streams that exist, by name.

    A stream exists while somebody publishes it, reads it, waits for it or makes something of it,
    and for its ``linger`` after that.
    """

    def __init__(self, broadcaster: Broadcaster) -> None:
        self.broadcaster = broadcaster
        self._rows: dict[str, _Row] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Stream]:
        """The streams that exist now."""
        return iter([row.stream for row in self._rows.values()])

    def names(self) -> tuple[str, ...]:
        """The names of all streams there are now."""
        return tuple(self._rows)

    def find(self, name: str) -> Stream | None:
        """The stream of a name, if it exists."""
        row = self._rows.get(name)
        return None if row is None else row.stream

    @contextmanager
    def using(self, name: str, settings: StreamSettings) -> Iterator[Stream]:
        """The stream of a name, which exists for as long as anybody is in here."""
        stream = self.hold(name, settings)
        try:
            yield stream
        finally:
            self.release(stream)

    def hold(self, name: str, settings: StreamSettings) -> Stream:
        """The same without a block: each call is to be followed by one of :meth:`release`."""
        row = self._rows.get(name)
        if row is None:
            row = self._rows[name] = _Row(Stream(name, settings, self.broadcaster))
        if row.linger is not None:
            row.linger.cancel()
            row.linger = None
        row.users += 1
        return row.stream

    def release(self, stream: Stream) -> None:
        """Somebody uses it no more."""
        row = self._rows[stream.name]
        row.users -= 1
        if row.users:
            return
        supervisor, linger_s = self.broadcaster.supervisor, stream.settings.linger
        if linger_s and supervisor.is_running:
            row.linger = supervisor.start(
                "linger", lambda: self._linger(row, linger_s), kind=TaskKind.TIMER
            )
        else:
            self._forget(row)

    def drop_lingering(self, name: str) -> None:
        """Forget a stream that nobody uses, also if it would linger."""
        row = self._rows.get(name)
        if row is not None and not row.users:
            if row.linger is not None:
                row.linger.cancel()
            self._forget(row)

    async def _linger(self, row: _Row, linger_s: float) -> None:
        await trio.sleep(linger_s)
        self._forget(row)

    def _forget(self, row: _Row) -> None:
        """Nobody uses it: what is left of its tasks ends with it."""
        del self._rows[row.stream.name]
        row.stream.tasks.cancel()
