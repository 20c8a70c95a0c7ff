"""AES-128 for segments, and keys that nobody can guess. Floor 2."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

__all__ = ["AesCipher"]

_BLOCK: Final = 16


class AesCipher:
    """Encrypts segments as HLS has it."""

    def new_key(self) -> bytes:
        return secrets.token_bytes(_BLOCK)

    def encrypt(self, key: bytes, iv: bytes, chunks: Sequence[bytes]) -> bytes:
        encryptor = Cipher(algorithms.AES128(key), modes.CBC(iv)).encryptor()
        padding = _BLOCK - sum(map(len, chunks)) % _BLOCK
        done = [encryptor.update(chunk) for chunk in chunks]
        return b"".join((*done, encryptor.update(bytes([padding]) * padding), encryptor.finalize()))
