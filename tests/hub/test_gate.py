"""The words between a service and its gates."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from trio_srs.hub.gate import AccessRequest, AllowAll, Gate, Grant

ASKED = AccessRequest(
    session="c1", peer="127.0.0.1:50000", protocol="rtmp", vhost="v", app="live", name="cam"
)


async def test_the_open_gate_refuses_nobody() -> None:
    gate: Gate = AllowAll()
    await gate.connect(ASKED)
    await gate.publish(ASKED)
    await gate.play(ASKED)


def test_what_is_asked_does_not_change() -> None:
    assert ASKED.params == {}
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ASKED.name = "other"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ({"name": "a/../b"}, ValueError),
        ({"name": None}, TypeError),
        ({"account": 7}, TypeError),
        ({"redirect": b"rtmp://b"}, TypeError),
        ({"redirect": "http://b/\r\nSet-Cookie: a"}, ValueError),
        ({"settings": {"publish_busy": "maybe"}}, ValueError),
    ],
)
def test_a_grant_that_cannot_be_is_none(what: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Grant(**what)


def test_of_two_grants_the_later_one_counts_more() -> None:
    first = Grant(name="a", account="x", settings={"publish_notify": False, "gop_cache": 1.0})
    both = first.then(Grant(name="b", settings={"gop_cache": None}))
    assert both == Grant(
        name="b", account="x", settings={"publish_notify": False, "gop_cache": None}
    )
    assert first.then(Grant()) == first
