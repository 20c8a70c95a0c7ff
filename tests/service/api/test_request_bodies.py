"""Bodies that do not come."""

from __future__ import annotations

import logging

import pytest
import trio
from trio.testing import MockClock

from tests.service.api.calls import Call
from tests.service.api.site import Site
from trio_srs.service.api.request_bodies import BODY_WITHIN_S

EXPECT = "/api/v2/streams/live/a/expect"


async def test_a_body_that_does_not_come_is_not_waited_for(
    autojump_clock: MockClock, site: Site
) -> None:
    call = Call(site.app, EXPECT, method="POST", sent=b"{", cut_off=True)
    began = trio.current_time()
    await call.run()
    assert trio.current_time() - began == pytest.approx(BODY_WITHIN_S)
    assert (call.status, call.json()["code"]) == (400, "body_cut_off")


async def test_a_body_that_is_cut_off_is_no_bug(
    site: Site, nursery: trio.Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    call = Call(site.app, EXPECT, method="POST", sent=b"{", cut_off=True)
    call.leave()
    with caplog.at_level(logging.ERROR):
        await call.run()
    assert call.json()["where"] == "body"
    assert not caplog.records


async def test_a_long_answer_is_not_hurried(autojump_clock: MockClock, site: Site) -> None:
    call = Call(site.app, "/api/v2/wait", f"stream=live/a&timeout={5 * BODY_WITHIN_S}")
    await call.run()
    assert call.status == 408
