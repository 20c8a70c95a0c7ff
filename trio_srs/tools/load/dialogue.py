"""A client's side of the conversation before media flows: what to answer to what. Floor 6.

Bytes in, bytes out. Every word a client says is the same for all of its kind, and encoded once.
"""

from __future__ import annotations

import functools
from typing import Final

import attrs

from trio_srs.errors import PeerError
from trio_srs.wire.rtmp.chunk_writer import encode_message
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import PingResponse, SetChunkSize
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.url import RtmpUrl

__all__ = ["CHUNK_SIZE", "Dialogue", "SaidNoError"]

CHUNK_SIZE: Final = 4096
"""The size of our chunks, as of most encoders; announced behind the handshake."""
_CONNECT_ID, _CREATE_ID = 1.0, 2.0
_PING_REQUEST: Final = b"\0\x06"
_STARTED: Final = ("NetStream.Play.Start", "NetStream.Publish.Start")


class SaidNoError(PeerError):
    """The server refused; the text is its code."""

    code = "load_said_no"


@functools.cache
def _connect(url: RtmpUrl) -> bytes:
    """Set Chunk Size and ``connect``."""
    said = {"app": url.app, "type": "nonprivate", "flashVer": "FMLE/3.0", "tcUrl": url.tc_url}
    size = Message(MessageType.SET_CHUNK_SIZE, 0, 0, SetChunkSize(CHUNK_SIZE).encode())
    command = Command("connect", _CONNECT_ID, ({**said},)).message()
    return encode_message(size, 128) + encode_message(command, CHUNK_SIZE)


@functools.cache
def _create_stream() -> bytes:
    return encode_message(Command("createStream", _CREATE_ID, (None,)).message(), CHUNK_SIZE)


@attrs.define(eq=False)
class Dialogue:
    """One client's: say :meth:`begin`, then :meth:`hear` whatever the server says.

    Attributes:
        started: the play or publish has begun.
        stream_id: the message stream it goes on.
        window: the server wants an acknowledgement every so many bytes; 0 for none.
    """

    url: RtmpUrl
    publishes: bool
    started: bool = False
    stream_id: int = 0
    window: int = 0

    def begin(self) -> bytes:
        """What is said right behind the handshake."""
        return _connect(self.url)

    def hear(self, kind: int, payload: bytes) -> bytes:
        """A control message or a command; return what to say to it.

        Raises:
            SaidNoError: the server refuses.
            ProtocolError: a command that is none.
        """
        if kind == MessageType.USER_CONTROL and payload[:2] == _PING_REQUEST:
            pong = PingResponse(int.from_bytes(payload[2:6], "big")).encode()
            return encode_message(Message(MessageType.USER_CONTROL, 0, 0, pong), CHUNK_SIZE)
        if kind == MessageType.WINDOW_ACK_SIZE:
            self.window = int.from_bytes(payload[:4], "big")
        elif kind in (MessageType.COMMAND_AMF0, MessageType.COMMAND_AMF3):
            return self._hear_command(Command.decode(Message(kind, 0, 0, payload)))
        return b""

    def _hear_command(self, command: Command) -> bytes:
        if command.name == "_error":
            raise SaidNoError(_code(command))
        if command.name == "onStatus":
            self._hear_status(command)
        elif command.name == "_result" and command.transaction_id == _CONNECT_ID:
            return _create_stream()
        elif command.name == "_result" and command.transaction_id == _CREATE_ID:
            self.stream_id = int(command.number(1, 1.0))
            return self._ask()
        return b""

    def _hear_status(self, command: Command) -> None:
        info = command.args[1] if len(command.args) > 1 else None
        if isinstance(info, dict) and info.get("level") == "error":
            raise SaidNoError(_code(command))
        if _code(command) in _STARTED:
            self.started = True

    def _ask(self) -> bytes:
        """The command that asks for what this client is for."""
        key = self.url.stream_key
        if self.publishes:
            command = Command("publish", 3.0, (None, key, "live"))
        else:
            command = Command("play", 3.0, (None, key))
        return encode_message(command.message(self.stream_id), CHUNK_SIZE)


def _code(command: Command) -> str:
    info = command.args[1] if len(command.args) > 1 else None
    code = info.get("code") if isinstance(info, dict) else None
    return code if isinstance(code, str) else f"{command.name} without a code"
