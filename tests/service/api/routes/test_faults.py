"""Faults by the API: asked for, counted, taken back, and what is none."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.service.api.site import Site, open_site
from tests.service.rtmp.house import House

PATH = "/api/v2/faults"


@pytest.fixture
async def site(house: House) -> AsyncIterator[Site]:
    async with open_site(house) as opened:
        yield opened


async def test_a_fault_is_asked_for_counted_and_taken_back(site: Site) -> None:
    assert await site.get(PATH) == (200, {"faults": []})
    assert (await site.ask("DELETE", f"{PATH}/fault-1"))[0] == 404
    status, said = await site.ask("POST", PATH, json={"fault": "refuse publish times=2"})
    fault = {"name": "fault-1", "fault": "refuse publish times=2", "met": 0, "taken": 0}
    assert (status, said) == (201, fault)
    assert await site.house.dial().publish("a") == "NetStream.Publish.BadName"
    fault |= {"met": 1, "taken": 1}
    assert await site.get(PATH) == (200, {"faults": [fault]})
    assert await site.ask("DELETE", f"{PATH}/fault-1") == (200, fault)
    assert (await site.ask("DELETE", f"{PATH}/fault-1"))[0] == 404
    assert await site.house.dial().publish("a") == "NetStream.Publish.Start"


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [("rest publish", 400, "fault_wrong"), ("redirect publish to=x", 409, "fault_conflict")],
)
async def test_what_is_no_fault_or_contradicts_one_is_refused(
    site: Site, text: str, status: int, code: str
) -> None:
    site.house.fault("refuse publish")
    answered, said = await site.ask("POST", PATH, json={"fault": text})
    assert (answered, said["code"], said["where"]) == (status, code, "body.fault")
