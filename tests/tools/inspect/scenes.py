"""Captures made by hand: what a client and a server say, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from trio_srs.testing.bodies import command, header, inter, key
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.handshake import HANDSHAKE_BYTES
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.session_capture import (
    MAGIC,
    CaptureKind,
    CaptureRecord,
    SessionCapture,
    encode_record,
    facts_record,
    omission,
)

__all__ = ["ABOUT", "SHAKEN", "Scene", "file_of"]

SHAKEN: Final = b"\x03" + bytes(HANDSHAKE_BYTES - 1)
ABOUT: Final = {
    "session": "c1",
    "protocol": "rtmp",
    "peer": "10.0.0.2:50000",
    "local": "10.0.0.1:1935",
    "began_at": 1796047468.5,
}


class Scene:
    """A session that is being made up."""

    def __init__(self) -> None:
        self.records: list[CaptureRecord] = []
        self._at_us = 0
        self._writers = {kind: ChunkWriter() for kind in (CaptureKind.RECEIVED, CaptureKind.SENT)}

    def after(self, seconds: float) -> Scene:
        self._at_us += round(seconds * 1e6)
        return self

    def happened(self, kind: CaptureKind, data: bytes = b"") -> Scene:
        self.records.append(CaptureRecord(kind, self._at_us, data))
        return self

    def lost(self, received: int, sent: int) -> Scene:
        self.records.append(omission(self._at_us, received, sent))
        return self

    def client(self, *said: Message | bytes) -> Scene:
        return self._says(CaptureKind.RECEIVED, said)

    def server(self, *said: Message | bytes) -> Scene:
        return self._says(CaptureKind.SENT, said)

    def _says(self, kind: CaptureKind, said: tuple[Message | bytes, ...]) -> Scene:
        writer = self._writers[kind]
        for each in said:
            data = each if isinstance(each, bytes) else writer.write(each)
            self.happened(kind, data)
            if isinstance(each, Message) and each.type_id == 1:
                writer.chunk_size = int.from_bytes(each.payload, "big")
        return self

    def publish(self) -> Scene:
        """A publish of three frames."""
        size = Message(1, 0, 0, SetChunkSize(4096).encode())
        self.client(SHAKEN).server(SHAKEN)
        self.after(0.1).client(command("connect", {"app": "live"}, transaction_id=1.0))
        self.server(size, command("_result", None, {"code": "ok"}, transaction_id=1.0))
        self.client(size, command("createStream", None, transaction_id=2.0))
        self.server(command("_result", None, 1.0, transaction_id=2.0))
        self.after(0.1).client(command("publish", None, "a?key=secret", "live", stream_id=1))
        self.server(command("onStatus", None, {"code": "NetStream.Publish.Start"}, stream_id=1))
        return self.after(0.1).client(header(), key(0), inter(40))

    def capture(self, outcome: dict[str, object] | None = None) -> SessionCapture:
        return SessionCapture(ABOUT, tuple(self.records), outcome)


def file_of(scene: Scene, edit: Callable[[bytes], bytes] = bytes) -> bytes:
    """As the server would have written it."""
    about = facts_record(CaptureKind.ABOUT, 0, ABOUT)
    outcome = facts_record(CaptureKind.OUTCOME, 9, {"reason": "peer_fin", "detail": "bye"})
    return edit(MAGIC + b"".join(map(encode_record, (about, *scene.records, outcome))))
