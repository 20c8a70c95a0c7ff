"""A viewer gets a stream as FLV, headers and GOP first, until either is gone."""

from __future__ import annotations

from contextlib import suppress

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked
from websockets.frames import Frame, Opcode

from tests.service.http.conftest import OpenHouse
from tests.service.http.house import BEGINNING, Client, HttpHouse, flv
from tests.service.rtmp.house import FAST
from tests.tools.files import tags
from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.bus import PlayBegan, PlayEnded, RequestRefused, SessionBegan, SessionConnected
from trio_srs.hub.gate import AccessRequest, AllowAll, Grant
from trio_srs.hub.settings import MissingPolicy
from trio_srs.service.http.config import HttpConfig
from trio_srs.testing.bodies import audio, audio_header, header, inter, key, metadata
from trio_srs.units import Seconds, Timeout
from trio_srs.wire.flv.tag import encode_header, encode_tag
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.websocket import binary_head

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


async def viewer(house: HttpHouse, path: str = "/live/a.flv") -> Client:
    client = house.dial()
    await client.ask(path)
    return client


async def test_a_late_viewer_gets_the_headers_the_gop_and_what_follows(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        client = await viewer(house)
        head = await client.head()
        assert head.status == 200
        assert head.fields.pop("Date").endswith(" GMT")
        assert head.fields == {
            "Server": "trio-srs/test",
            "Content-Type": "video/x-flv",
            "Cache-Control": "no-store",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": (
                "Accept-Ranges, Content-Length, Content-Range, Date, ETag"
            ),
            "Connection": "close",
        }
        later = (inter(40), audio(46), key(80))
        publish.append_all(later, trio.current_time())
        expected = flv([*BEGINNING, *later])
        assert await client.exactly(len(expected)) == expected


