"""AES-128 as players undo it."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from trio_srs.hub.aes_cipher import AesCipher

KEY, IV = bytes(range(16)), (7).to_bytes(16, "big")


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 4096])
def test_what_is_encrypted_is_padded_and_decrypts(size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    made = AesCipher().encrypt(KEY, IV, [data[:5], data[5:]])
    decryptor = Cipher(algorithms.AES128(KEY), modes.CBC(IV)).decryptor()
    padded = decryptor.update(made) + decryptor.finalize()
    assert 1 <= padded[-1] <= 16
    assert padded[-padded[-1] :] == bytes([padded[-1]]) * padded[-1]
    assert padded[: -padded[-1]] == data


def test_no_key_is_drawn_twice() -> None:
    cipher = AesCipher()
    keys = {cipher.new_key() for _ in range(10)}
    assert {len(key) for key in keys} == {16}
    assert len(keys) == 10


def test_what_is_encrypted_is_decrypted_by_its_key_alone() -> None:
    cipher, key, iv = AesCipher(), b"0123456789abcdef", bytes(16)
    for data in (b"", b"some", bytes(16)):
        assert cipher.decrypt(key, iv, cipher.encrypt(key, iv, [data])) == data
    for wrong, sealed in ((b"fedcba9876543210", cipher.encrypt(key, iv, [b"some"])), (key, b""),
                          (b"short", bytes(16)), (key, b"odd")):  # fmt: skip
        with pytest.raises(ValueError):  # noqa: PT011  # of any words: its own, or cryptography's
            cipher.decrypt(wrong, iv, sealed)
