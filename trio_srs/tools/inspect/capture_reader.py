"""Sessions out of a file: a session capture, or packets of the network. Floor 6."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import attrs

from trio_srs.tools.inspect.pcap import PacketFileError, is_packet_file, packets
from trio_srs.tools.inspect.tcp_streams import TcpConnection, tcp_connections
from trio_srs.wire.session_capture import SessionCapture, SessionCaptureError, decode_capture

__all__ = ["CaptureFileContent", "read_captures"]

_RTMP: Final = b"\x03"


@attrs.frozen
class CaptureFileContent:
    """What is in a file."""

    sessions: tuple[SessionCapture, ...]
    passed_over: tuple[str, ...] = ()
    """Connections that are not told of, and why not, in words."""


def read_captures(path: Path) -> CaptureFileContent:
    """Read a file that the server wrote, or one of tcpdump or Wireshark with RTMP in it.

    Raises:
        SessionCaptureError, PacketFileError: it cannot be read, or is something else.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SessionCaptureError(f"{path}: {error.strerror or error}") from error
    try:
        if not is_packet_file(data):
            return CaptureFileContent((decode_capture(data),))
        return _of_packets(data)
    except (SessionCaptureError, PacketFileError) as error:
        error.args = (f"{path}: {error}",)
        raise


def _of_packets(data: bytes) -> CaptureFileContent:
    sessions: list[SessionCapture] = []
    passed_over: list[str] = []
    for number, connection in enumerate(tcp_connections(packets(data)), 1):
        if why := _why_not(connection):
            ends = f"{connection.client} -> {connection.server}"
            passed_over.append(f"connection {number}, {ends}: {why}")
        else:
            sessions.append(_session(number, connection))
    return CaptureFileContent(tuple(sessions), tuple(passed_over))


def _why_not(connection: TcpConnection) -> str:
    client, server = connection.first
    if not (client or server):
        return "no bytes"
    if not connection.begins:
        return "its beginning is not there, and RTMP cannot be told without it"
    if client[:1] == b"\x16":
        return "it is encrypted by TLS"
    if client[:1] != _RTMP:
        return f"it is not RTMP: it begins with {client!r}"
    return ""


def _session(number: int, connection: TcpConnection) -> SessionCapture:
    about = {
        "session": str(number),
        "protocol": "rtmp",
        "peer": connection.client,
        "local": connection.server,
        "began_at": connection.began_at,
    }
    return SessionCapture(about, tuple(connection.records))
