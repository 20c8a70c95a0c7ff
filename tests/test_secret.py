"""A secret stays one."""

from __future__ import annotations

from trio_srs.secret import Secret


def test_a_secret_is_not_shown() -> None:
    secret = Secret("hunter2", ("env", "PASSWORD"))
    assert "hunter2" not in repr(secret) + str(secret) + f"{secret}"
    assert secret.value == "hunter2"
