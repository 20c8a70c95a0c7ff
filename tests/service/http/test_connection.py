"""Requests on one connection: files, what is not there, what may not be done, and bad ones."""

from __future__ import annotations

import gzip
import logging
import socket
from contextlib import suppress
from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.http.conftest import OpenHouse
from tests.service.http.house import HttpHouse
from trio_srs.net.connections import SPARE
from trio_srs.service.http.config import HttpConfig
from trio_srs.units import Seconds, Timeout

in_real_time = pytest.mark.trio(run=trio.run)
"""Files are read in threads, for which a clock that jumps does not wait."""
PAGE = b"<html>" + b"hello " * 200


@pytest.fixture
async def served(open_house: OpenHouse, tmp_path: Path) -> HttpHouse:
    """A service with a folder."""
    folder = tmp_path / "served"
    (folder / "live").mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (folder / "big.bin").write_bytes(bytes(range(256)) * 4096)
    (folder / "live" / "old.flv").write_bytes(b"a recording")
    (tmp_path / "secret").write_text("secret")
    return await open_house(config=HttpConfig(folder=folder, missing_timeout=Timeout(0.01)))


@in_real_time
async def test_files_are_answered_one_after_the_other(served: HttpHouse) -> None:
    client = served.dial(capacity=1000)
    await client.ask("/")
    answer = await client.answer()
    assert (answer.status, answer.body) == (200, PAGE)
    assert answer.fields["Content-Type"] == "text/html"
    assert answer.fields["Access-Control-Allow-Origin"] == "*"
    await client.ask("/big.bin")
    assert (await client.answer()).body == bytes(range(256)) * 4096
    await client.ask("/live/old.flv/")  # a folder of that name
    assert (await client.answer()).status == 404
    await client.ask("/live/old.flv")
    answer = await client.answer()
    assert (answer.body, answer.fields["Content-Type"]) == (b"a recording", "video/x-flv")


@in_real_time
async def test_of_a_folder_its_index_is_found_behind_the_slash(served: HttpHouse) -> None:
    folder = served.config.folder
    assert folder is not None
    (folder / "a b").mkdir()
    (folder / "a b" / "index.html").write_bytes(PAGE)
    client = served.dial()
    await client.ask("//a%20b?x=1")
    answer = await client.answer()
    assert (answer.status, answer.fields["Location"]) == (302, "/a%20b/?x=1")
    await client.ask("/a%20b/")
    assert (await client.answer()).body == PAGE


@in_real_time
async def test_a_part_is_answered_as_a_part(served: HttpHouse) -> None:
    client = served.dial()
    await client.ask("/big.bin", fields={"Range": "bytes=256-511"})
    answer = await client.answer()
    assert (answer.status, answer.body) == (206, bytes(range(256)))
    assert answer.fields["Content-Range"] == f"bytes 256-511/{256 * 4096}"
    await client.ask("/big.bin", fields={"Range": "bytes=99999999-"})
    answer = await client.answer()
    assert answer.status == 416
    assert answer.fields["Content-Range"] == f"bytes */{256 * 4096}"


@in_real_time
async def test_who_has_it_already_is_told_so(served: HttpHouse) -> None:
    client = served.dial()
    await client.ask("/")
    tag = (await client.answer()).fields["Etag"]
    await client.ask("/", fields={"If-None-Match": tag})
    answer = await client.answer()
    assert (answer.status, answer.body, answer.fields["Etag"]) == (304, b"", tag)


@in_real_time
@pytest.mark.parametrize(("max_age_s", "said"), [(0.0, "no-cache"), (60.0, "public, max-age=60")])
async def test_caches_are_told_how_long_a_file_holds(
    open_house: OpenHouse, tmp_path: Path, max_age_s: float, said: str
) -> None:
    (tmp_path / "crossdomain.xml").write_text("<cross-domain-policy/>")
    config = HttpConfig(folder=tmp_path, folder_max_age=Seconds(max_age_s))
    client = (await open_house(config=config)).dial()
    await client.ask("/crossdomain.xml")
    answer = await client.answer()
    assert (answer.status, answer.fields["Cache-Control"]) == (200, said)
    tag = answer.fields["Etag"]
    await client.ask("/crossdomain.xml", fields={"If-None-Match": tag})
    answer = await client.answer()
    assert (answer.status, answer.fields["Cache-Control"]) == (304, said)


