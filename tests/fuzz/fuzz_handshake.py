"""Fuzz the handshake: any bytes are answered, waited for, or blamed on the peer.

Run by itself, with atheris installed and the captures as seeds::

    python tests/fuzz/fuzz_handshake.py tests/data/handshake
"""

from __future__ import annotations

import importlib
import sys

from trio_srs.wire.rtmp.handshake import (
    RANDOM_BYTES,
    ClientHandshake,
    HandshakeError,
    ServerHandshake,
)

RANDOM = bytes(i % 251 for i in range(RANDOM_BYTES))


def shake(shaken: ServerHandshake | ClientHandshake, data: bytes, step: int) -> bytes | str:
    """Feed ``data`` in pieces of ``step`` bytes; return what was answered, or the complaint."""
    answer = b""
    try:
        for at in range(0, len(data), step):
            answer += shaken.receive(data[at : at + step])
            if shaken.done:
                return answer + shaken.trailing + data[at + step :]
    except HandshakeError as exc:
        return str(exc)
    return answer


def check(data: bytes) -> None:
    """Fail if slicing changes what either role says, or if an answer has the wrong size."""
    for make in (
        lambda: ServerHandshake(random=RANDOM),
        lambda: ClientHandshake(random=RANDOM),
        lambda: ClientHandshake(random=RANDOM, digest=True),
    ):
        whole = make()
        said = shake(whole, data, max(1, len(data)))
        assert said == shake(make(), data, 1 + len(data) // 7)
        assert whole.started == (data[:1] == b"\x03" and len(data) >= 1537)
        assert whole.done == (whole.started and len(data) >= 3073)
        assert len(whole.trailing) == (len(data) - 3073 if whole.done else 0)


def main() -> None:
    """Fuzz until stopped, or until the option ``-runs`` says."""
    # By name, since it is installed only where fuzzing is done.
    atheris = importlib.import_module("atheris")
    atheris.instrument_all()
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
