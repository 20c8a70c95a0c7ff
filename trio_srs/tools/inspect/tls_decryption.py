"""What is inside TLS, by the keys that one of its ends has logged (``SSLKEYLOGFILE``). Floor 6.

Sources: RFC 5246, 5288, 7905 (TLS 1.2), RFC 8446 (TLS 1.3), and the NSS key log format. Cipher
suites without AEAD, which no client of today chooses, are not read.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

import attrs

from trio_srs.errors import RefusedError

__all__ = ["KeyLog", "TlsConversation", "TlsDecryptionError", "read_key_log"]

KeyLog = Mapping[tuple[str, bytes], bytes]
"""Secrets, by their label and the random of the client."""

_CHANGE_CIPHER, _HANDSHAKE, _DATA = 20, 22, 23
_CLIENT_HELLO, _SERVER_HELLO, _KEY_UPDATE = 1, 2, 24
_SUPPORTED_VERSIONS: Final = 43
_TLS_1_3: Final = 0x0304
_SUITES: Final = {
    **dict.fromkeys((0x009C, 0x009E, 0xC02B, 0xC02F), ("AESGCM", 16, "sha256")),
    **dict.fromkeys((0x009D, 0x009F, 0xC02C, 0xC030), ("AESGCM", 32, "sha384")),
    **dict.fromkeys((0xCCA8, 0xCCA9, 0xCCAA, 0x1303), ("ChaCha20Poly1305", 32, "sha256")),
    0x1301: ("AESGCM", 16, "sha256"),
    0x1302: ("AESGCM", 32, "sha384"),
}
"""Cipher, bytes of its key, and hash."""


class TlsDecryptionError(RefusedError):
    """A connection cannot be decrypted. The text says why."""

    code = "tls_decryption"


class _Aead(Protocol):
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...


def read_key_log(text: str) -> KeyLog:
    """Read a key log; lines of other kinds are passed over."""
    found: dict[tuple[str, bytes], bytes] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3 and not line.startswith("#"):
            try:
                found[words[0], bytes.fromhex(words[1])] = bytes.fromhex(words[2])
            except ValueError:
                continue
    return found


@attrs.define
class _TlsWay:
    """One direction: bytes of which no record is made yet, and what decrypts the next."""

    label: str
    data: bytearray = attrs.field(factory=bytearray)
    is_encrypted: bool = False
    keys: list[_RecordKeys] = attrs.field(factory=list)
    """Those in force first; the next take over where these fail."""


class _RecordKeys:
    """What decrypts the records of one direction, one after the other."""

    def __init__(self, aead: _Aead, iv: bytes, *, secret: bytes = b"", is_old: bool) -> None:
        self.secret = secret
        self._aead, self._iv, self._is_old = aead, iv, is_old
        self._number = 0

    def decrypt(self, head: bytes, body: bytes) -> bytes:
        """The next record. Raises whatever the cipher does, and then counts nothing."""
        number = self._number.to_bytes(8, "big")
        nonce, extra = self._iv, head
        if len(self._iv) == 4:  # TLS 1.2 says the rest of the nonce of GCM in the record
            nonce, body = self._iv + body[:8], body[8:]
        else:
            padded = number.rjust(len(self._iv), b"\0")
            nonce = bytes(a ^ b for a, b in zip(self._iv, padded, strict=True))
        if self._is_old:
            extra = number + head[:3] + struct.pack(">H", len(body) - 16)
        plain = self._aead.decrypt(nonce, body, extra)
        self._number += 1
        return plain


class TlsConversation:
    """Both directions of a connection, from the first byte on."""

    def __init__(self, keys: KeyLog) -> None:
        self._keys = keys
        self._client_random = self._server_random = b""
        self._suite = self._version = 0
        self._ways = {True: _TlsWay("CLIENT"), False: _TlsWay("SERVER")}

    def feed(self, data: bytes, *, from_client: bool) -> bytes:
        """Some more bytes of one side; what they say in plain.

        Raises:
            TlsDecryptionError: there are no keys for it, or they do not fit.
        """
        way = self._ways[from_client]
        way.data += data
        return b"".join(self._record(way, *record) for record in _records(way.data))

    def _record(self, way: _TlsWay, head: bytes, body: bytes) -> bytes:
        kind = head[0]
        if kind == _CHANGE_CIPHER:
            way.is_encrypted = way.is_encrypted or self._version != _TLS_1_3
            return b""
        if not way.is_encrypted and kind == _HANDSHAKE:
            self._hello(body)
            return b""
        if not (way.is_encrypted or kind == _DATA):
            return b""
        kind, plain = self._decrypted(way, head, body)
        if kind == _HANDSHAKE and plain[:1] == bytes((_KEY_UPDATE,)) and way.keys[0].secret:
            way.keys[0] = self._of_secret(self._expand(way.keys[0].secret, "traffic upd", b"", 0))
        return plain if kind == _DATA else b""

    def _hello(self, body: bytes) -> None:
        """Note what a hello says; other messages of the handshake say nothing that is needed."""
        if body[:1] == bytes((_CLIENT_HELLO,)):
            self._client_random = body[6:38]
        elif body[:1] == bytes((_SERVER_HELLO,)):
            self._server_random = body[6:38]
            at = 39 + body[38]
            self._suite = int.from_bytes(body[at : at + 2], "big")
            self._version = _version(body[at + 5 :]) or int.from_bytes(body[4:6], "big")

    def _decrypted(self, way: _TlsWay, head: bytes, body: bytes) -> tuple[int, bytes]:
        from cryptography.exceptions import InvalidTag

        way.keys = way.keys or self._keys_of(way)
        while way.keys:
            try:
                plain = way.keys[0].decrypt(head, body)
            except (InvalidTag, ValueError):
                way.keys.pop(0)
                continue
            if self._version != _TLS_1_3:
                return head[0], plain
            plain = plain.rstrip(b"\0")
            return (plain[-1], plain[:-1]) if plain else (0, b"")
        raise TlsDecryptionError("the keys of the key log do not fit its records")

    def _keys_of(self, way: _TlsWay) -> list[_RecordKeys]:
        if self._suite not in _SUITES:
            raise TlsDecryptionError(f"its cipher suite, {self._suite:04x}, is none that is known")
        if self._version == _TLS_1_3:
            labels = (f"{way.label}_HANDSHAKE_TRAFFIC_SECRET", f"{way.label}_TRAFFIC_SECRET_0")
            return [self._of_secret(self._secret(label)) for label in labels]
        return [self._of_master(way, self._secret("CLIENT_RANDOM"))]

    def _secret(self, label: str) -> bytes:
        secret = self._keys.get((label, self._client_random))
        if secret is None:
            raise TlsDecryptionError(f"the key log has no {label} for it")
        return secret

    def _of_secret(self, secret: bytes) -> _RecordKeys:
        _, size, _ = _SUITES[self._suite]
        key, iv = self._expand(secret, "key", b"", size), self._expand(secret, "iv", b"", 12)
        return _RecordKeys(self._aead(key), iv, secret=secret, is_old=False)

    def _of_master(self, way: _TlsWay, master: bytes) -> _RecordKeys:
        name, size, digest = _SUITES[self._suite]
        iv_size = 4 if name == "AESGCM" else 12
        seed = b"key expansion" + self._server_random + self._client_random
        block, step = b"", seed
        while len(block) < 2 * (size + iv_size):
            step = hmac.digest(master, step, digest)
            block += hmac.digest(master, step + seed, digest)
        number = 0 if way.label == "CLIENT" else 1
        key = block[number * size : (number + 1) * size]
        ivs = block[2 * size :]
        iv = ivs[number * iv_size : (number + 1) * iv_size]
        return _RecordKeys(self._aead(key), iv, is_old=True)

    def _expand(self, secret: bytes, label: str, context: bytes, size: int) -> bytes:
        """HKDF-Expand-Label (RFC 8446, 7.1); of no size, as long as the hash."""
        digest = _SUITES[self._suite][2]
        size = size or (48 if digest == "sha384" else 32)
        name = b"tls13 " + label.encode()
        info = struct.pack(">HB", size, len(name)) + name + bytes((len(context),)) + context
        return hmac.digest(secret, info + b"\x01", digest)[:size]

    def _aead(self, key: bytes) -> _Aead:
        from cryptography.hazmat.primitives.ciphers import aead

        cipher: _Aead = getattr(aead, _SUITES[self._suite][0])(key)
        return cipher


def _records(data: bytearray) -> Iterator[tuple[bytes, bytes]]:
    """The whole records in front, which are taken away: head and body."""
    while len(data) >= 5:
        length = int.from_bytes(data[3:5], "big")
        if len(data) < 5 + length:
            return
        head, body = bytes(data[:5]), bytes(data[5 : 5 + length])
        del data[: 5 + length]
        yield head, body


def _version(extensions: bytes) -> int:
    """What the extensions of a server's hello say of the version; 0 if nothing."""
    at = 0
    while len(extensions) - at >= 4:
        kind, length = struct.unpack_from(">HH", extensions, at)
        if kind == _SUPPORTED_VERSIONS:
            return int.from_bytes(extensions[at + 4 : at + 6], "big")
        at += 4 + length
    return 0
