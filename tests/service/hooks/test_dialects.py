"""What is said in a call, and what an answer means, in the words of SRS and of nginx-rtmp."""

from __future__ import annotations

from urllib.parse import parse_qsl

import attrs
import pytest
import trio

from tests.service.hooks.conftest import OpenSite
from tests.service.hooks.scripted import REQUEST, YES, Call, Script
from tests.service.rtmp.house import ask
from trio_srs.hub.gate import Grant
from trio_srs.hub.ids import SrsIds
from trio_srs.hub.made_files import FileKind, MadeFile
from trio_srs.service.hooks.calls import (
    HookCall,
    close_call,
    connect_call,
    file_call,
    request_call,
    undo_call,
    with_done,
)
from trio_srs.service.hooks.config import Action, HookDialect, HookTargets
from trio_srs.service.hooks.dialects import DIALECTS
from trio_srs.service.hooks.poster import Answer
from trio_srs.service.hooks.replies import AnswerError, HookRefusedError

IDS = SrsIds()
SRS, NGINX = (DIALECTS[dialect] for dialect in HookDialect)
WHO = attrs.evolve(REQUEST, client="FMLE/3.0 (x&y)", swf_url="http://swf/", query="token=a%20b&n=1")
PUBLISH, PLAY = (request_call(IDS, action, WHO) for action in (Action.ON_PUBLISH, Action.ON_PLAY))
RECORDING = MadeFile(kind=FileKind.RECORDING, stream="live/cam", path="/srv/cam 1.flv")
CONNECT = connect_call(IDS, attrs.evolve(WHO, name=""))
SESSION = {
    "app": "live",
    "flashver": "FMLE/3.0 (x&y)",
    "swfurl": "http://swf/",
    "tcurl": "rtmp://host/live",
    "pageurl": "https://page.test/",
    "addr": "10.0.0.1",
    "clientid": "c1",
}
NAME, ARGS = {"name": "cam"}, {"token": "a b", "n": "1"}


def test_srs_is_said_json_whatever_a_peer_says() -> None:
    form = SRS.said(attrs.evolve(PLAY, body={"stream": 'ü"\ud800'}))
    assert form.content_type == "application/json"
    assert form.body == b'{"stream":"\xc3\xbc\\"?"}'


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        (CONNECT, {"call": "connect", **ARGS}),
        (close_call(CONNECT, None), {"call": "disconnect"}),
        (PUBLISH, {"call": "publish", **NAME, "type": "live", **ARGS}),
        (PLAY, {"call": "play", **NAME, **ARGS}),
        (undo_call(PUBLISH), {"call": "publish_done", **NAME, **ARGS}),
        (undo_call(PLAY), {"call": "play_done", **NAME, **ARGS}),
        (list(with_done([undo_call(PLAY)]))[1], {"call": "done", **NAME, **ARGS}),
        (
            file_call(IDS, RECORDING, PUBLISH, str),
            {"call": "record_done", "recorder": "", **NAME, "path": "/srv/cam 1.flv", **ARGS},
        ),
    ],
    ids=lambda value: value.action if isinstance(value, HookCall) else "",
)
def test_nginx_rtmp_is_said_a_form_in_its_order(call: HookCall, fields: dict[str, str]) -> None:
    form = NGINX.said(call)
    assert form.content_type == "application/x-www-form-urlencoded"
    said = parse_qsl(form.body.decode(), keep_blank_values=True, strict_parsing=True)
    assert said == list({**SESSION, **fields}.items())


@pytest.mark.parametrize(
    ("status", "location", "granted"),
    [
        (200, "", Grant()),
        (204, "ignored", Grant()),
        (302, "", Grant()),
        (302, "cam7", Grant(name="cam7")),
        (301, "rtmp://b/live/cam", Grant(redirect="rtmp://b/live/cam")),
        (399, "http://b/live/cam.flv", Grant(redirect="http://b/live/cam.flv")),
    ],
)
def test_nginx_rtmp_answers_by_its_status(status: int, location: str, granted: Grant) -> None:
    assert NGINX.read(Answer(status, b"<html>", location)) == granted


@pytest.mark.parametrize(("status", "text"), [(400, "status 400"), (403, "status 403")])
def test_nginx_rtmp_says_no_by_its_status(status: int, text: str) -> None:
    with pytest.raises(HookRefusedError, match=text):
        NGINX.read(Answer(status, b""))


@pytest.mark.parametrize(("status", "location"), [(500, ""), (100, ""), (302, "../etc")])
def test_all_else_is_no_answer_of_nginx_rtmp(status: int, location: str) -> None:
    with pytest.raises(AnswerError):
        NGINX.read(Answer(status, b"", location))


def test_srs_answers_by_its_body() -> None:
    assert SRS.read(Answer(200, b"0", "ignored")) == Grant()


def answering(status: int, location: str = "", to: str = "") -> Script:
    async def answer(call: Call) -> Answer:
        return await YES(call) if to and call.action != to else Answer(status, b"", location)

    return answer


async def test_nginx_rtmp_is_asked_at_connect_and_told_of_ends(site_of: OpenSite) -> None:
    site = await site_of(dialect=HookDialect.NGINX_RTMP, on_done=("http://done/",))
    peer = await site.house.publisher("a")
    peer.close()
    assert await site.told() == [
        "connect c1",
        *("publish c1 a", "publish_done c1 a", "done c1 a"),
        "disconnect c1",
    ]


async def test_a_refused_connect_is_told_to_the_peer(site_of: OpenSite) -> None:
    site = await site_of(answering(403), dialect=HookDialect.NGINX_RTMP)
    peer = site.house.dial()
    refusal = await peer.connect()
    assert "status 403" in str(refusal)
    await trio.sleep(5)
    assert await site.told() == ["connect c1"]


async def test_a_stream_is_published_under_the_name_of_location(site_of: OpenSite) -> None:
    script = answering(302, "cam7", to="publish")
    site = await site_of(script, dialect=HookDialect.NGINX_RTMP)
    await site.house.publisher("secret")
    assert site.house.hub.find("live/cam7") is not None


async def test_a_new_name_at_connect_is_nobodys(site_of: OpenSite) -> None:
    script = answering(302, "otherapp", to="connect")
    site = await site_of(script, dialect=HookDialect.NGINX_RTMP)
    await site.house.publisher("a")


async def test_each_virtual_host_is_spoken_to_in_its_dialect(site_of: OpenSite) -> None:
    own = HookTargets(dialect=HookDialect.NGINX_RTMP, on_publish=("http://own/",))
    site = await site_of(vhosts={"__defaultVhost__": own})
    peer = site.house.dial()
    await peer.connect()
    await ask(peer, "publish", "a")
    assert site.poster.said() == ["publish c1 a"]
