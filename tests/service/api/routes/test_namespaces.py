"""Namespaces by the API: made, looked at, changed, ended, and what none can be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import attrs
import httpx2
import pytest
import trio
from trio.testing import MockClock

from tests.service.api.site import app_of
from trio_srs.config.layers import layered
from trio_srs.secret import Secret
from trio_srs.server.run import Server, serve
from trio_srs.service.api.serving import ApiService
from trio_srs.service.rtmp.server import RtmpService
from trio_srs.testing.memory import memory_transport_pair
from trio_srs.testing.peer import Peer

PATH = "/api/v2/namespaces"


class Asked:
    """The API of a server that listens nowhere."""

    def __init__(self, server: Server, client: httpx2.AsyncClient) -> None:
        self.server, self.client = server, client

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        answer = await self.client.request(method, path, **more)
        return answer.status_code, answer.json()

    async def publish(self, app: str, name: str) -> Peer:
        near, far = memory_transport_pair(client=f"127.0.0.1:{len(self.server.registry) + 50_000}")
        services = self.server._built.services
        next(it for it in services if isinstance(it, RtmpService)).serve(near)
        peer = Peer(far)
        assert await peer.publish(name, app=app) == "NetStream.Publish.Start"
        return peer


@pytest.fixture
async def asked() -> AsyncIterator[Asked]:
    nowhere: dict[str, Any] = {"rtmp": {"listen": []}, "http": {"listen": []}}
    async with serve(layered(nowhere, {"api": {"listen": ["127.0.0.1:0"]}})) as server:
        [api] = [it for it in server._built.services if isinstance(it, ApiService)]
        with app_of(api.context) as app:
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as it:
                yield Asked(server, it)
        await server.stop(0.0)


async def test_it_is_made_looked_at_changed_and_ended(asked: Asked) -> None:
    assert await asked.ask("GET", PATH) == (200, {"namespaces": []})
    body = {"name": "mine", "settings": {"publish_busy": "replace"}, "faults": ["refuse play"]}
    status, made = await asked.ask("POST", PATH, json=body)
    assert status == 201
    assert (made["settings"], made["ttl"], made["faults"]) == (
        {"publish_busy": "replace"},
        600,
        ["fault-1"],
    )
    peer = await asked.publish("mine/live", "a")
    other = await asked.publish("live", "a")
    status, changed = await asked.ask("PATCH", f"{PATH}/mine", json={"ttl": 5, "max_sessions": 2})
    assert (status, changed["ttl"], changed["max_sessions"]) == (200, 5, 2)
    status, shown = await asked.ask("GET", f"{PATH}/mine")
    assert (shown["sessions"], shown["streams"]) == (["c1"], ["mine/live/a"])
    assert [each["name"] for each in (await asked.ask("GET", PATH))[1]["namespaces"]] == ["mine"]
    peer.hang_up()
    status, ended = await asked.ask("DELETE", f"{PATH}/mine")
    assert (status, ended["name"], ended["sessions"], ended["files"]) == (200, "mine", ["c1"], [])
    assert not any(ended["left"].values())
    assert len(asked.server.registry) == 1
    other.close()


async def test_who_asks_about_it_keeps_it(asked: Asked, autojump_clock: MockClock) -> None:
    await asked.ask("POST", PATH, json={"name": "mine", "ttl": 10})
    for path in (f"{PATH}/mine", "/api/v2/sessions?vhost=mine", "/api/v2/streams/mine/live/a"):
        await trio.sleep(9)
        await asked.ask("GET", path)
        assert [each.name for each in asked.server.namespaces] == ["mine"]
    await trio.sleep(11)
    assert not list(asked.server.namespaces)


async def test_its_urls_are_those_of_the_server(asked: Asked) -> None:
    [api] = [it for it in asked.server._built.services if isinstance(it, ApiService)]
    bases = {"rtmp": ["unix:/x", "rtmp://a:1"], "https": ["https://a:2"], "api": ["http://a:3"]}
    api.context.addresses = lambda: bases
    _, made = await asked.ask("POST", PATH, json={"name": "mine", "stream": "live/cam1"})
    assert made["urls"] == {
        "rtmp": "rtmp://a:1/mine/live/cam1",
        "http-flv": "https://a:2/mine/live/cam1.flv",
        "http-ts": "https://a:2/mine/live/cam1.ts",
        "http-mp4": "https://a:2/mine/live/cam1.mp4",
    }


async def test_lists_are_of_it_alone_where_that_is_asked_for(asked: Asked) -> None:
    await asked.ask("POST", PATH, json={"name": "mine"})
    peers = [await asked.publish(app, "a") for app in ("mine/live", "live")]
    for vhost, stream, session in [("mine", "mine/live/a", "c1"), ("elsewhere", "live/a", "c2")]:
        query = f"?vhost={vhost}"
        _, streams = await asked.ask("GET", f"/api/v2/streams{query}")
        assert [each["name"] for each in streams["streams"]] == [stream]
        _, sessions = await asked.ask("GET", f"/api/v2/sessions{query}")
        assert [each["id"] for each in sessions["sessions"]] == [session]
    events = await asked.client.get("/api/v2/events?vhost=mine&since=0&follow=false")
    assert "mine/live/a" in events.text
    assert '"session":"c2"' not in events.text
    assert "session_began" in events.text
    peers[0].hang_up()
    _, ended = await asked.ask("DELETE", "/api/v2/sessions?vhost=mine")
    assert ended == {"ended": ["c1"], "closing": []}
    _, settings = await asked.ask("GET", "/api/v2/streams/mine/live/a/settings")
    assert settings["stream"] == "mine/live/a"
    question = {"what": "publish", "stream": "mine/live/a"}
    assert (await asked.ask("POST", "/api/v2/access/check", json=question))[1]["allowed"]
    peers[1].close()


@pytest.mark.parametrize(
    ("body", "status", "code", "where"),
    [
        ({"name": "live"}, 409, "bad_namespace_name", "body.name"),
        ({"name": "Mine"}, 400, "bad_request", "body.name"),
        ({"settings": {"x": 1}}, 400, "config_invalid", "body.settings"),
        ({"faults": ["x"]}, 400, "fault_wrong", "body.faults"),
        ({"stream": "x"}, 400, "bad_stream_name", "body.stream"),
    ],
)
async def test_what_cannot_be_is_refused(
    asked: Asked, body: dict[str, Any], status: int, code: str, where: str
) -> None:
    peer = await asked.publish("live", "a")
    answered, said = await asked.ask("POST", PATH, json=body)
    assert (answered, said["code"]) == (status, code)
    assert said["where"].startswith(where) or code == "bad_request"
    assert (await asked.ask("GET", PATH))[1] == {"namespaces": []}
    peer.close()


async def test_of_one_that_there_is_not_nothing_is_said(asked: Asked) -> None:
    for method in ("GET", "DELETE", "PATCH"):
        more: dict[str, Any] = {"json": {}} if method == "PATCH" else {}
        status, said = await asked.ask(method, f"{PATH}/mine", **more)
        assert (status, said["code"], said["where"]) == (404, "unknown_namespace", "path.name")
    await asked.ask("POST", PATH, json={"name": "other"})
    assert (await asked.ask("GET", f"{PATH}/mine"))[0] == 404
    status, said = await asked.ask("PATCH", f"{PATH}/other", json={"settings": {"x": 1}})
    assert (status, said["code"], said["where"]) == (400, "config_invalid", "body.settings")


async def test_its_token_is_good_for_it_alone(asked: Asked) -> None:
    assert (await asked.ask("POST", PATH, json={"name": "open"}))[1]["token"] is None
    config = asked.server.config
    api = attrs.evolve(config.api, token=Secret("administrator"))
    asked.server.reload(attrs.evolve(config, api=api))
    operator = {"authorization": "Bearer administrator"}
    for name in ("mine", "other"):
        _, made = await asked.ask("POST", PATH, json={"name": name}, headers=operator)
        if name == "mine":
            bearer = {"authorization": f"Bearer {made['token']}"}
    peers = [await asked.publish(f"{name}/live", "a") for name in ("mine", "other")]
    stream, lists = "/api/v2/streams/{}/live/a", "/api/v2/{}?vhost={}"

    async def status(method: str, path: str) -> int:
        more: dict[str, Any] = {"json": {"ttl": 100}} if method == "PATCH" else {}
        return (await asked.client.request(method, path, headers=bearer, **more)).status_code

    for name, expected in [("mine", 200), ("other", 401), ("open", 401), ("elsewhere", 401)]:
        wait = lists.format("wait", name) + "&stream=live/a&timeout=0"
        events = lists.format("events", name) + "&follow=false"
        paths = [f"{PATH}/{name}", wait, events]
        paths += [lists.format(each, name) for each in ("streams", "sessions")]
        if name in ("mine", "other"):
            paths += [
                stream.format(name),
                f"{stream.format(name)}/report",
                "/api/v2/streams/live/a?vhost=" + name,
            ]
        assert {path: await status("GET", path) for path in paths} == dict.fromkeys(paths, expected)
        assert await status("PATCH", f"{PATH}/{name}") == expected
    for path in (
        PATH, "/api/v2/server", "/api/v2/config", "/api/v2/faults", "/api/v2/sessions",
        "/api/v2/sessions?vhost=mine&vhost=other", "/api/v2/streams", "/api/v2/events",
        "/api/v2/sessions/c1", "/api/v2/wait?stream=mine/live/a",
        "/api/v2/streams/mine/live/a?vhost=other", "/api/v2/streams/live/a?vhost=mine&vhost=other",
    ):  # fmt: skip
        assert (path, await status("GET", path)) == (path, 401)
    assert (await asked.ask("GET", f"{PATH}/mine", headers=operator))[1]["token"] is None
    for query, expected in [("", 401), ("?vhost=mine", 200)]:
        path = f"{stream.format('mine')}/expect{query}"
        rules = {"rules": ["video.frames == 0"]}
        assert (await asked.client.post(path, headers=bearer, json=rules)).status_code == expected
    for peer in peers:
        peer.hang_up()
    assert await status("DELETE", f"{stream.format('mine')}/publisher") == 204
    assert await status("DELETE", f"{PATH}/mine") == 200
    assert await status("GET", f"{PATH}/mine") == 401
