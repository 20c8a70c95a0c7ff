"""What is made of every stream: registered once, by whoever offers it. Floor 2.

A recorder, a forwarder or a segmenter does not wait for anybody to ask: it is begun with each
publish. Which there are is known here, and the forms that can be derived from a stream as well.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import attrs

from trio_srs.errors import InternalError
from trio_srs.hub.derived import DerivedForm
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.hub.stream_table import StreamTable
from trio_srs.hub.supervisor import ALWAYS, RESTART, Body, RestartPolicy, TaskKind

__all__ = ["OutputNameError", "Outputs", "PublishOutput", "StreamSource"]

_OutputT = TypeVar("_OutputT")

_FINISH_S: Final = 30.0


class OutputNameError(InternalError):
    """Two outputs, or two derived forms, of one name; or none of that name."""

    code = "output_name"


@attrs.frozen(kw_only=True)
class PublishOutput:
    """What runs beside each publish: a recorder, a forwarder."""

    name: str
    """What it is called: ``dvr``."""
    begin: Callable[[Stream], Body | None]
    """Called as a publish begins, before its first message comes: a cursor that is opened here
    misses nothing. What it returns runs in a task of its own; None where there is nothing to do
    for this publish. After a failure it is called again, in the middle of the publish."""
    finish_within_s: float = _FINISH_S
    """How long it may go on when the publish is over."""
    restart: RestartPolicy = RESTART


@attrs.frozen(kw_only=True)
class StreamSource:
    """What brings a stream by itself, whether anybody asks for it or not: an ingest, a relay."""

    name: str
    """What it is called: ``ingest``."""
    stream: str
    """The stream's name in the hub."""
    settings: StreamSettings
    run: Body
    """Publishes it: see :meth:`Hub.publishing <trio_srs.hub.hub.Hub.publishing>`. It is begun with
    the server, and ended first when that stops."""
    restart: RestartPolicy = ALWAYS


class Outputs:
    """The outputs of one server, and what brings streams by itself.

    Attributes:
        derived: the forms that can be derived from a stream, by name.
    """

    def __init__(self) -> None:
        self.derived: dict[str, DerivedForm] = {}
        self._of_publishes: dict[str, PublishOutput] = {}
        self._sources: dict[str, StreamSource] = {}

    def add(self, output: PublishOutput | DerivedForm | StreamSource) -> None:
        """Make one known, before anything is published.

        Raises:
            OutputNameError: there is one of its name.
        """
        if isinstance(output, DerivedForm):
            _put(self.derived, output.name, output)
        elif isinstance(output, StreamSource):
            _put(self._sources, output.name, output)
        else:
            _put(self._of_publishes, output.name, output)

    def form(self, name: str) -> DerivedForm:
        """A derived form by its name.

        Raises:
            OutputNameError: there is none.
        """
        if name not in self.derived:
            known = ", ".join(self.derived) or "none"
            raise OutputNameError(f"there is no derived form {name!r}; known: {known}")
        return self.derived[name]

    def begin_sources(self, streams: StreamTable) -> None:
        """The server has begun: bring the streams that are to be there."""
        for source in self._sources.values():
            stream = streams.hold(source.stream, source.settings)
            stream.tasks.start(
                source.name,
                source.run,
                kind=TaskKind.SOURCE,
                restart=source.restart,
                on_end=partial(streams.release, stream),
            )

    def begin(self, stream: Stream, streams: StreamTable) -> None:
        """A publish begins: begin what runs beside it.

        Raises:
            NotRunningError: there is nobody to run it.
        """
        for output in self._of_publishes.values():
            _begin(output, stream, streams)


def _put(known: dict[str, _OutputT], name: str, output: _OutputT) -> None:
    if name in known:
        raise OutputNameError(f"there is an output {name!r} already")
    known[name] = output


def _begin(output: PublishOutput, stream: Stream, streams: StreamTable) -> None:
    """Begin an output; a bug in how it begins is treated as one in what it does."""
    bug: Exception | None = None
    first: Body | None = None
    try:
        first = output.begin(stream)
    except Exception as error:
        bug = error
    if bug is None and first is None:
        return

    async def run() -> None:
        nonlocal bug, first
        if bug is not None:
            error, bug = bug, None
            try:
                raise error
            finally:
                del error  # it refers to this frame
        body, first = first or output.begin(stream), None
        if body is not None:
            await body()

    stream.tasks.start(
        output.name,
        run,
        kind=TaskKind.OUTPUT,
        restart=output.restart,
        finish_within_s=output.finish_within_s,
        on_end=partial(streams.release, stream),
    )
    streams.hold(stream.name, stream.settings)
