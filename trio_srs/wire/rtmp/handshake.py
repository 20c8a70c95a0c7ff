"""The RTMP handshake, both roles, plain and with Adobe's digest. Floor 0.

Bytes in, bytes out; chance and time are arguments. Each side sends three things::

    C0, S0   1 byte       version, 3
    C1, S1   1536 bytes   u32 time, u32 version (0 in the plain form), 1528 random bytes
    C2, S2   1536 bytes   plain: the peer's C1 or S1 again
                          digest: 1504 random bytes and a signature of 32

The digest form hides a 32-byte HMAC-SHA256 of C1 or S1 among its random bytes, at a place
told by four of them; the two schemas differ in where those four are. What comes third (C2
to a server, S2 to a client) is never checked: it proves nothing, many peers send something
else in it, and SRS and nginx-rtmp do not look at it either.

Source: RTMP 1.0, 5.2. The digest is in no text of Adobe's; it is as Flash Player 9 and later,
librtmp and ffmpeg do it, checked on what ffmpeg sends (tests/data/handshake).
"""

from __future__ import annotations

import abc
import enum
import hmac
import struct
from typing import Final, Literal

from trio_srs.errors import InternalError, ProtocolError
from trio_srs.wire.foreign_protocol import who_connected

__all__ = [
    "HANDSHAKE_BYTES",
    "RANDOM_BYTES",
    "ClientHandshake",
    "HandshakeError",
    "HandshakeKind",
    "ServerHandshake",
    "answer_part",
]

RANDOM_BYTES: Final = 3072
"""How many random bytes a handshake wants: for C1 or S1, and for C2 or S2."""

_VERSION: Final = 3
_PART: Final = 1536
HANDSHAKE_BYTES: Final = 1 + 2 * _PART
"""How many bytes each side sends; the chunk stream begins behind them."""
_DIGEST: Final = 32
_HEAD: Final = struct.Struct(">I4s")  # time, version
_FILL: Final = _PART - _HEAD.size
_SIGNED: Final = _PART - _DIGEST

# Not secrets: every client and server has had them since 2009.
_KEY_TAIL: Final = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")
_PLAYER_KEY: Final = b"Genuine Adobe Flash Player 001"
_SERVER_KEY: Final = b"Genuine Adobe Flash Media Server 001"

# What we call ourselves in the digest form. ffmpeg looks at our digest only from 3 up.
_SERVER_VERSION: Final = bytes((3, 5, 3, 0))
_CLIENT_VERSION: Final = bytes((9, 0, 124, 2))


_TLS: Final = 0x16
_NAMED_BY: Final = 1024
"""Bytes that are looked at to name who speaks something else."""
_SERVERS: Final = {"SSH-": "an SSH server", "RTSP": "an RTSP server", "H": "an HTTP server"}


class HandshakeError(ProtocolError):
    """What came is no RTMP handshake."""

    code = "handshake_error"
    srs_code = 2016


class HandshakeKind(enum.StrEnum):
    """Which form of handshake two peers found; the schema's number is SRS's."""

    PLAIN = "plain"
    DIGEST_0 = "digest_schema0"
    """The digest is in the second half of C1, behind what RTMPE keeps for its key."""
    DIGEST_1 = "digest_schema1"
    """The digest is in the first half of C1."""


_OFFSET_AT: Final = {HandshakeKind.DIGEST_0: 772, HandshakeKind.DIGEST_1: 8}
"""Where the four bytes are whose sum tells how far behind them the digest is."""
_OFFSETS: Final = 728
"""How many places there are for a digest in its half of C1: 764 - 4 - 32."""


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def _split_at_digest(part: bytes, kind: HandshakeKind) -> tuple[bytes, bytes]:
    """Return the digest that C1 or S1 has if it is of this kind, and all the other bytes."""
    at = _OFFSET_AT[kind]
    start = at + 4 + sum(part[at : at + 4]) % _OFFSETS
    return part[start : start + _DIGEST], part[:start] + part[start + _DIGEST :]


