"""What the API says of sessions, and how it ends one."""

from __future__ import annotations

import time

from tests.service.api.site import Site
from tests.service.rtmp.house import hear_goodbye
from tests.service.witness import transport_of
from trio_srs.errors import EndReason


async def test_sessions_say_what_they_asked_for_and_got(site: Site) -> None:
    publisher, player = await site.house.publisher("a"), await site.house.player("b")
    status, said = await site.get("/api/v2/sessions")
    assert status == 200
    one, two = said["sessions"]
    assert [one["id"], two["id"]] == ["c1", "c2"]
    assert [(r["what"], r["stream"], r["outcome"]) for s in (one, two) for r in s["requests"]] == [
        ("publish", "live/a", "accepted"),
        ("play", "live/b", "accepted"),
    ]
    assert one["peer"] == transport_of(publisher).local
    assert abs(one["began_at"] - time.time()) < 20
    assert (one["end"], one["requests"][0]["messages"]) == (None, 2)
    for peer in (publisher, player):
        peer.close()


async def test_a_session_that_has_ended_is_still_shown(site: Site) -> None:
    peer = await site.house.publisher("a")
    peer.close()
    await site.house.end_of(peer)
    status, said = await site.get("/api/v2/sessions/c1")
    assert (status, said["id"], said["end"]) == (200, "c1", "peer_fin")
    assert (await site.get("/api/v2/sessions"))[1]["sessions"][0]["end"] == "peer_fin"
    status, said = await site.ask("DELETE", "/api/v2/sessions/c1")
    assert (status, said["code"]) == (404, "unknown_session")
    assert said["message"] == "session c1 has ended: peer_fin"


async def test_the_sessions_of_one_stream_are_found(site: Site) -> None:
    peers = [await site.house.publisher("a"), await site.house.player("b")]
    _, said = await site.get("/api/v2/sessions", params={"stream": "live/b"})
    assert [session["id"] for session in said["sessions"]] == ["c2"]
    status, said = await site.get("/api/v2/sessions", params={"stream": "live"})
    assert (status, said["where"]) == (400, "query.stream")
    for peer in peers:
        peer.close()


async def test_a_session_is_ended_with_the_reason_given(site: Site) -> None:
    peer = await site.house.publisher("a")
    status, said = await site.ask("DELETE", "/api/v2/sessions/c1", params={"detail": "enough"})
    assert (status, said) == (204, None)
    _, said = await site.get("/api/v2/sessions/c1")  # the connection is closed by then
    assert said["end"] == "kicked"
    end = await site.house.end_of(peer)
    assert (end.reason, end.detail) == (EndReason.KICKED, "enough")
    assert ("NetConnection.Connect.Closed", "kicked: enough") in await hear_goodbye(peer)


async def test_a_session_that_is_not_there_is_said_to_be_unknown(site: Site) -> None:
    for method in ("GET", "DELETE"):
        status, said = await site.ask(method, "/api/v2/sessions/c9")
        assert status == 404
        assert said == {
            "code": "unknown_session",
            "message": "no session 'c9' is open, or was of late",
            "where": "path.session",
        }
