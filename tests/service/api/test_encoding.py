"""Answers that are large: others go on while they are made."""

from __future__ import annotations

import json
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import trio

from trio_srs.errors import EndReason
from trio_srs.hub.sessions import RequestFacts, SessionFacts
from trio_srs.media.trace import ROW, Trace
from trio_srs.service.api import encoding
from trio_srs.service.api.encoding import aside, encode, encode_item


async def test_values_are_encoded_in_a_thread_one_at_a_time() -> None:
    limiter = trio.CapacityLimiter(1)
    value = {"fps": Fraction(30000, 1001), "more": float("inf")}
    answer = await aside(value, limiter)
    assert answer.render(answer.content, "") == encode(value)
    assert encode(value) == b'{"fps":"30000/1001","more":"inf"}'
    await limiter.acquire()  # now it has to wait
    with trio.move_on_after(0.05) as scope:
        await aside(value, limiter)
    assert scope.cancelled_caught
    limiter.release()


LONG = 10_000
VALUES = {
    "a long list": list(range(LONG)),
    "lists in lists": [list(range(LONG)), [], [1.5, None, "x"]],
    "a long list of objects": [{"a": number} for number in range(LONG)],
    "objects": {"a": {}, "b": {"c": [{"d": list(range(LONG))}, {}]}, "e\n": "f"},
    "text": "a",
    "nothing": None,
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_what_is_encoded_in_pieces_is_what_it_would_be_in_one(value: object) -> None:
    assert encode(value) == msgspec.json.encode(value)


def test_no_piece_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """The encoder lets no other thread go on."""
    sizes = []

    def watched(value: object) -> bytes:
        sizes.append(len(value) if isinstance(value, list) else 1)
        return msgspec.json.encode(value)

    monkeypatch.setattr(encoding, "msgspec", SimpleNamespace(json=SimpleNamespace(encode=watched)))
    trace = Trace(tracks=(("video", 0),), rows=bytes(ROW.size) * LONG)
    assert json.loads(encode({"reports": [{"trace": trace}]}))
    assert max(sizes) <= 4096


def test_items_of_a_list_are_encoded_as_everything_is() -> None:
    request = RequestFacts(
        what="play", stream="live/é", at_s=0.5, outcome="accepted", end=EndReason.KICKED, bytes=7
    )
    said: dict[str, Any] = {"id": "c1", "protocol": "rtmp", "peer": "p", "began_at": 1e9}
    for facts in (
        SessionFacts(**said, seconds=2.5),
        SessionFacts(**said, seconds=1, requests=(request, request), end=EndReason.PEER_FIN),
        SessionFacts(**said, seconds=1, faults=("stall publish", "reset publish times=1")),
    ):
        assert encode_item(facts) == encode(facts)
