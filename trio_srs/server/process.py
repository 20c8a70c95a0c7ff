"""A server as a process: its ready line, its signals, its exit code. Floor 5."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Final

import attrs
import trio

from trio_srs.config.schema import Config
from trio_srs.errors import RefusedError
from trio_srs.hub.steering import ConfigInvalidError
from trio_srs.net.inherited import adopt, release, unused
from trio_srs.server.collector import look_at_all_seldom, tune_collector
from trio_srs.server.descriptors import fill_closed_descriptors
from trio_srs.server.log_output import LogOutput
from trio_srs.server.logs import configure, prepare, set_level
from trio_srs.server.ready_file import ReadyError, ready_file
from trio_srs.server.run import Server, serve
from trio_srs.server.systemd import Notifier

__all__ = ["ProcessOptions", "favour_the_loop", "run_process"]

_log = logging.getLogger(__name__)

_PARENT_CHECK_S: Final = 0.2
_SWITCH_S: Final = 0.0005
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)


@attrs.frozen(kw_only=True)
class ProcessOptions:
    """What the command line asks of the process besides the configuration."""

    config_file: Path | None = None
    """Where the configuration came from, if it was a file."""
    ready_file: Path | None = None
    """Written, as a whole, when every listener is up."""
    ready_fd: int | None = None
    """Written to and closed when every listener is up."""
    notify_socket: str = ""
    """Where systemd is told how the service stands; empty: nowhere."""
    inherited: Sequence[int] = ()
    """Descriptors of sockets to listen on, for the addresses that they have."""
    die_with_parent: bool = False
    """Stop when the process that started this one is gone."""


def run_process(
    config: Config, load: Callable[[], Config], options: ProcessOptions | None = None
) -> int:
    """Run a server in this process until a signal ends it.

    SIGTERM and SIGINT stop it, with the grace of the configuration; a second one ends it at
    once. SIGQUIT stops accepting and lets sessions finish. SIGHUP reloads.

    Args:
        load: loads the configuration anew, from where it came.

    Returns:
        the exit code: 0, or 1 when it could not start.
    """
    options = options or ProcessOptions()
    fill_closed_descriptors()
    favour_the_loop()
    configure(config.log)
    parent = os.getppid() if options.die_with_parent or config.process.die_with_parent else None
    try:
        adopt(options.inherited)
        trio.run(_main, config, load, options, parent)
    except RefusedError as error:  # nothing that a traceback would explain: one line will do
        if sys.stderr is not None:
            sys.stderr.write(f"trio-srs: {error}\n")
        return 1
    finally:
        release()
    return 0


def favour_the_loop() -> None:
    """Give the event loop its turn soon while a thread computes, as one does to judge a stream.

    With Python's own 5 ms a turn the loop went round a seventh as often meanwhile; with this, a
    third as often. Alone it pays nothing.
    """
    sys.setswitchinterval(_SWITCH_S)


async def _main(
    config: Config, load: Callable[[], Config], options: ProcessOptions, parent: int | None
) -> None:
    with (
        ready_file(options.ready_file) as write_file,
        trio.open_signal_receiver(*_SIGNALS) as signals,
    ):
        async with serve(config) as server:
            tune_collector()
            with _saying_ready(server, write_file, options.ready_fd):
                steering = server.steering
                steering.load, steering.path = load, options.config_file
                steering.taken_over = lambda config: set_level(config.log)
                for where in unused():
                    _log.warning("nothing is served on the socket that was handed over: %s", where)
                notifier = Notifier(options.notify_socket)
                notifier.ready()
                await _run(server, signals, parent, notifier)
    _log.info("stopped")


async def _run(
    server: Server,
    signals: AsyncIterator[int],
    parent: int | None,
    notifier: Notifier,
) -> None:
    """Run it until it is stopped."""
    prepare()
    import_module("trio_srs.hub.inspector")  # likewise: see hub.publish_record
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_prepare, server)
        nursery.start_soon(look_at_all_seldom)
        nursery.start_soon(_obey, signals, server, nursery, notifier)
        if parent is not None:
            nursery.start_soon(_watch_parent, parent, server)
        await server.wait_stopped()
        nursery.cancel_scope.cancel()


async def _prepare(server: Server) -> None:
    await server.prepare()
    gc.freeze()  # as above, but without a look at everything, for which media would wait


async def _obey(
    signals: AsyncIterator[int],
    server: Server,
    nursery: trio.Nursery,
    notifier: Notifier,
) -> None:
    """Do what signals say, for as long as the server runs."""
    asked_to_stop = False
    async for number in signals:
        _log.info("got %s", signal.Signals(number).name)
        if number == signal.SIGHUP:
            notifier.reloading()
            _reload(server)
            notifier.ready()
        elif number == signal.SIGQUIT:
            notifier.stopping()
            nursery.start_soon(server.finish)
        else:
            notifier.stopping()
            # A second one means that the grace is too long for whoever sends it.
            nursery.start_soon(server.stop, 0.0 if asked_to_stop else None)
            asked_to_stop = True


def _reload(server: Server) -> None:
    """Take over a new configuration, or keep the old one if it is bad."""
    try:
        server.steering.reload()
    except ConfigInvalidError as error:
        for where, message in error.problems:
            _log.error("configuration not reloaded: %s: %s", where, message)


async def _watch_parent(parent: int, server: Server) -> None:
    """Stop when somebody else has become this process's parent."""
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells us: it must be polled
        await trio.sleep(_PARENT_CHECK_S)
    _log.info("the parent process is gone")
    await server.stop()


@contextmanager
def _saying_ready(
    server: Server, write_file: Callable[[str], None], ready_fd: int | None
) -> Iterator[None]:
    """One line of JSON, for whoever waits for it.

    Standard output is not waited for: if it is full the line comes when there is room.

    Raises:
        ReadyError: it cannot be written where it was asked for.
    """
    line = json.dumps(server.ready) + "\n"
    output = None
    if sys.stdout is not None:  # closed by who started us
        output = LogOutput(sys.stdout.fileno(), _nothing)
        output.write(line.encode())
        if output.lost or output.owes:
            _log.warning("cannot write the ready line to standard output: %s", output.why)
    write_file(line)
    if ready_fd is not None:
        _say_to_descriptor(line, ready_fd)
    try:
        yield
    finally:
        if output is not None:
            output.finish(0.0)


def _nothing(_lines: int, _seconds: float, _why: str) -> bytes:
    return b""


def _say_to_descriptor(line: str, ready_fd: int) -> None:
    try:
        with os.fdopen(ready_fd, "w") as stream:
            stream.write(line)
    except OSError as error:
        raise ReadyError(f"cannot say that the server is ready: {error}") from error
