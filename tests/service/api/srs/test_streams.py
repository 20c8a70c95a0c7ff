"""SRS's API about hosts, streams and clients: its fields, its numbers, and right from the start."""

from __future__ import annotations

import time
from typing import Any

import pytest
from trio.testing import wait_all_tasks_blocked

from tests.service.api.site import Site, open_site
from tests.service.api.srs.shapes import ANSWERS, HEAD, check
from tests.service.rtmp.house import House, ask, hear_goodbye
from tests.service.witness import transport_of
from trio_srs.errors import EndReason
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.session_requests import ACCEPTED, Request, SessionRequests
from trio_srs.testing.bodies import audio_header, key

SIZE = len(key(0).payload)


async def v1(site: Site, path: str, method: str = "GET") -> Any:
    status, said = await site.ask(method, f"/api/v1/{path}")
    assert status == 200
    return said


async def ids(site: Site, kind: str) -> list[str]:
    return [each["id"] for each in (await v1(site, f"{kind}?count=100"))[kind]]


async def test_every_answer_has_srs_fields_in_srs_order(house: House) -> None:
    publisher, heads = await house.publisher("a"), set()
    await publisher.say(audio_header())
    await wait_all_tasks_blocked()
    async with open_site(house, fragment_s=2.0) as site:
        site.context.srs.accounts.begin(house.registry)
        for path, shape in ANSWERS.items():
            kind = path.removesuffix("/ID")
            asked = path if kind == path else f"{kind}/{(await ids(site, kind))[0]}"
            said = await v1(site, f"{asked}/" if kind == path else asked)
            check(said, {**HEAD, **shape}, path)
            heads.add(tuple(said[name] for name in HEAD))
    assert len(heads) == 1
    publisher.close()


async def test_who_is_on_a_stream_of_many_is_counted_once_a_second_and_never_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trio_srs.service.api.srs.plane._MANY", 1)
    publisher = await site.house.publisher("a")
    players = [await site.house.player("a") for _ in range(2)]
    await wait_all_tasks_blocked()

    async def sent() -> int:
        [stream] = (await v1(site, "streams"))["streams"]
        [vhost] = (await v1(site, "vhosts"))["vhosts"]
        one = await v1(site, f"streams/{stream['id']}")
        assert stream["send_bytes"] == vhost["send_bytes"] == one["stream"]["send_bytes"]
        return int(stream["send_bytes"])

    first = await sent()
    assert first >= 2 * SIZE
    await publisher.say(key(40))
    await wait_all_tasks_blocked()
    assert await sent() == first
    players[0].close()
    await wait_all_tasks_blocked()
    assert await sent() == first
    [account] = site.context.srs.accounts
    account.kbps_at -= 2.0
    assert await sent() >= first + 2 * SIZE
    publisher.close()
    players[1].close()


async def test_what_is_not_there_has_srs_numbers(site: Site) -> None:
    for path, number in {"vhosts": 2014, "streams": 2048, "clients": 2049}.items():
        assert await v1(site, f"{path}/vid-nothing") == {"code": number}
    assert await v1(site, "clients/c9", "DELETE") == {"code": 2049}
    assert (await site.ask("DELETE", "/api/v1/streams/x"))[0] == 405


@pytest.mark.parametrize(
    ("query", "origin"),
    [
        ("app=live&stream=a&coworker=origin.test:1985", ("origin.test", 1935)),
        ("app=live&stream=a&vhost=example.com&coworker=[2001:db8::1]:80", ("2001:db8::1", 1935)),
        ("app=live&stream=a", ("localhost", 1936)),  # as the request says
        ("app=live&stream=b&coworker=origin.test:1985", None),
        ("app=live&stream=a&coworker=[", None),
        ("", None),
    ],
)
async def test_other_origins_are_told_where_a_stream_is(
    site: Site, query: str, origin: tuple[str, int] | None
) -> None:
    publisher = await site.house.publisher("a")
    site.context.addresses = lambda: {"rtmp": ["rtmp://127.0.0.1:1936", "rtmp://0.0.0.0:1935"]}
    said = await v1(site, f"clusters?{query}&ip=10.0.0.1", "POST")  # as SRS asks
    assert said == await v1(site, f"clusters?{query}&ip=10.0.0.1")
    assert list(said) == ["code", "data"]
    assert list(said["data"]["query"]) == ["ip", "vhost", "app", "stream"]
    found = said["data"]["origin"]
    assert (found and (found["ip"], found["port"])) == origin
    if found:
        assert list(found) == ["ip", "port", "vhost", "api", "routers"]
        assert found["routers"] == [found["api"]]
    publisher.close()


