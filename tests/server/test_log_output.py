"""Output that never waits: pipes, sockets, terminals and disks that take nothing for a while."""

from __future__ import annotations

import contextlib
import os
import pty
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from trio_srs.server.log_output import OWED_MOST, LogOutput

LINE = b"x" * 199 + b"\n"
MANY = 3000
"""Lines: more than any pipe or socket holds, and less than is kept."""
PIPE_BYTES = 65536
TOO_MANY = 2 * OWED_MOST // len(LINE)


def gap(lines: int, seconds: float, why: str) -> bytes:
    assert 0 <= seconds < 60
    return f"({lines} lost: {why})\n".encode()


@attrs.define
class Ends:
    """Where to write, and how to read it."""

    write: int
    read: Callable[[], bytes]

    def rest(self, until: bytes) -> bytes:
        """All that comes, up to a line of these words."""
        got = bytearray()
        while until not in got:
            some = self.read()
            assert some, f"it ended without {until!r}: {bytes(got[-300:])!r}"
            got += some
        return bytes(got)


@contextlib.contextmanager
def open_ends(kind: str) -> Iterator[Ends]:
    with contextlib.ExitStack() as stack:
        if kind == "socket":
            ours, theirs = map(stack.enter_context, socket.socketpair())
            yield Ends(ours.fileno(), lambda: theirs.recv(65536))
            return
        readable, writable = pty.openpty() if kind == "terminal" else os.pipe()
        stack.callback(os.close, readable)
        stack.callback(os.close, writable)
        if kind == "terminal":
            os.set_blocking(writable, True)
        yield Ends(writable, lambda: os.read(readable, 65536))


@pytest.fixture(params=["pipe", "socket", "terminal"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    """Each kind of descriptor that somebody has to read."""
    with open_ends(request.param) as ends:
        yield ends


@pytest.fixture(params=["pipe", "piecemeal"])
def pipe(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    """A pipe, and one that cannot be opened a second time."""

    def refuse(path: str, flags: int) -> int:
        raise PermissionError

    with open_ends("pipe") as ends:
        if request.param == "piecemeal":
            monkeypatch.setattr(os, "open", refuse)
        yield ends


@pytest.fixture(autouse=True)
def _alarm() -> Iterator[None]:
    """A write that waits would wait for ever."""
    signal.alarm(30)
    yield
    signal.alarm(0)


def text(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")  # a terminal's


def test_what_there_is_room_for_is_written_at_once(ends: Ends) -> None:
    threads = threading.active_count()
    out = LogOutput(ends.write, gap)
    out.write(b"one\n")
    assert text(ends.read()) == b"one\n"
    assert not out.owes
    assert threading.active_count() == threads
    out.finish(0)


def test_nobody_waits_for_a_reader_and_nothing_is_lost_while_it_can_be_kept(ends: Ends) -> None:
    out = LogOutput(ends.write, gap)
    for number in range(MANY):
        out.write(b"%5d " % number + LINE)
    assert out.owes
    out.write(b"the last\n")
    got = text(ends.rest(b"the last")).split(b"\n")
    assert [int(line[:6]) for line in got[:MANY]] == list(range(MANY))
    out.finish(0)


def test_what_is_too_much_is_counted_and_told_of_where_it_is_missing(pipe: Ends) -> None:
    out = LogOutput(pipe.write, gap)
    for _ in range(TOO_MANY):
        out.write(LINE)
    kept = TOO_MANY - out.lost
    assert out.lost > 0
    got = pipe.rest(b"lost: nobody was reading)\n")  # without a further line
    assert got == LINE * kept + b"(%d lost: nobody was reading)\n" % (TOO_MANY - kept)
    out.write(b"again\n")
    assert pipe.rest(b"again\n") == b"again\n"
    out.finish(0)


def test_the_other_users_of_a_descriptor_wait_as_before(ends: Ends) -> None:
    out = LogOutput(ends.write, gap)
    out.write(b"one\n")
    assert os.get_blocking(ends.write)
    out.finish(0)


def test_a_descriptor_that_does_not_wait_by_itself_is_written_to_directly() -> None:
    with open_ends("pipe") as ends:
        os.set_blocking(ends.write, False)
        out = LogOutput(ends.write, gap)
        for _ in range(MANY):
            out.write(LINE)
        out.write(b"the last\n")
        assert ends.rest(b"the last\n") == LINE * MANY + b"the last\n"
        out.finish(0)


def test_what_is_kept_is_written_before_the_end_if_somebody_reads(pipe: Ends) -> None:
    out = LogOutput(pipe.write, gap)
    for _ in range(MANY):
        out.write(LINE)
    got = bytearray()
    reader = threading.Thread(target=lambda: got.extend(pipe.rest(b"the last\n")))
    out.write(b"the last\n")
    reader.start()
    out.finish(20)
    reader.join()
    assert bytes(got) == LINE * MANY + b"the last\n"


def test_the_end_does_not_wait_for_ever(pipe: Ends) -> None:
    out = LogOutput(pipe.write, gap)
    for _ in range(MANY):
        out.write(LINE)
    out.finish(0.01)
    out.finish(0.01)  # again
    out.write(LINE)  # to nowhere
    assert not out.owes
    assert os.fstat(pipe.write)  # it is not ours to close


def test_a_full_disk_costs_lines_and_nothing_else() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    out = LogOutput(full, gap)
    for _ in range(10):
        out.write(LINE)
    assert (out.lost, out.why, out.owes) == (10, "No space left on device", False)
    out.finish(0)
    os.close(full)


def test_a_reader_that_is_gone_costs_lines_and_nothing_else() -> None:
    readable, writable = os.pipe()
    out = LogOutput(writable, gap)
    for _ in range(MANY):
        out.write(LINE)
    os.close(readable)
    out.finish(5)  # the thread finds out
    assert MANY - PIPE_BYTES // len(LINE) - 1 <= out.lost < MANY
    assert out.why == "Broken pipe"
    os.close(writable)


def test_a_disk_that_has_room_again_gets_the_count_and_no_torn_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    file = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(LINE) + 50, limit[1]))
        out = LogOutput(file, gap)
        for _ in range(3):
            out.write(LINE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, before)
    out.write(LINE)  # too soon after the error
    assert out.lost == 3
    now = 1.0
    out.write(b"again\n")
    out.finish(0)
    os.close(file)
    said = b"(3 lost: File too large)\nagain\n"
    assert (tmp_path / "log").read_bytes() == LINE + LINE[:50] + b"\n" + said
