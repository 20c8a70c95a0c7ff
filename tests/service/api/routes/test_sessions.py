"""What the API says of sessions, and how it ends one."""

from __future__ import annotations

import time

from tests.service.api.site import Site
from tests.service.rtmp.house import hear_goodbye, transport_of
from trio_srs.errors import EndReason


async def test_the_open_sessions_are_listed_in_order(site: Site) -> None:
    publisher, player = await site.house.publisher("a"), await site.house.player("b")
    status, said = await site.get("/api/v2/sessions")
    assert status == 200
    one, two = said["sessions"]
    assert [one["id"], two["id"]] == ["c1", "c2"]
    assert (one["publishes"], one["plays"]) == (["live/a"], [])
    assert (two["publishes"], two["plays"]) == ([], ["live/b"])
    assert one["peer"] == transport_of(publisher).local
    assert abs(one["began_at"] - time.time()) < 20
    assert (await site.get("/api/v2/sessions/c2"))[1]["plays"] == ["live/b"]
    for peer in (publisher, player):
        peer.close()


async def test_a_session_is_ended_with_the_reason_given(site: Site) -> None:
    peer = await site.house.publisher("a")
    status, said = await site.ask("DELETE", "/api/v2/sessions/c1", params={"detail": "enough"})
    assert (status, said) == (204, None)
    end = await site.house.end_of(peer)
    assert (end.reason, end.detail) == (EndReason.KICKED, "enough")
    assert ("NetConnection.Connect.Closed", "kicked: enough") in await hear_goodbye(peer)


async def test_a_session_that_is_not_there_is_said_to_be_unknown(site: Site) -> None:
    for method in ("GET", "DELETE"):
        status, said = await site.ask(method, "/api/v2/sessions/c9")
        assert status == 404
        assert said == {
            "code": "unknown_session",
            "message": "no session 'c9' is open",
            "where": "path.session",
        }
