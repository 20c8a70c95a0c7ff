"""The ledger: what may have been granted is taken back exactly once."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from tests.service.hooks.scripted import REQUEST
from trio_srs.errors import EndReason
from trio_srs.hub.bus import (
    PlayBegan,
    PlayEnded,
    PublishBegan,
    PublishEnded,
    RequestRefused,
    SessionBegan,
    SessionEnded,
)
from trio_srs.hub.ids import SrsIds
from trio_srs.service.hooks.calls import HookCall, connect_call, request_call
from trio_srs.service.hooks.config import Action
from trio_srs.service.hooks.ledger import Ledger

IDS = SrsIds()
WHO: Any = {"session": "c1", "peer": "10.0.0.1:5000"}
OVER: Any = {"reason": EndReason.PEER_FIN, "detail": ""}
ENDED = SessionEnded(**WHO, **OVER, seconds=1.0, bytes_in=5, bytes_out=7)


def publish(name: str = "a", query: str = "") -> HookCall:
    return request_call(IDS, Action.ON_PUBLISH, attrs.evolve(REQUEST, name=name, query=query))


def play(name: str = "a", query: str = "") -> HookCall:
    return request_call(IDS, Action.ON_PLAY, attrs.evolve(REQUEST, name=name, query=query))


def publish_began(stream: str = "live/a") -> PublishBegan:
    return PublishBegan(**WHO, stream=stream, flow="fmle")


def publish_ended(stream: str = "live/a") -> PublishEnded:
    return PublishEnded(**WHO, **OVER, stream=stream, messages=0, bytes=0)


def play_ended(stream: str = "live/a") -> PlayEnded:
    return PlayEnded(**WHO, **OVER, stream=stream, bytes=0, skipped=0)


def refused(request: str) -> RequestRefused:
    return RequestRefused(**WHO, request=request, stream="live/a", code="busy", detail="")


def heard(ledger: Ledger, *events: Any) -> list[str]:
    calls = (call for event in events for call in ledger.hear(event))
    return [
        f"{call.action} {call.body.get('stream', '')}{call.body.get('param', '')}".strip()
        for call in calls
    ]


@pytest.mark.parametrize("is_granted", [True, False])
def test_what_began_is_taken_back_when_it_ends(is_granted: bool) -> None:
    ledger = Ledger()
    ledger.request(publish(), is_asked=True).may_be_granted = is_granted
    undone = ["on_unpublish a"] if is_granted else []
    assert heard(ledger, publish_began(), publish_ended()) == undone
    assert heard(ledger, publish_ended(), ENDED) == []


def test_what_nobody_wants_to_hear_is_no_call_and_is_over_all_the_same() -> None:
    ledger = Ledger(is_told=lambda call: call.action is Action.ON_PLAY)
    ledger.connect(connect_call(IDS, REQUEST), is_asked=True).may_be_granted = True
    for call in (publish(), publish("b"), play("c")):
        ledger.request(call, is_asked=True).may_be_granted = True
    assert heard(ledger, publish_began(), publish_ended(), ENDED) == ["on_stop c"]
    assert len(ledger) == 0
    ledger.connect(connect_call(IDS, REQUEST), is_asked=True).may_be_granted = True
    assert list(ledger.disconnect("c1")) == []
    assert not ledger.is_connected("c1")


def test_what_did_not_begin_is_taken_back_when_it_is_refused() -> None:
    ledger = Ledger()
    ledger.request(play(), is_asked=True).may_be_granted = True
    ledger.request(publish(), is_asked=True).may_be_granted = True
    assert heard(ledger, refused("connect"), refused("publish")) == ["on_unpublish a"]
    assert heard(ledger, refused("play"), ENDED) == ["on_stop a"]


def test_a_refusal_takes_nothing_back_that_has_begun() -> None:
    ledger = Ledger()
    for query in ("one", "two"):
        ledger.request(publish(query=query), is_asked=True).may_be_granted = True
        heard(ledger, publish_began() if query == "one" else SessionBegan(**WHO, protocol="rtmp"))
    assert heard(ledger, refused("publish")) == ["on_unpublish a?two"]
    assert heard(ledger, publish_ended()) == ["on_unpublish a?one"]


def test_a_session_takes_back_all_that_is_left_in_order() -> None:
    ledger = Ledger()
    ledger.connect(connect_call(IDS, REQUEST), is_asked=True).may_be_granted = True
    for call in (play("a"), publish("b"), play("c")):
        ledger.request(call, is_asked=True).may_be_granted = call.body["stream"] != "b"
    assert ledger.is_connected("c1")
    assert heard(ledger, ENDED) == ["on_stop a", "on_stop c", "on_close"]
    assert len(ledger) == 0
    assert not ledger.is_connected("c1")


def test_what_is_renamed_ends_under_its_new_name() -> None:
    ledger = Ledger()
    ledger.request(play(), is_asked=True).may_be_granted = True
    assert heard(ledger, PlayBegan(**WHO, stream="live/b"), play_ended("live/a")) == []
    assert heard(ledger, play_ended("live/b")) == ["on_stop a"]


def test_where_nobody_is_asked_only_what_began_is_taken_back() -> None:
    ledger = Ledger()
    ledger.connect(connect_call(IDS, REQUEST), is_asked=False)
    ledger.request(publish("a"), is_asked=False)
    assert heard(ledger, refused("publish")) == []
    ledger.request(publish("a"), is_asked=False)
    assert heard(ledger, publish_began(), ENDED) == ["on_unpublish a", "on_close"]


@pytest.mark.parametrize("is_granted", [True, False])
def test_a_connect_that_came_to_nothing_is_closed_and_forgotten(is_granted: bool) -> None:
    ledger = Ledger()
    ledger.connect(connect_call(IDS, REQUEST), is_asked=True).may_be_granted = is_granted
    calls = list(ledger.disconnect("c1"))
    assert [call.body["action"] for call in calls] == ["on_close"] * is_granted
    assert not ledger.is_connected("c1")
    assert heard(ledger, ENDED) == []


def test_who_was_never_asked_about_is_nobody() -> None:
    assert heard(Ledger(), publish_began(), publish_ended(), refused("play"), ENDED) == []
