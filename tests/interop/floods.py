"""Publishers that send as fast as they can, from a process of their own.

``python -m tests.interop.floods PORT COUNT SIZE`` publishes ``live/flood0``, ``live/flood1`` and so
on, frames of ``SIZE`` bytes, over and over. It says a line when all of them are accepted.
"""

from __future__ import annotations

import selectors
import socket
import sys
from typing import Final

from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["main"]

_CHUNK_SIZE: Final = 65_536
_BURST: Final = 256 * 1024
_S0_S1_S2: Final = 1 + 2 * 1536
_STARTED: Final = b"NetStream.Publish.Start"


def _publisher(port: int, name: str) -> tuple[socket.socket, ChunkWriter]:
    """A connection that may publish."""
    sock, writer = socket.create_connection(("127.0.0.1", port), timeout=30), ChunkWriter()
    sock.sendall(b"\x03" + bytes(1536))
    heard = b""
    while len(heard) < _S0_S1_S2:
        heard += _some(sock)
    size = SetChunkSize(_CHUNK_SIZE)
    said = heard[1:1537] + writer.write(Message(size.TYPE_ID, 0, 0, size.encode()))
    writer.chunk_size = _CHUNK_SIZE
    app: dict[str, Value] = {"app": "live", "tcUrl": f"rtmp://127.0.0.1:{port}/live"}
    said += writer.write(Command("connect", 1.0, (app,)).message())
    said += writer.write(Command("createStream", 2.0, (None,)).message())
    said += writer.write(Command("publish", 3.0, (None, name, "live")).message(1))
    sock.sendall(said)
    while _STARTED not in heard:
        heard += _some(sock)
    sock.setblocking(False)
    return sock, writer


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(65_536)
    if not data:
        raise EOFError("the server closed the connection")
    return data


def _frames(writer: ChunkWriter, size: int) -> bytes:
    """About a MiB of frames, to be sent over and over."""
    bodies = [(head + bytes(size))[:size] for head in (b"\x17\x01\0\0\0", b"\x27\x01\0\0\0")]
    count = (1 << 20) // (size + 12)
    return b"".join(
        writer.write(Message(MessageType.VIDEO, 1, 40 * number, bodies[number > 0]))
        for number in range(count)
    )


def main() -> None:
    """Publish until killed."""
    port, count, size = map(int, sys.argv[1:])
    selector, at = selectors.DefaultSelector(), [0] * count
    socks, wires = [], []
    for number in range(count):
        sock, writer = _publisher(port, f"flood{number}")
        socks.append(sock)
        wires.append(memoryview(_frames(writer, size)))
        selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, number)
    sys.stdout.write("flooding\n")
    sys.stdout.flush()
    while True:
        for key, events in selector.select():
            number = key.data
            sock = socks[number]
            if events & selectors.EVENT_READ:
                _some(sock)
            if events & selectors.EVENT_WRITE:
                wire, begin = wires[number], at[number]
                at[number] = (begin + sock.send(wire[begin : begin + _BURST])) % len(wire)


if __name__ == "__main__":
    main()
