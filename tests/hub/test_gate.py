"""The open gate lets everybody in."""

from __future__ import annotations

import attrs
import pytest

from trio_srs.hub.gate import AllowAll, Asked, Gate

ASKED = Asked(session="c1", peer="127.0.0.1:50000", vhost="v", app="live", name="cam")


async def test_the_open_gate_refuses_nobody() -> None:
    gate: Gate = AllowAll()
    await gate.connect(ASKED)
    await gate.publish(ASKED)
    await gate.play(ASKED)


def test_what_is_asked_does_not_change() -> None:
    assert ASKED.params == {}
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ASKED.name = "other"  # type: ignore[misc]  # the point of the test
