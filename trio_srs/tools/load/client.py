"""One raw RTMP client on a worker's loop: connect, handshake, commands; then a subclass goes on.

Floor 6.
"""

from __future__ import annotations

import abc
import errno
import functools
import os
import socket
import time
from collections.abc import Callable
from typing import Final

from trio_srs.errors import TrioSrsError
from trio_srs.tools.load.dialogue import CHUNK_SIZE, Dialogue
from trio_srs.tools.load.loop import READ, WRITE, Loop
from trio_srs.tools.load.plan import LoadPlan
from trio_srs.wire.rtmp.chunk_writer import encode_message
from trio_srs.wire.rtmp.control import Acknowledgement
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["C0_C1", "READ_SIZE", "S0_S1_S2_SIZE", "LoadClient", "connecting_socket"]

C0_C1: Final = b"\x03" + bytes(8) + os.urandom(1528)
"""A plain handshake's beginning, the same for all: nobody looks."""
_LOOK_AGAIN: Final = 65536
S0_S1_S2_SIZE: Final = 1 + 2 * 1536
READ_SIZE: Final = 64 * 1024
"""Python allocates this much for every read and gives back the rest: from 128 KiB up the kernel
is asked for it each time, which costs ten times as much as reading."""


def connecting_socket(address: tuple[str, int], receive_buffer: int = 0) -> socket.socket:
    """A non-blocking socket on its way to an address.

    Raises:
        OSError: it cannot even begin.
    """
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if receive_buffer:  # before connecting: the window's scale is settled there
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    error = sock.connect_ex(address)
    if error not in (0, errno.EINPROGRESS):
        sock.close()
        raise OSError(error, os.strerror(error))
    return sock


