"""Who is on a stream, and which one that is."""

from __future__ import annotations

from typing import Any

import pytest

from trio_srs.errors import EndReason
from trio_srs.hub.bus import PlayBegan, PlayEnded, PublishBegan, SessionConnected
from trio_srs.hub.registry import Registry, SessionEntry
from trio_srs.hub.session_requests import ACCEPTED, Request, SessionRequests
from trio_srs.service.api.srs.accounts import StreamAccounts, placed
from trio_srs.wire.url import DEFAULT_VHOST


def host(name: str) -> str:
    return name if name == "example.com" else DEFAULT_VHOST


def play_ended(session: str, stream: str, count: int) -> PlayEnded:
    why: dict[str, Any] = {"reason": EndReason.PEER_FIN, "detail": "", "skipped": 0}
    return PlayEnded(session=session, peer="p", stream=stream, bytes=count, **why)


def test_one_that_plays_twice_is_there_until_both_have_ended() -> None:
    accounts = StreamAccounts(host)
    for _ in range(2):
        accounts.listen(PlayBegan(session="c1", peer="p", stream="live/a"))
    accounts.listen(play_ended("c1", "live/a", 5))
    account = accounts.find("live/a")
    assert account is not None
    assert (list(account.sessions), account.left.sent) == (["c1"], 5)
    accounts.listen(play_ended("c1", "live/a", 6))
    assert accounts.find("live/a") is None
    assert list(accounts) == []
    assert accounts.gone(DEFAULT_VHOST).sent == 11
    accounts.listen(play_ended("c1", "live/a", 7))  # of one who was never heard to begin
    assert accounts.gone(DEFAULT_VHOST).sent == 11


def test_who_was_there_before_is_taken_in() -> None:
    registry, accounts = Registry(), StreamAccounts(host)
    entry = SessionEntry("c1", "rtmp", "p", 0.0)
    entry.requests = SessionRequests()
    entry.requests.add(Request("publish", "live/a", 1, 0.0, ACCEPTED))
    entry.requests.add(Request("play", "live/b", 2, 0.0, ACCEPTED))
    registry.add(entry)
    accounts.listen(PublishBegan(session="c9", peer="p", stream="live/c", flow="flash"))
    accounts.begin(registry)
    assert [(each.key, each.publisher, each.flow) for each in accounts] == [
        ("live/c", "c9", "flash"),
        ("live/a", "c1", ""),
        ("live/b", "", ""),
    ]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("live/a", (DEFAULT_VHOST, "live", "a")),
        ("live/room/a", (DEFAULT_VHOST, "live", "room/a")),
        ("example.com/live/a", ("example.com", "live", "a")),
        ("example.com/a", (DEFAULT_VHOST, "example.com", "a")),
        ("other.com/live/a", (DEFAULT_VHOST, "other.com", "live/a")),
    ],
)
def test_a_stream_has_its_place(key: str, expected: tuple[str, str, str]) -> None:
    place = placed(key, None, host)
    assert (place.vhost, place.app, place.name) == expected


def test_a_session_knows_where_its_application_ends() -> None:
    entry = SessionEntry("c1", "rtmp", "p", 0.0)
    said: dict[str, Any] = {"handshake": "", "handshake_s": 0.0, "client": ""}
    entry.requests = SessionRequests(
        None, SessionConnected(session="c1", peer="p", vhost=DEFAULT_VHOST, app="live/room", **said)
    )
    place = placed("live/room/a/b", entry, host)
    assert (place.app, place.name) == ("live/room", "a/b")
    assert placed("live/x", entry, host).app == "live"  # granted under another name