@in_real_time
async def test_head_is_answered_without_the_body(served: HttpHouse) -> None:
    client = served.dial()
    await client.ask("/big.bin", "HEAD")
    answer = await client.answer("HEAD")
    assert (answer.status, answer.fields["Content-Length"]) == (200, str(256 * 4096))
    await client.ask("/")
    assert (await client.answer()).body == PAGE


@in_real_time
async def test_text_is_packed_for_those_who_take_it(served: HttpHouse) -> None:
    client = served.dial()
    await client.ask("/", fields={"Accept-Encoding": "br, gzip;q=0.5"})
    answer = await client.answer()
    assert answer.fields["Content-Encoding"] == "gzip"
    assert answer.fields["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.body) == PAGE
    await client.ask("/", fields={"Accept-Encoding": "gzip;q=0, br"})
    assert "Content-Encoding" not in (await client.answer()).fields
    await client.ask("/big.bin", fields={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in (await client.answer()).fields


@in_real_time
@pytest.mark.parametrize(
    "path", ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "/..%5csecret", "/%00", "/a/../../x"]
)
async def test_nothing_outside_of_the_folder_is_ever_read(served: HttpHouse, path: str) -> None:
    client = served.dial()
    await client.ask(path)
    answer = await client.answer()
    client.transport.close()  # or it would be waited for
    assert answer.status in {400, 404}
    assert b"secret" not in answer.body.partition(b"detail")[0]


@in_real_time
async def test_what_is_not_there_is_said_in_json(served: HttpHouse) -> None:
    client = served.dial()
    await client.ask("/nothing/here.txt")
    answer = await client.answer()
    assert answer.status == 404
    assert answer.json == {
        "error": "no_such_path",
        "detail": "nothing is served at /nothing/here.txt: streams are at /app/stream with one of "
        ".flv, .ts, .mp4, .aac, .mp3 behind, and a page that plays them at /players/",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/live/a.flv"), ("POST", "/"), ("PATCH", "/x"), ("PUT", "/a.flv")],
)
async def test_what_cannot_be_done_is_said_with_what_can(
    house: HttpHouse, method: str, path: str
) -> None:
    client = house.dial()
    await client.ask(path, method, b"")
    answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (405, "method_not_allowed")
    assert answer.fields["Allow"] == "GET, HEAD, POST, PUT, OPTIONS"


async def test_scripts_of_any_page_may_ask(house: HttpHouse) -> None:
    client = house.dial()
    await client.ask(
        "/live/a.flv",
        "OPTIONS",
        fields={"Origin": "https://page.test", "Access-Control-Request-Headers": "x-mine"},
    )
    answer = await client.answer()
    assert (answer.status, answer.body) == (204, b"")
    assert answer.fields["Access-Control-Allow-Origin"] == "*"
    assert answer.fields["Access-Control-Allow-Headers"] == "x-mine"
    assert "PUT" in answer.fields["Access-Control-Allow-Methods"]


async def test_a_page_from_elsewhere_may_reach_into_a_private_network(house: HttpHouse) -> None:
    fields = {"Origin": "https://page.test", "Access-Control-Request-Private-Network": "true"}
    client = house.dial()
    await client.ask("/live/a.flv", "OPTIONS", fields=fields)
    answer = await client.answer()
    assert answer.fields["Access-Control-Allow-Private-Network"] == "true"


async def test_only_pages_that_were_named_may_where_some_were(open_house: OpenHouse) -> None:
    house = await open_house(config=HttpConfig(cors_origins=("https://page.test",)))
    client = house.dial()
    await client.ask("/x", fields={"Origin": "https://page.test"})
    fields = (await client.answer()).fields
    assert (fields["Access-Control-Allow-Origin"], fields["Vary"]) == (
        "https://page.test",
        "Origin",
    )
    await client.ask("/x", "OPTIONS", fields={"Origin": "https://other.test"})
    fields = (await client.answer()).fields
    assert fields["Vary"] == "Origin"
    assert not any(name.startswith("Access-Control") for name in fields)


async def test_a_page_is_named_by_its_origin() -> None:
    with pytest.raises(ValueError, match="cors_origins"):
        HttpConfig(cors_origins=("page.test",))


async def test_a_bad_request_is_answered_and_the_connection_closed(house: HttpHouse) -> None:
    client = house.dial()
    await client.say(b"\x16\x03\x01\x02\x00\r\n\r\n")
    answer = await client.head()
    assert (answer.status, answer.fields["Connection"]) == (400, "close")
    await client.rest_of_it()


async def test_what_was_no_request_is_in_the_log_with_who_may_have_said_it(
    house: HttpHouse, caplog: pytest.LogCaptureFixture
) -> None:
    client = house.dial()
    with caplog.at_level(logging.INFO):
        await client.say(b"\x03\0\0\0\0rtmp" + bytes(1000))
        assert (await client.head()).status == 400
    told = [each.getMessage() for each in caplog.records if "bad request" in each.getMessage()]
    assert told == [
        f"a bad request of {client.transport.local}: "
        "an RTMP client without TLS connected to the HTTP port"
    ]


async def test_a_slow_request_is_given_up(house: HttpHouse) -> None:
    client = house.dial()
    await trio.sleep(30)
    for byte in b"GET / HT":
        await client.say(bytes([byte]))
        await trio.sleep(1)
    answer = await client.head()
    assert answer.status == 408
    assert trio.current_time() == pytest.approx(40, abs=0.1)


async def test_an_idle_connection_is_closed_without_a_word(house: HttpHouse) -> None:
    client = house.dial()
    assert await client.rest_of_it() == b""
    assert trio.current_time() == pytest.approx(60, abs=0.1)


async def test_a_thousand_idle_connections_hold_nothing_up(house: HttpHouse) -> None:
    clients = [house.dial() for _ in range(1000)]
    await wait_all_tasks_blocked()
    async with house.publishing():
        viewer = house.dial()
        await viewer.ask("/live/a.flv")
        assert (await viewer.head()).status == 200
        viewer.transport.close()
    with trio.fail_after(0.1):
        await house.service.stop(5.0)
    assert await clients[0].rest_of_it() == b""


async def test_connections_on_which_nothing_is_asked_make_room_for_others(
    open_house: OpenHouse,
) -> None:
    house = await open_house(config=HttpConfig(max_connections=2))
    async with house.publishing():
        viewer = house.dial()
        await viewer.ask("/live/a.flv")
        await viewer.head()
        idle = [house.dial() for _ in range(1 + SPARE)]
        await idle[0].ask("/nothing")
        await idle[0].answer()
        await wait_all_tasks_blocked()  # it was the last to ask
        with socket.socket() as one_more:
            assert house.service.connections.take_in(one_more)
        await wait_all_tasks_blocked()
        assert len(house.service.connections) == 1 + SPARE
        await idle[0].ask("/nothing")
        assert (await idle[0].answer()).status == 404
        assert len(house.registry) == 1


async def test_a_body_that_nobody_wants_does_not_become_a_request(house: HttpHouse) -> None:
    client = house.dial()
    body = b"GET /live/a.flv HTTP/1.1\r\nHost: h\r\n\r\n"
    await client.ask("/x", "POST", body)
    assert (await client.answer()).status == 405
    await client.ask("/y")
    assert (await client.answer()).status == 404


@in_real_time
async def test_a_slow_download_goes_on_behind_a_viewer_that_was_refused(
    served: HttpHouse,
) -> None:
    client = served.dial(capacity=1000)
    await client.ask("/live/missing.flv")
    assert (await client.answer()).status == 404
    await client.ask("/big.bin")
    assert len((await client.answer()).body) == 2**20
    assert not served.hub.supervisor.internal_errors


async def test_a_client_of_1_0_is_answered_and_let_go(house: HttpHouse) -> None:
    client = house.dial()
    await client.say(b"GET /nothing HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    head = await client.head()
    assert (head.status, head.fields["Connection"]) == (404, "close")
    assert len(await client.rest_of_it()) == int(head.fields["Content-Length"])


@in_real_time
async def test_a_stalled_download_ends_in_time_also_when_the_server_stops(
    served: HttpHouse,
) -> None:
    client = served.dial(capacity=1000)
    await client.ask("/big.bin")
    with trio.fail_after(5):
        await served.service.stop(0.1)
    with suppress(OSError):  # cut off
        assert len(await client.rest_of_it()) < 10_000