class LoadClient(abc.ABC):
    """What all have in common.

    Attributes:
        failure: why it did not get as far as playing or publishing, or was lost later.
        started: its play or publish was accepted.
        settled: it needs no more waiting for: it has begun, or it has failed.
    """

    publishes = False

    def __init__(self, loop: Loop, plan: LoadPlan, number: int) -> None:
        self.loop, self.number = loop, number
        self.started = False
        self.settled = False
        self.failure = ""
        self.lost = False
        self.bytes_in = 0
        self.bytes_out = 0
        self.began_at = 0.0
        self.acknowledge_at = _LOOK_AGAIN
        self._plan = plan
        self._hello: bytearray | None = bytearray()
        self._unsent = b""
        self.sock: socket.socket | None = None

    def begin(self) -> None:
        """Start connecting; what comes of it is told by the loop."""
        self.began_at = time.monotonic()
        try:
            self.sock = connecting_socket(self._plan.address, self.receive_buffer)
        except OSError as error:
            self.fail(_word(error))
            return
        self.loop.add(self.sock.fileno(), WRITE, self._connected)

    @property
    def receive_buffer(self) -> int:
        """``SO_RCVBUF``, 0 for the kernel's own choice."""
        return self._plan.receive_buffer

    def close(self) -> None:
        """Close the socket, without a goodbye."""
        if self.sock is not None:
            self.loop.remove(self.sock.fileno())
            self.sock.close()
            self.sock = None

    def fail(self, reason: str) -> None:
        """Close the socket, and have a reason why."""
        self.failure = reason
        self.lost = self.started
        self.settled = True
        self.close()

    def stop_reading(self) -> None:
        """Take nothing from the socket any more."""
        if self.sock is not None:
            self.loop.change(self.sock.fileno(), 0)

    @functools.cached_property
    def dialogue(self) -> Dialogue:
        """Its side of the conversation in RTMP."""
        return Dialogue(self._plan.target(self.number), self.publishes)

    @abc.abstractmethod
    def take(self, data: bytes) -> None:
        """Bytes from behind the handshake. May raise TrioSrsError, which ends the client."""

    def on_start(self) -> None:  # noqa: B027 - most have nothing more to do
        """The server has accepted the play or publish."""

    def send(self, data: bytes) -> bool:
        """Send all or keep the rest for later; whether nothing is left."""
        if self.sock is None:
            return False
        if self._unsent:
            self._unsent += data
            return False
        sent = self._try_send(data)
        if sent < len(data) and self.sock is not None:
            self._unsent = data[sent:]
            self.loop.change(self.sock.fileno(), READ | WRITE)
            return False
        return True

    def on_sent(self) -> None:  # noqa: B027 - only publishers wait for it
        """What was kept by :meth:`send` has left."""

    def answer(self, said: list[tuple[int, bytes]]) -> None:
        """Hear what the server says besides media, and answer."""
        for kind, payload in said:
            if answer := self.dialogue.hear(kind, payload):
                self.send(answer)
            if self.dialogue.started and not self.started:
                self.started = True
                self.on_start()

    def _try_send(self, data: bytes) -> int:
        assert self.sock is not None
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            self.fail(_word(error))
            return 0
        self.bytes_out += sent
        return sent

    def _connected(self, _events: int) -> None:
        assert self.sock is not None
        error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.fail(_word(OSError(error, "")))
            return
        fd = self.sock.fileno()
        self.loop.remove(fd)
        self.loop.add(fd, READ, self.ready)
        self.send(self.hello())

    def ready(self, events: int) -> None:
        """Something happened on the socket."""
        if events & WRITE:
            self._flush()
        if events & ~WRITE:
            self._read()

    def _flush(self) -> None:
        rest = self._unsent
        if not rest:
            return
        sent = self._try_send(rest)
        if self.sock is None:
            return
        self._unsent = rest[sent:]
        if not self._unsent:
            self.loop.change(self.sock.fileno(), READ)
            self.on_sent()

    def _read(self) -> None:
        if self.sock is None:
            return
        try:
            data = self.sock.recv(READ_SIZE)
        except OSError as error:
            self.on_read_error(error)
        else:
            self.dispatch(data)

    def on_read_error(self, error: OSError) -> None:
        """Reading failed; that there is nothing to read is no failure."""
        if not isinstance(error, BlockingIOError):
            self.fail(_word(error))

    def dispatch(self, data: bytes) -> None:
        """What was read, to whom it is for; nothing is the end."""
        if not data:
            self.fail("closed by the server")
            return
        self.bytes_in += len(data)
        self._guarded(self.take if self._hello is None else self.shake, data)
        if self.bytes_in >= self.acknowledge_at:
            self.acknowledge()

    def _guarded(self, take: Callable[[bytes], None], data: bytes) -> None:
        try:
            take(data)
        except TrioSrsError as error:
            self.fail(str(error))

    def hello(self) -> bytes:
        """What is said first."""
        return C0_C1

    def collect(self, data: bytes) -> bytes:
        """Everything of the server's hello that is here, with the newest of it."""
        assert self._hello is not None
        self._hello += data
        return bytes(self._hello)

    def shaken(self) -> None:
        """The server's hello is over: what comes now is for :meth:`take`."""
        self._hello = None

    def shake(self, data: bytes) -> None:
        """Collect S0, S1 and S2; answer with C2 and the first command."""
        hello = self.collect(data)
        if len(hello) < S0_S1_S2_SIZE:
            return
        self.shaken()
        self.send(hello[1:1537])
        self.send(self.dialogue.begin())
        if rest := hello[S0_S1_S2_SIZE:]:
            self.take(rest)

    def acknowledge(self) -> None:
        """Say how much was received."""
        if not self.dialogue.window:  # the server has not asked for it so far
            self.acknowledge_at = self.bytes_in + _LOOK_AGAIN
            return
        self.acknowledge_at = self.bytes_in + self.dialogue.window
        said = Acknowledgement(self.bytes_in % 2**32).encode()
        self.send(encode_message(Message(MessageType.ACKNOWLEDGEMENT, 0, 0, said), CHUNK_SIZE))


def _word(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, str(error))