async def test_every_viewer_gets_the_same_bytes(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        clients = [await viewer(house) for _ in range(3)]
        publish.append_all([inter(40)], trio.current_time())
        await wait_all_tasks_blocked()
    said = [await client.rest_of_it() for client in clients]
    assert said[0].endswith(flv([inter(40)])[13:])
    assert said[0] == said[1] == said[2]


async def test_an_early_viewer_gets_all_of_it_however_fast_it_comes(house: HttpHouse) -> None:
    client = await viewer(house)
    fast = [header(), *(key(time) for time in range(0, 4000, 40))]
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        publish.append_all(fast, trio.current_time())
        await trio.sleep(0.1)
        publish.append_all([audio_header(), audio(4000)], trio.current_time())
        await client.head()
        expected = flv([*fast, audio_header(), audio(4000)])
        assert await client.exactly(len(expected)) == expected


@pytest.mark.parametrize("ending", ["flv", "ts"])
async def test_an_early_viewer_gets_a_publish_that_comes_and_goes_in_a_moment(
    open_house: OpenHouse, ending: str
) -> None:
    house = await open_house(
        settings=attrs.evolve(FAST, send_interval=Seconds(0.02)),
        config=HttpConfig(republish_timeout=Timeout(0.0)),
    )
    client = await viewer(house, f"/live/a.{ending}")
    async with house.publishing():
        pass
    assert (await client.head()).status == 200
    data = await client.rest_of_it()
    assert data == flv(BEGINNING) if ending == "flv" else len(data) == 188 * 4


@pytest.mark.parametrize(
    ("said", "has_audio", "has_video"),
    [
        ((header(), key(0)), False, True),
        ((audio_header(), audio(0)), True, False),
        ((metadata({"audiocodecid": 10.0}), header(), key(0)), False, True),
        (BEGINNING, True, True),
    ],
)
async def test_the_head_of_the_file_names_the_tracks_that_came(
    house: HttpHouse, said: tuple[Message, ...], has_audio: bool, has_video: bool
) -> None:
    client = await viewer(house)
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        publish.append_all(said, trio.current_time())
        await client.head()
        data = client.rest or await client.more()
        assert data.startswith(encode_header(has_audio, has_video))


async def test_a_track_that_comes_a_moment_later_is_waited_for(house: HttpHouse) -> None:
    client = await viewer(house)
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        publish.append_all([header(), key(0)], trio.current_time())
        await trio.sleep(0.2)
        publish.append_all([audio_header(), audio(0)], trio.current_time())
        await client.head()
        data = client.rest or await client.more()
        assert data.startswith(encode_header(audio=True, video=True))


async def test_a_stream_that_is_not_there_is_waited_for_and_then_not_found(
    house: HttpHouse,
) -> None:
    client = await viewer(house)
    began = trio.current_time()
    answer = await client.answer()
    assert trio.current_time() - began == pytest.approx(3.0)
    assert answer.status == 404
    assert answer.json == {
        "error": "stream_not_found",
        "detail": "nobody publishes live/a, also after 3 s",
    }
    assert (await house.end_of(client)).reason is EndReason.REFUSED
    [refused] = house.told(RequestRefused)
    assert (refused.request, refused.stream, refused.code) == ("play", "live/a", "stream_not_found")
    assert not house.told(PlayBegan) or house.told(PlayEnded)
    assert len(house.registry) == 0


async def test_a_connection_is_kept_after_an_answer_with_an_end(house: HttpHouse) -> None:
    client = await viewer(house)
    assert (await client.answer()).status == 404
    async with house.publishing():
        await client.ask("/live/a.flv")
        assert (await client.head()).status == 200


async def test_where_players_may_not_wait_viewers_do_not(open_house: OpenHouse) -> None:
    settings = attrs.evolve(FAST, play_missing=MissingPolicy.REFUSE)
    house = await open_house(settings=settings)
    began = trio.current_time()
    client = await viewer(house)
    assert (await client.answer()).status == 404
    assert trio.current_time() == began


async def test_viewers_survive_a_republish(house: HttpHouse) -> None:
    async with house.publishing():
        client = await viewer(house)
        await client.head()
        await client.exactly(len(flv(BEGINNING)))
    await trio.sleep(5)
    async with house.publishing():
        again = flv(BEGINNING)[13:]
        assert await client.exactly(len(again)) == again


@pytest.mark.parametrize("wait_s", [0.0, 7.0])
async def test_when_nobody_comes_again_the_answer_ends_with_all_that_was_published(
    open_house: OpenHouse, wait_s: float
) -> None:
    house = await open_house(config=HttpConfig(republish_timeout=Timeout(wait_s)))
    async with house.publishing() as publish:
        client = await viewer(house)
        await client.head()
        publish.append_all([inter(40)], trio.current_time())
    left_at = trio.current_time()
    data = await client.rest_of_it()
    assert data == flv([*BEGINNING, inter(40)])
    assert trio.current_time() - left_at == pytest.approx(wait_s, abs=0.05)
    end = await house.end_of(client)
    assert (end.reason, end.detail) == (
        EndReason.NO_PUBLISHER, "live/a is no longer published"
    )  # fmt: skip


async def test_a_viewer_is_a_session_with_what_it_asked_for_and_got(house: HttpHouse) -> None:
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.flv?token=x", fields={"User-Agent": "VLC/3"})
        await client.head()
        [entry] = house.registry
        assert (entry.protocol, entry.plays) == ("http-flv", {0: "live/a"})
        [began] = house.told(SessionBegan, protocol="http-flv")
        [connected] = house.told(SessionConnected, session=began.session)
        assert (connected.app, connected.client) == ("live", "VLC/3")
        assert house.told(PlayBegan, session=began.session, stream="live/a")
        entry.end(EndReason.KICKED, "enough")
        data = await client.rest_of_it()
    [ended] = house.told(PlayEnded)
    assert (ended.reason, ended.bytes) == (EndReason.KICKED, len(data) - 13)
    assert (await house.end_of(client)).detail == "enough"


async def test_a_viewer_that_leaves_is_gone_at_once(house: HttpHouse) -> None:
    async with house.publishing():
        client = await viewer(house)
        await client.head()
        client.transport.close()
        end = await house.end_of(client)
    assert end.reason in {EndReason.PEER_FIN, EndReason.PEER_RST}
    assert len(house.registry) == 0


async def test_one_that_leaves_while_it_waits_is_gone_too(house: HttpHouse) -> None:
    client = await viewer(house)
    client.transport.shutdown_write()
    began = trio.current_time()
    assert (await house.end_of(client)).reason is EndReason.PEER_FIN
    assert trio.current_time() == began


async def test_a_viewer_that_takes_nothing_is_dropped_in_time(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        client = house.dial(capacity=200)
        await client.ask("/live/a.flv")
        for time in range(0, 4000, 40):
            publish.append_all([key(time, 5000)], trio.current_time())
        began = trio.current_time()
        end = await house.end_of(client)
        assert end.reason is EndReason.PLAYER_STALLED
        assert trio.current_time() - began <= house.settings.stalled_timeout + 0.1


async def test_head_is_answered_and_ends(house: HttpHouse) -> None:
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.flv", "HEAD")
        head = await client.head()
        assert (head.status, head.fields["Content-Type"]) == (200, "video/x-flv")
        assert await client.rest_of_it() == b""


async def test_head_of_what_is_not_there_is_told_so_without_a_body(house: HttpHouse) -> None:
    client = house.dial()
    await client.ask("/live/a.flv", "HEAD")
    head = await client.head()
    assert (head.status, head.fields["Retry-After"]) == (404, "1")
    assert int(head.fields["Content-Length"]) > 0
    await client.ask("/nothing")
    assert (await client.answer()).status == 404


@pytest.mark.parametrize("ending", ["flv", "ts"])
async def test_a_viewer_of_1_0_gets_an_unchunked_body_up_to_the_end_of_the_connection(
    house: HttpHouse, ending: str
) -> None:
    async with house.publishing():
        client = house.dial()
        await client.say(f"GET /live/a.{ending} HTTP/1.0\r\n\r\n".encode())
        head = await client.head()
        assert head.status == 200
        assert not {"Transfer-Encoding", "Content-Length"} & head.fields.keys()
    data = await client.rest_of_it()
    assert data == flv(BEGINNING) if ending == "flv" else data[0] == 0x47


async def test_a_range_of_what_has_no_end_is_all_of_it(house: HttpHouse) -> None:
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.flv", fields={"Range": "bytes=0-"})
        assert (await client.head()).status == 200
        assert await client.exactly(len(flv(BEGINNING))) == flv(BEGINNING)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/live/a.flv?vhost=off.test", {}),
        ("/live/a.flv", {"Host": "off.test:8080"}),
        ("http://off.test/live/a.flv", {}),
    ],
)
async def test_the_virtual_host_is_the_parameter_or_the_host(
    house: HttpHouse, path: str, fields: dict[str, str]
) -> None:
    house.rules.disabled.add("off.test")
    client = house.dial()
    await client.ask(path, fields=fields)
    answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (403, "vhost_disabled")


