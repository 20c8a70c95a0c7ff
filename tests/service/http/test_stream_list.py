"""The list of what is live: what is in it, and who is told."""

from __future__ import annotations

import pytest
import trio

from tests.service.http.conftest import OpenHouse
from tests.service.http.house import Answer, HttpHouse
from tests.service.rtmp.house import FixedRules
from trio_srs.hub.settings import InspectLevel, StreamSettings
from trio_srs.service.http.config import HttpConfig, ListedTo
from trio_srs.service.http.stream_list import is_from_here
from trio_srs.session.http_events import HttpRequest
from trio_srs.wire.http_target import HttpTarget

LIST = "/players/streams.json"
HERE = {"Host": "localhost:8080"}


async def listed(
    house: HttpHouse, path: str = LIST, fields: dict[str, str] = HERE, peer: str = "127.0.0.1"
) -> Answer:
    client = house.dial(peer)
    await client.ask(path, fields=fields)
    return await client.answer()


async def test_a_stream_is_listed_with_what_it_is_made_of(house: HttpHouse) -> None:
    async with house.publishing("live/a"):
        await trio.sleep(2)
        answer = await listed(house)
    (stream,) = answer.json["streams"]
    video, audio = stream.pop("tracks")
    assert stream == {"name": "live/a", "seconds": 2.0, "viewers": 0}
    assert (video["kind"], video["codec"], video["codec_string"][:5]) == ("video", "h264", "avc1.")
    assert (video["width"], video["height"]) == (320, 240)
    assert audio == {
        "kind": "audio", "codec": "aac", "codec_string": "mp4a.40.2",
        "sample_rate": 44100, "channels": 2,
    }  # fmt: skip
    assert answer.fields["Cache-Control"] == "no-store"


async def test_only_what_is_published_is_listed_in_order(house: HttpHouse) -> None:
    waits = house.dial()
    await waits.ask("/live/nobody.flv")
    async with house.publishing("live/b"), house.publishing("a/x/y"):
        names = [each["name"] for each in (await listed(house)).json["streams"]]
    assert names == ["a/x/y", "live/b"]
    assert (await listed(house)).json == {"streams": []}


async def test_a_stream_that_nobody_inspects_is_listed_by_its_name(open_house: OpenHouse) -> None:
    house = await open_house(settings=StreamSettings(inspect=InspectLevel.OFF))
    async with house.publishing("live/a"):
        (stream,) = (await listed(house)).json["streams"]
    assert (stream["name"], stream["tracks"]) == ("live/a", [])


class TwoHosts(FixedRules):
    """One virtual host beside the default one."""

    def vhost_of(self, host: str) -> str:
        return "cdn.test" if host == "cdn.test" else super().vhost_of(host)


async def test_a_virtual_host_lists_its_own_streams_only(open_house: OpenHouse) -> None:
    house = await open_house(config=HttpConfig(list_streams=ListedTo.ALL), rules_type=TwoHosts)
    async with house.publishing("live/a"), house.publishing("cdn.test/live/b"):
        default = await listed(house)
        by_query = await listed(house, f"{LIST}?vhost=cdn.test")
        by_host = await listed(house, fields={"Host": "cdn.test"})
    assert [each["name"] for each in default.json["streams"]] == ["live/a"]
    assert [each["name"] for each in by_query.json["streams"]] == ["live/b"]
    assert by_host.json["streams"][0]["name"] == "live/b"


async def test_a_virtual_host_that_is_switched_off_lists_nothing(house: HttpHouse) -> None:
    house.rules.disabled.add("off.test")
    answer = await listed(house, f"{LIST}?vhost=off.test")
    assert (answer.status, answer.json["error"]) == (403, "vhost_disabled")


@pytest.mark.parametrize(
    ("to", "peer", "fields", "status"),
    [
        (ListedTo.LOCAL, "127.0.0.1", HERE, 200),
        (ListedTo.LOCAL, "192.0.2.7", HERE, 403),
        (ListedTo.ALL, "192.0.2.7", {"Host": "cdn.test"}, 200),
        (ListedTo.NOBODY, "127.0.0.1", HERE, 403),
    ],
)
async def test_names_are_told_to_whom_the_configuration_says(
    open_house: OpenHouse, to: ListedTo, peer: str, fields: dict[str, str], status: int
) -> None:
    house = await open_house(config=HttpConfig(list_streams=to))
    async with house.publishing("live/a"):
        answer = await listed(house, fields=fields, peer=peer)
    assert answer.status == status
    if status == 403:
        assert answer.json["error"] == "list_refused"
        assert "live/a" not in str(answer.json)


async def test_scripts_of_other_pages_do_not_get_the_list(house: HttpHouse) -> None:
    answer = await listed(house, fields={**HERE, "Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.fields
    assert answer.fields["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("peer", "host", "more", "is_here"),
    [
        ("127.0.0.1:5000", "localhost", {}, True),
        ("127.0.0.1:5000", "127.0.0.1", {}, True),
        ("127.0.0.1:5000", "app.localhost", {}, True),
        ("[::1]:5000", "[::1]", {}, True),
        ("[::ffff:127.0.0.1]:5000", "localhost", {}, True),
        ("10.0.0.7:5000", "localhost", {}, False),
        ("unix", "localhost", {}, False),
        # A name of somebody else that is made to point here: DNS rebinding.
        ("127.0.0.1:5000", "evil.example", {}, False),
        ("127.0.0.1:5000", "", {}, False),
        # Through a proxy on this machine.
        ("127.0.0.1:5000", "localhost", {"x-forwarded-for": "192.0.2.7"}, False),
        ("127.0.0.1:5000", "localhost", {"forwarded": "for=192.0.2.7"}, False),
    ],
)
def test_who_is_on_this_machine_is_told_from_who_is_not(
    peer: str, host: str, more: dict[str, str], is_here: bool
) -> None:
    headers = {"host": host, **more}
    asked = HttpRequest("GET", HttpTarget.parse(LIST), headers, "1.1", f"GET {LIST}")
    assert is_from_here(peer, asked) is is_here
