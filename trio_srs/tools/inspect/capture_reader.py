"""Sessions out of a file: a session capture, or packets of the network. Floor 6."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

from trio_srs.tools.inspect.pcap import PacketFileError, is_packet_file, packets
from trio_srs.tools.inspect.tcp_streams import TcpConnection, tcp_connections
from trio_srs.tools.inspect.tls_decryption import (
    KeyLog,
    TlsConversation,
    TlsDecryptionError,
    read_key_log,
)
from trio_srs.wire.session_capture import (
    CaptureKind,
    CaptureRecord,
    SessionCapture,
    SessionCaptureError,
    decode_capture,
    is_capture,
)

__all__ = ["CaptureFileContent", "read_captures"]

_RTMP: Final = b"\x03"
_TLS: Final = b"\x16"


@attrs.frozen
class CaptureFileContent:
    """What is in a file."""

    sessions: tuple[SessionCapture, ...]
    passed_over: tuple[str, ...] = ()
    """Connections that are not told of, and why not, in words."""


def read_captures(path: Path, key_log: Path | None = None) -> CaptureFileContent:
    """Read a file that the server wrote, or one of tcpdump or Wireshark with RTMP in it.

    Args:
        key_log: a file with the keys of TLS connections in it (``SSLKEYLOGFILE``).

    Raises:
        SessionCaptureError, PacketFileError: it cannot be read, or is something else.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SessionCaptureError(f"{path}: {error.strerror or error}") from error
    try:
        if not is_packet_file(data):
            if not is_capture(data):
                raise SessionCaptureError(
                    "neither a capture of a session (.rtmpcap) nor a pcap or pcapng: "
                    f"it begins with {data[:8]!r}"
                )
            return CaptureFileContent((decode_capture(data),))
        keys = {} if key_log is None else read_key_log(key_log.read_text(errors="replace"))
        return _of_packets(data, keys)
    except OSError as error:
        raise SessionCaptureError(f"{key_log}: {error.strerror or error}") from error
    except (SessionCaptureError, PacketFileError) as error:
        error.args = (f"{path}: {error}",)
        raise


def _of_packets(data: bytes, keys: KeyLog) -> CaptureFileContent:
    sessions: list[SessionCapture] = []
    passed_over: list[str] = []
    for number, connection in enumerate(tcp_connections(packets(data)), 1):
        ends = f"connection {number}, {connection.client} -> {connection.server}"
        is_encrypted = connection.begins and connection.first[0][:1] == _TLS
        try:
            records = _decrypted(connection, keys) if keys and is_encrypted else connection.records
        except TlsDecryptionError as error:
            passed_over.append(f"{ends}: it is encrypted by TLS: {error}")
            continue
        if why := _why_not(connection, records):
            passed_over.append(f"{ends}: {why}")
        else:
            protocol = "rtmps" if is_encrypted else "rtmp"
            sessions.append(_session(number, connection, records, protocol))
    return CaptureFileContent(tuple(sessions), tuple(passed_over))


def _decrypted(connection: TcpConnection, keys: KeyLog) -> list[CaptureRecord]:
    """The same connection without TLS. Raises TlsDecryptionError."""
    tls = TlsConversation(keys)
    found: list[CaptureRecord] = []
    for record in connection.records:
        if record.kind == CaptureKind.OMITTED:
            raise TlsDecryptionError("bytes of it are missing")
        if record.kind in (CaptureKind.RECEIVED, CaptureKind.SENT):
            plain = tls.feed(record.data, from_client=record.kind == CaptureKind.RECEIVED)
            if plain:
                found.append(attrs.evolve(record, data=plain))
        else:
            found.append(record)
    return found


def _why_not(connection: TcpConnection, records: Sequence[CaptureRecord]) -> str:
    if not any(connection.first):
        return "no bytes"
    if not connection.begins:
        return "its beginning is not there, and RTMP cannot be told without it"
    said = (each.data for each in records if each.kind == CaptureKind.RECEIVED)
    client = next(said, b"")[:8]
    if client[:1] == _TLS:
        return "it is encrypted by TLS: a key log is needed"
    if client[:1] != _RTMP:
        return f"it is not RTMP: it begins with {client!r}"
    return ""


def _session(
    number: int, connection: TcpConnection, records: Sequence[CaptureRecord], protocol: str
) -> SessionCapture:
    about = {
        "session": str(number),
        "protocol": protocol,
        "peer": connection.client,
        "local": connection.server,
        "began_at": connection.began_at,
    }
    return SessionCapture(about, tuple(records))
