"""The handshake: any bytes are answered, waited for, or blamed on the peer."""

from __future__ import annotations

from trio_srs.wire.rtmp.handshake import (
    RANDOM_BYTES,
    ClientHandshake,
    HandshakeError,
    ServerHandshake,
)

_RANDOM = bytes(i % 251 for i in range(RANDOM_BYTES))
_FIRST, _BOTH = 1537, 3073


def shake(shaken: ServerHandshake | ClientHandshake, data: bytes, step: int) -> bytes | None:
    """Feed ``data`` in pieces of ``step`` bytes; return what was answered, or None if the peer is
    blamed: who it is thought to be depends on how much of it is there."""
    answer = b""
    try:
        for at in range(0, len(data), step):
            answer += shaken.receive(data[at : at + step])
            if shaken.done:
                return answer + shaken.trailing + data[at + step :]
    except HandshakeError as error:
        said = str(error)
    else:
        return answer
    assert "(byte 0), expected 0x03" in said
    return None


def check(data: bytes) -> None:
    """Fail if slicing changes what either role says, or if an answer has the wrong size."""
    for make in (
        lambda: ServerHandshake(random=_RANDOM),
        lambda: ClientHandshake(random=_RANDOM),
        lambda: ClientHandshake(random=_RANDOM, digest=True),
    ):
        whole = make()
        said = shake(whole, data, max(1, len(data)))
        assert said == shake(make(), data, 1 + len(data) // 7)
        assert whole.started == (data[:1] == b"\x03" and len(data) >= _FIRST)
        assert whole.done == (whole.started and len(data) >= _BOTH)
        assert len(whole.trailing) == (len(data) - _BOTH if whole.done else 0)
