"""What is said in a call: SRS's fields, in SRS's order, with SRS's types."""

from __future__ import annotations

import attrs
import pytest

from tests.service.hooks.scripted import REQUEST
from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionEnded
from trio_srs.hub.ids import SrsIds
from trio_srs.service.hooks.calls import (
    HookCall,
    close_call,
    connect_call,
    request_call,
    undo_call,
)
from trio_srs.service.hooks.config import Action

IDS = SrsIds()
HEAD = {
    "server_id": IDS.server,
    "service_id": IDS.service,
    "client_id": "c1",
    "ip": "10.0.0.1",
    "vhost": "__defaultVhost__",
    "app": "live",
}
OF_STREAM = {"stream_url": "/live/cam", "stream_id": IDS.of("live/cam")}
TEXTS = {"tcUrl": "rtmp://host/live", "stream": "cam", "param": "?token=x"}
PAGE = {"pageUrl": "https://page.test/"}
OTHERS: dict[str, object] = {"send_bytes": 7, "recv_bytes": 5}
ENDED = SessionEnded(
    session="c1",
    peer="10.0.0.1:5000",
    reason=EndReason.PEER_FIN,
    detail="",
    seconds=1.0,
    bytes_in=5,
    bytes_out=7,
)
CALLS: dict[str, tuple[HookCall, dict[str, object], str]] = {
    "on_connect": (connect_call(IDS, REQUEST), {**TEXTS, **PAGE}, "stream param tcUrl pageUrl"),
    "on_close": (
        close_call(connect_call(IDS, REQUEST), ENDED),
        OTHERS,
        "send_bytes recv_bytes",
    ),
    "on_publish": (
        request_call(IDS, Action.ON_PUBLISH, REQUEST),
        {**TEXTS, **OF_STREAM},
        "tcUrl stream param stream_url stream_id",
    ),
    "on_unpublish": (
        undo_call(request_call(IDS, Action.ON_PUBLISH, REQUEST)),
        {**TEXTS, **OF_STREAM},
        "tcUrl stream param stream_url stream_id",
    ),
    "on_play": (
        request_call(IDS, Action.ON_PLAY, REQUEST),
        {**TEXTS, **PAGE, **OF_STREAM},
        "stream tcUrl param pageUrl stream_url stream_id",
    ),
    "on_stop": (
        undo_call(request_call(IDS, Action.ON_PLAY, REQUEST)),
        {**TEXTS, **OF_STREAM},
        "tcUrl stream param stream_url stream_id",
    ),
}


@pytest.mark.parametrize("action", CALLS)
def test_a_call_has_the_fields_of_srs_in_their_order(action: str) -> None:
    call, fields, order = CALLS[action]
    assert call.body == {**HEAD, "action": action, **fields}
    assert " ".join(call.body) == (f"server_id service_id action client_id ip vhost app {order}")


def test_a_virtual_host_stands_before_its_streams_as_srs_has_it() -> None:
    request = attrs.evolve(REQUEST, vhost="example.com", query="")
    call = request_call(IDS, Action.ON_PLAY, request)
    assert call.body["stream_url"] == "example.com/live/cam"
    assert call.body["param"] == ""
    assert call.stream == "example.com/live/cam"


@pytest.mark.parametrize(
    ("peer", "ip"),
    [("10.0.0.1:5", "10.0.0.1"), ("[::1]:5", "::1"), ("unix:/run/rtmp", "unix:/run/rtmp")],
)
def test_an_address_is_told_without_its_port(peer: str, ip: str) -> None:
    request = attrs.evolve(REQUEST, peer=peer)
    assert connect_call(IDS, request).body["ip"] == ip