async def test_figures_are_right_from_the_first_packet(site: Site) -> None:
    publisher, player = await site.house.publisher("a"), await site.house.player("a")
    [stream] = (await v1(site, "streams"))["streams"]
    assert (stream["name"], stream["app"], stream["url"]) == ("a", "live", "/live/a")
    assert (stream["clients"], stream["frames"]) == (2, 1)
    assert stream["publish"] == {"active": True, "cid": "c1"}
    assert stream["video"]["codec"] == "H264"
    assert stream["audio"] is None
    assert abs(stream["live_ms"] / 1000 - time.time()) < 20
    before = stream["recv_bytes"]
    assert before > SIZE
    assert stream["send_bytes"] >= before
    await publisher.say(key(40))
    await wait_all_tasks_blocked()
    [stream] = (await v1(site, "streams"))["streams"]
    assert (stream["frames"], stream["recv_bytes"] - before) == (2, SIZE)
    assert stream["kbps"]["recv_30s"] > 0
    [one, two] = (await v1(site, "clients"))["clients"]
    assert [one["type"], two["type"]] == ["flash-publish", "rtmp-play"]
    assert [one["publish"], two["publish"]] == [True, False]
    assert one["stream"] == two["stream"] == stream["id"]
    assert (one["ip"], one["tcUrl"], one["name"]) == ("127.0.0.1", "rtmp://127.0.0.1/live", "a")
    for peer in (publisher, player):
        peer.close()


async def test_what_is_over_counts_as_long_as_anybody_is_there(site: Site) -> None:
    publisher, player = await site.house.publisher("a"), await site.house.player("a")
    [before] = (await v1(site, "streams"))["streams"]
    publisher.close()
    await site.house.end_of(publisher)
    [after] = (await v1(site, "streams"))["streams"]
    assert (after["recv_bytes"], after["clients"]) == (before["recv_bytes"], 1)
    assert after["publish"] == {"active": False, "cid": "c1"}
    assert (after["video"], after["id"]) == (None, before["id"])
    player.close()
    await site.house.end_of(player)
    assert (await v1(site, "streams"))["streams"] == (await v1(site, "clients"))["clients"] == []
    assert await v1(site, f"streams/{before['id']}") == {"code": 2048}
    [vhost] = (await v1(site, "vhosts"))["vhosts"]
    assert (vhost["recv_bytes"], vhost["clients"]) == (before["recv_bytes"], 0)
    assert vhost["send_bytes"] >= before["send_bytes"] > 0
    assert vhost["hls"] == {"enabled": False}


async def test_lists_have_ten_unless_they_are_asked_for_others(site: Site) -> None:
    peers = [await site.house.publisher(f"s{number}") for number in range(12)]
    everybody = [f"c{number}" for number in range(1, 13)]
    for query, expected in {
        "": everybody[:10],
        "?count=100": everybody,
        "?start=10": everybody[10:],
        "?start=1&count=2": everybody[1:3],
        "?count=0&callback=f&_=1": everybody[:10],
        "?start=x&count=-1": everybody[:10],
        "?start=99999999999999": [],
    }.items():
        said = await v1(site, f"clients{query}")
        assert [each["id"] for each in said["clients"]] == expected, query
    for peer in peers:
        peer.close()


async def test_who_is_kicked_is_gone_when_that_is_answered(site: Site) -> None:
    peer = await site.house.publisher("a")
    said = await v1(site, "clients/c1", "DELETE")
    check(said, HEAD)
    assert await ids(site, "clients") == []
    assert (await site.house.end_of(peer)).reason is EndReason.KICKED
    assert ("NetConnection.Connect.Closed", "kicked: by the API") in await hear_goodbye(peer)


async def test_a_session_that_neither_publishes_nor_plays_is_no_client(site: Site) -> None:
    peer = site.house.dial()
    await peer.connect()
    assert await ids(site, "clients") == []
    assert await v1(site, "clients/c1") == {"code": 2049}
    peer.close()


@pytest.mark.parametrize(
    ("protocol", "what", "expected"),
    [
        ("rtmps", "play", "rtmp-play"),
        ("http-flv", "play", "flv-play"),
        ("wss-ts", "play", "flv-play"),
        ("hls", "play", "hls-play"),
        ("hlss", "play", "hls-play"),
        ("dash", "play", "dash-play"),
        ("pigeon", "play", "Unknown"),
        ("https-flv", "publish", "flv-publish"),
        ("rtmp", "publish", "fmle-publish"),
        ("pigeon", "publish", "Unknown"),
    ],
)
async def test_a_client_of_any_protocol_has_srs_word_for_it(
    site: Site, protocol: str, what: str, expected: str
) -> None:
    entry = SessionEntry("x1", protocol, "[::1]:5", 0.0)
    entry.requests = SessionRequests()
    entry.requests.add(Request(what, "example.com/live/a", 0, 0.0, ACCEPTED))
    site.house.registry.add(entry)
    assert (await v1(site, "clients/x1"))["client"]["type"] == expected


async def test_nothing_secret_is_told_of_where_a_client_is_from(site: Site) -> None:
    peer = site.house.dial()
    url = "rtmp://user:secret@host/live?key=secret"
    await peer.connect("live?key=secret", {"tcUrl": url, "pageUrl": "http://p/x?secret#y"})
    assert (await ask(peer, "publish", "a?token=secret"))[0] == "NetStream.Publish.Start"
    said = await v1(site, "clients/c1")
    assert "secret" not in str(said)
    assert (said["client"]["tcUrl"], said["client"]["pageUrl"]) == (
        "rtmp://host/live",
        "http://p/x",
    )
    peer.close()


async def test_an_address_has_no_port(site: Site) -> None:
    peer = await site.house.publisher("a", host="10.1.2.3")
    assert transport_of(peer).local.startswith("10.1.2.3:")
    assert (await v1(site, "clients/c1"))["client"]["ip"] == "10.1.2.3"
    peer.close()