def _find_digest(part: bytes, key: bytes) -> tuple[HandshakeKind, bytes]:
    """Return the kind of a C1 or S1 and its digest, which is empty if there is none."""
    _, version = _HEAD.unpack_from(part)
    if any(version):
        for kind in _OFFSET_AT:
            digest, rest = _split_at_digest(part, kind)
            if hmac.compare_digest(digest, _hmac(key, rest)):
                return kind, digest
    return HandshakeKind.PLAIN, b""


def _put_digest(part: bytes, kind: HandshakeKind, key: bytes) -> bytes:
    """Return C1 or S1 with its digest in its place."""
    at = _OFFSET_AT[kind]
    start = at + 4 + sum(part[at : at + 4]) % _OFFSETS
    _, rest = _split_at_digest(part, kind)
    return rest[:start] + _hmac(key, rest) + rest[start:]


def _answer(random: bytes, digest: bytes, key: bytes) -> bytes:
    """Return the C2 or S2 that shows that its sender has seen the other's digest."""
    body = random[:_SIGNED]
    return body + _hmac(_hmac(key + _KEY_TAIL, digest), body)


def _first_part(epoch_ms: int, version: bytes, random: bytes) -> bytes:
    return _HEAD.pack(epoch_ms % 2**32, version) + random[:_FILL]


def answer_part(part: bytes, random: bytes, *, to_server: bool) -> bytes:
    """The C2 for an S1, or the S2 for a C1, as if nobody had to remember its own first part: signed
    if that has a digest that holds, else the part again.

    Args:
        random: what a signed one begins with; of :data:`RANDOM_BYTES` half is enough.
        to_server: whether it is a C2.
    """
    theirs, ours = (_SERVER_KEY, _PLAYER_KEY) if to_server else (_PLAYER_KEY, _SERVER_KEY)
    _, digest = _find_digest(part, theirs)
    return _answer(random, digest, ours) if digest else part


class _Handshake(abc.ABC):
    """What both roles share: a version byte, one part to answer, one part to wait for."""

    _PEER_VERSION_NAME: str

    def __init__(self, *, random: bytes, epoch_ms: int = 0) -> None:
        if len(random) < RANDOM_BYTES:
            raise ValueError(f"{len(random)} random bytes, expected {RANDOM_BYTES}")
        self._random = random
        self._epoch_ms = epoch_ms
        self._buffer = bytearray()
        self.kind = HandshakeKind.PLAIN
        """The form found: final as soon as :attr:`started`."""
        self.started = False
        """The peer's version and first part have been read."""
        self.done = False
        """All of the peer's parts have been read: give what follows to the chunk reader."""
        self.trailing = b""
        """What came behind the peer's last part in the same read; part of the chunk stream."""

    def receive(self, data: bytes | bytearray | memoryview) -> bytes:
        """Take bytes from the peer, in any pieces; return what to send now, mostly ``b""``.

        Holds no more of them than one part and a byte; what is too much is :attr:`trailing`.

        Raises:
            HandshakeError: the first byte is not the version of RTMP, 3; raised as soon as
                that byte is there. The text says who speaks instead, as far as one can tell.
            InternalError: the handshake is done already.
        """
        if not data:
            return b""
        if self.done:
            raise InternalError("bytes for a handshake that is done: they are for the chunk reader")
        self._buffer += data
        answer = b""
        if not self.started:
            self._check_version()
            if len(self._buffer) <= _PART:
                return b""
            first = bytes(self._buffer[1 : 1 + _PART])
            del self._buffer[: 1 + _PART]
            answer = self._answer_first(first)
            self.started = True
            self._random = b""  # it has been said, and most connections last
        if len(self._buffer) >= _PART:
            self.trailing = bytes(self._buffer[_PART:])
            self._buffer.clear()
            self.done = True
        return answer

    def _check_version(self) -> None:
        version = self._buffer[0]
        if version != _VERSION:
            seen = f"{self._PEER_VERSION_NAME} is 0x{version:02x} (byte 0), expected 0x03"
            who = self._name_peer(bytes(self._buffer[:_NAMED_BY]))
            raise HandshakeError(f"{who} ({seen})" if who else seen)

    @staticmethod
    @abc.abstractmethod
    def _name_peer(first: bytes) -> str:
        """Say who speaks something else, by the first bytes."""

    @abc.abstractmethod
    def _answer_first(self, part: bytes) -> bytes:
        """Settle the kind by the peer's first part; return what to send for it."""


