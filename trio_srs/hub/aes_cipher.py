"""AES-128 for segments, and keys that nobody can guess. Floor 2."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

__all__ = ["AesCipher"]

_BLOCK: Final = 16


class AesCipher:
    """Encrypts and decrypts segments as HLS has it."""

    def new_key(self) -> bytes:
        return secrets.token_bytes(_BLOCK)

    def encrypt(self, key: bytes, iv: bytes, chunks: Sequence[bytes]) -> bytes:
        encryptor = Cipher(algorithms.AES128(key), modes.CBC(iv)).encryptor()
        padding = _BLOCK - sum(map(len, chunks)) % _BLOCK
        done = [encryptor.update(chunk) for chunk in chunks]
        return b"".join((*done, encryptor.update(bytes([padding]) * padding), encryptor.finalize()))

    def decrypt(self, key: bytes, iv: bytes, data: bytes) -> bytes:
        """Raises ValueError: the key is none, or not the one of these data."""
        decryptor = Cipher(algorithms.AES128(key), modes.CBC(iv)).decryptor()
        done = decryptor.update(data) + decryptor.finalize()
        padding = done[-1] if done else 0
        if not 0 < padding <= _BLOCK or done[-padding:] != bytes([padding]) * padding:
            raise ValueError("the padding is not that of HLS: another key, perhaps")
        return done[:-padding]
