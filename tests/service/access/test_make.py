"""The rules of the configuration decide, behind gates and in front of hooks, and are reloaded."""

from __future__ import annotations

import attrs
import pytest

from tests.service.access.test_rules_gate import REQUEST
from trio_srs.config.schema import Config
from trio_srs.hub.gate import AccessConfig, AllowAll, Grant
from trio_srs.server.build import build
from trio_srs.service.access.rules_gate import AccessDeniedError

CLOSED = Config(access=AccessConfig(rules=("deny play name secret",)))


class Renaming(AllowAll):
    async def play(self, request: object, /) -> Grant:
        return Grant(name="secret")


async def test_rules_see_the_name_that_a_gate_gave() -> None:
    built = build(CLOSED, Renaming())
    with pytest.raises(AccessDeniedError, match="a rule denies to play this stream"):
        await built.parts.access.play(REQUEST)
    assert (await built.parts.access.publish(REQUEST)).key == "v/live/cam"


async def test_rules_that_a_reload_brings_hold() -> None:
    built = build(Config())
    asked = attrs.evolve(REQUEST, name="secret")
    await built.parts.access.play(asked)
    built.rules.config = CLOSED
    with pytest.raises(AccessDeniedError):
        await built.parts.access.play(asked)