class ServerHandshake(_Handshake):
    """The server's side: feed it C0, C1 and C2, and send what it returns.

    S0, S1 and S2 come at once when C1 is complete. A C1 with a valid digest of either
    schema is answered in kind, any other plainly: also one that has a version, as if for a
    digest, but no digest that holds.

    Args:
        random: at least :data:`RANDOM_BYTES` arbitrary bytes.
        epoch_ms: the time in S1, modulo 2^32; nobody reads it.
    """

    _PEER_VERSION_NAME = "C0"

    @staticmethod
    def _name_peer(first: bytes) -> str:
        mend = "that is for rtmps://, or the RTMPS port" if first[0] == _TLS else ""
        return who_connected(first, "RTMP", mend)

    def _answer_first(self, part: bytes) -> bytes:
        self.kind, digest = _find_digest(part, _PLAYER_KEY)
        if digest:
            s1 = _first_part(self._epoch_ms, _SERVER_VERSION, self._random)
            s1 = _put_digest(s1, self.kind, _SERVER_KEY)
            s2 = _answer(self._random[_FILL:], digest, _SERVER_KEY)
        else:
            s1 = _first_part(self._epoch_ms, bytes(4), self._random)
            s2 = part
        return bytes((_VERSION,)) + s1 + s2


class ClientHandshake(_Handshake):
    """The client's side: send what :meth:`begin` returns, feed it S0, S1 and S2.

    C2 comes when S1 is complete: signed if S1 has a digest that holds, else S1 again.

    Args:
        random: at least :data:`RANDOM_BYTES` arbitrary bytes.
        epoch_ms: the time in C1, modulo 2^32; nobody reads it.
        digest: offer the digest form. :attr:`kind` tells if the server took it up.
        schema: where the digest in C1 is; 1 is what ffmpeg and most others use.
    """

    _PEER_VERSION_NAME = "S0"

    def __init__(
        self,
        *,
        random: bytes,
        epoch_ms: int = 0,
        digest: bool = False,
        schema: Literal[0, 1] = 1,
    ) -> None:
        super().__init__(random=random, epoch_ms=epoch_ms)
        self._digest = digest
        self._schema = (HandshakeKind.DIGEST_0, HandshakeKind.DIGEST_1)[schema]

    @staticmethod
    def _name_peer(first: bytes) -> str:
        line = first.partition(b"\r")[0].decode("ascii", "replace")
        if line.startswith("HTTP/"):
            return f"an HTTP server answered: {line}"
        return f"{_SERVERS[line[:4]]} answered" if line[:4] in _SERVERS else ""

    def begin(self) -> bytes:
        """Return C0 and C1, to be sent first; the same bytes every time."""
        if self._digest:
            c1 = _first_part(self._epoch_ms, _CLIENT_VERSION, self._random)
            c1 = _put_digest(c1, self._schema, _PLAYER_KEY)
        else:
            c1 = _first_part(self._epoch_ms, bytes(4), self._random)
        return bytes((_VERSION,)) + c1

    def _answer_first(self, part: bytes) -> bytes:
        if not self._digest:
            return part
        self.kind, digest = _find_digest(part, _SERVER_KEY)
        return _answer(self._random[_FILL:], digest, _PLAYER_KEY) if digest else part