@pytest.mark.parametrize("host", ["[::1]:8080", "127.0.0.1", "-", ""])
async def test_any_host_is_taken_for_the_default_one(house: HttpHouse, host: str) -> None:
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.flv", fields={"Host": host})
        assert (await client.head()).status == 200


class SaysNo(AllowAll):
    """A gate that lets nobody play."""

    async def play(self, request: AccessRequest, /) -> Grant | None:
        raise NotThisOneError(f"not {request.name} for {request.params['token']}")


class SaysElsewhere(AllowAll):
    """A gate that has another name for everything, and an address for some."""

    async def play(self, request: AccessRequest, /) -> Grant | None:
        if "far" in request.params:
            return Grant(redirect="http://other.test/live/a.flv")
        return Grant(name="a", account="acme")


class NotThisOneError(RefusedError):
    code = "not_this_one_over_http"


async def test_the_gate_is_asked_and_its_no_is_the_answer(open_house: OpenHouse) -> None:
    house = await open_house(gate=SaysNo())
    async with house.publishing():
        client = await viewer(house, "/live/a.flv?token=x%20y")
        answer = await client.answer()
    assert answer.status == 403
    assert answer.json == {"error": "not_this_one_over_http", "detail": "not a for x y"}


async def test_a_gate_may_mean_another_stream_or_another_server(open_house: OpenHouse) -> None:
    house = await open_house(gate=SaysElsewhere())
    async with house.publishing():
        client = await viewer(house, "/live/secret-name.flv")
        assert (await client.head()).status == 200
        [began] = house.told(PlayBegan)
        assert began.stream == "live/a"
        client = await viewer(house, "/live/a.flv?far")
        answer = await client.answer()
    assert (answer.status, answer.fields["Location"]) == (302, "http://other.test/live/a.flv")


