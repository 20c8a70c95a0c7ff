"""What the API says of sessions, and how it ends one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from trio.testing import wait_all_tasks_blocked

from tests.service.api.site import Site
from tests.service.rtmp.house import hear_goodbye
from tests.service.witness import transport_of
from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionEnded
from trio_srs.hub.capture_note import CaptureNote
from trio_srs.testing.peer import Peer


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


# ------------------------------------------------------------ which, and in what order


async def three(site: Site) -> list[Peer]:
    """A publisher, its player from elsewhere, and one that was refused."""
    peers = [await site.house.publisher("a"), await site.house.player("a", host="10.0.0.9")]
    peers.append(site.house.dial())
    assert await peers[-1].publish("a") == "NetStream.Publish.BadName"
    await wait_all_tasks_blocked()
    return peers


@pytest.mark.parametrize(
    ("query", "expected", "total"),
    [
        ("", ["c1", "c2", "c3"], 3),
        ("what=publish", ["c1", "c3"], 2),
        ("what=play&stream=live/a", ["c2"], 1),
        ("address=10.0.0.9", ["c2"], 1),
        ("protocol=rtmp", ["c1", "c2", "c3"], 3),
        ("protocol=rt", [], 0),
        ("protocol=http", [], 0),
        ("user=alice", ["c1"], 1),
        ("user=bob", [], 0),
        ("only=open&sort=-began", ["c3", "c2", "c1"], 3),
        ("only=ended", [], 0),
        ("start=1&count=1", ["c2"], 3),
        ("start=5", [], 3),
        ("count=0", [], 3),
        ("sort=-bytes_out&count=1", ["c2"], 3),
        ("sort=bytes_in&start=2", ["c1"], 3),
        ("sort=-seconds&count=1", ["c1"], 3),
    ],
)
async def test_those_are_listed_that_are_asked_for(
    site: Site, query: str, expected: list[str], total: int
) -> None:
    peers = await three(site)
    entry = site.house.registry.find("c1")
    assert entry is not None
    assert entry.requests is not None
    entry.requests.newest[0].account = "alice"
    _, said = await site.get(f"/api/v2/sessions?{query}")
    assert ([each["id"] for each in said["sessions"]], said["total"]) == (expected, total)
    for peer in peers:
        peer.close()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("stream=live/a", ["c1", "c2"]),
        ("stream=live/a&what=play", ["c2"]),
        ("address=10.0.0.9", ["c2"]),
        ("protocol=rtmp", ["c1", "c2", "c3"]),
        ("user=alice", []),
        ("stream=live/b", []),
    ],
)
async def test_those_are_ended_that_are_named_and_closed_when_that_is_answered(
    site: Site, query: str, expected: list[str]
) -> None:
    peers = await three(site)
    status, said = await site.ask("DELETE", f"/api/v2/sessions?{query}&detail=enough")
    assert (status, said) == (200, {"ended": expected, "closing": []})
    ended = [event.session for event in site.house.told(SessionEnded, detail="enough")]
    assert sorted(ended) == expected
    for peer in peers:
        peer.close()


@pytest.mark.parametrize("query", ["", "?detail=x", "?vhost=x"])
async def test_not_everybody_is_ended_by_mistake(site: Site, query: str) -> None:
    status, said = await site.ask("DELETE", f"/api/v2/sessions{query}")
    assert (status, said["code"], said["where"]) == (400, "no_sessions_named", "query")


async def test_its_capture_is_sent_when_it_is_whole(site: Site, tmp_path: Path) -> None:
    peer = await site.house.publisher()
    path = "/api/v2/sessions/c1/capture"
    assert (await site.get(path))[1]["code"] == "no_capture"
    entry = site.house.registry.find("c1")
    assert entry is not None
    entry.capture = note = CaptureNote()
    status, said = await site.get(path)
    assert (status, said["code"], said["where"]) == (409, "capture_not_whole", "path.session")
    peer.close()
    await wait_all_tasks_blocked()
    note.path = str(tmp_path / "c1.rtmpcap")
    note.finish(is_whole=True)
    assert (await site.get(path))[1]["code"] == "no_capture"
    (tmp_path / "c1.rtmpcap").write_bytes(captured := bytes(range(256)) * 600)
    answer = await site.client.get(path)
    assert answer.content == captured
    assert answer.headers["content-length"] == str(len(captured))
    assert answer.headers["content-disposition"] == 'attachment; filename="c1.rtmpcap"'
    shown = (await site.get("/api/v2/sessions/c1"))[1]
    assert (shown["capture"], shown["capture_is_whole"]) == (note.path, True)