async def test_there_is_room_for_so_many(open_house: OpenHouse) -> None:
    house = await open_house(config=HttpConfig(max_connections_per_ip=1))
    async with house.publishing():
        first = await viewer(house)
        await first.head()
        second = await viewer(house)
        answer = await second.answer()
        assert (answer.status, answer.json["error"]) == (503, "too_many_connections")


async def test_an_early_talker_is_bounded(house: HttpHouse) -> None:
    client = await viewer(house)
    with suppress(OSError):
        for _ in range(100):
            await client.say(b"GET / HTTP/1.1\r\n" * 1000)
    assert (await house.end_of(client)).reason is EndReason.PROTOCOL_ERROR


async def test_data_in_amf3_is_a_tag_where_it_is_amf0_behind_its_first_byte(
    house: HttpHouse,
) -> None:
    script = metadata({"width": 320.0})
    odd = Message(MessageType.DATA_AMF3, 1, 0, b"\x06amf3")
    same = Message(MessageType.DATA_AMF3, 1, 0, b"\0" + script.payload)
    async with house.publishing() as publish:
        client = await viewer(house)
        await client.head()
        await client.exactly(len(flv(BEGINNING)))
        publish.append_all([odd, same, inter(40)], trio.current_time())
        [tag] = tags([script])
        expected = encode_tag(tag) + flv([inter(40)])[13:]
        assert await client.exactly(len(expected)) == expected


# ---------------------------------------------------------------- WebSocket


async def test_over_websocket_each_tag_is_a_message(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        client = house.dial()
        await client.ask("/live/a.flv", fields=UPGRADE)
        head = await client.head()
        assert head.status == 101
        publish.append_all([inter(40)], trio.current_time())
        await wait_all_tasks_blocked()
        [entry] = house.registry
        assert entry.protocol == "ws-flv"
        entry.end(EndReason.KICKED, "enough")
        data = await client.rest_of_it()
    expected = b""
    whole = flv([])
    expected += binary_head(len(whole)) + whole
    for message in (*BEGINNING, inter(40)):
        tag = flv([message])[13:]
        expected += binary_head(len(tag)) + tag
    assert data.startswith(expected)
    assert data[len(expected) :] == Frame(Opcode.CLOSE, b"\x03\xe9kicked").serialize(mask=False)


async def test_a_websocket_viewer_is_answered_and_may_close(house: HttpHouse) -> None:
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.flv", fields=UPGRADE)
        await client.head()
        await client.say(Frame(Opcode.PING, b"hi").serialize(mask=True))
        await client.say(Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
        data = await client.rest_of_it()
        end = await house.end_of(client)
    pong = Frame(Opcode.PONG, b"hi").serialize(mask=False)
    assert data.endswith(pong + Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=False))
    assert end.reason is EndReason.PEER_FIN


async def test_what_is_no_frame_ends_a_websocket_viewer_and_nobody_else(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        other = await viewer(house)
        await other.head()
        client = house.dial()
        await client.ask("/live/a.flv", fields=UPGRADE)
        await client.head()
        await client.say(b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0")
        assert (await house.end_of(client)).reason is EndReason.PROTOCOL_ERROR
        publish.append_all([inter(40)], trio.current_time())
        assert other.rest + await other.more()


async def test_what_is_no_handshake_is_refused(house: HttpHouse) -> None:
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.flv", fields={**UPGRADE, "Sec-WebSocket-Key": "short"})
        answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (400, "websocket_error")


async def test_a_viewer_hears_which_version_of_websocket_is_spoken(house: HttpHouse) -> None:
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.flv", fields={**UPGRADE, "Sec-WebSocket-Version": "8"})
        answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (426, "websocket_version")
    assert answer.fields["Sec-Websocket-Version"] == "13"


async def test_viewers_are_as_many_and_stay_as_long_as_they_may(open_house: OpenHouse) -> None:
    limited = attrs.evolve(FAST, max_players=1, max_play_time=Timeout(5.0))
    house = await open_house(settings=limited)
    async with house.publishing():
        first, second = await viewer(house), await viewer(house)
        assert (await first.head()).status == 200
        assert (await second.head()).status == 503
        await trio.sleep(6)
        [end] = house.told(PlayEnded)
        assert (end.reason, end.detail) == (EndReason.TIME_LIMIT, "live/a: a play may last 5 s")
