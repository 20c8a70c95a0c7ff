"""The desk knows who came for the stream, and what else happened."""

from __future__ import annotations

from typing import Any

import trio
from trio.testing import MockClock

from trio_srs.errors import EndReason
from trio_srs.hub.bus import (
    FirstMedia,
    PlayBegan,
    PublishBegan,
    PublishEnded,
    RequestRefused,
    SessionBegan,
    SessionConnected,
    SessionEnded,
)
from trio_srs.tools.expect.desk import Desk


def who(session: str = "c1") -> dict[str, Any]:
    return {"session": session, "peer": f"127.0.0.1:{5000 + int(session[1:])}"}


def began(session: str = "c1", stream: str = "live/stream") -> PublishBegan:
    return PublishBegan(**who(session), stream=stream, flow="FMLE")


def media(session: str = "c1", stream: str = "live/stream") -> FirstMedia:
    return FirstMedia(**who(session), stream=stream, kind="video", seconds=0.1)


def unpublished(session: str = "c1", stream: str = "live/stream") -> PublishEnded:
    return PublishEnded(
        **who(session), stream=stream, reason=EndReason.PEER_FIN, detail="", messages=0, bytes=0
    )


def opened(session: str = "c1") -> SessionBegan:
    return SessionBegan(**who(session), protocol="rtmp")


def connected(session: str = "c1") -> SessionConnected:
    return SessionConnected(
        **who(session), vhost="", app="live", client="x", handshake="plain", handshake_s=0.0
    )


def closed(
    session: str = "c1", reason: EndReason = EndReason.PEER_FIN, detail: str = ""
) -> SessionEnded:
    return SessionEnded(
        **who(session), reason=reason, detail=detail, seconds=1.0, bytes_in=0, bytes_out=0
    )


def heard(desk: Desk, *events: Any) -> Desk:
    for event in events:
        desk.hear(event)
    return desk


async def test_a_publish_is_followed_from_its_beginning_to_its_end(
    autojump_clock: MockClock,
) -> None:
    desk = Desk("live/stream")
    names: list[str] = []
    desk.on_publish = names.append
    heard(desk, opened(), connected(), began())
    await trio.sleep(2)
    heard(desk, media(), media("c2"), media(stream="live/other"))
    [publish] = desk.publishes
    assert (names, publish.has_media, publish.ended) == (["live/stream"], True, False)
    assert publish.media_at == trio.current_time()
    assert not desk.is_quiet
    heard(desk, unpublished(), closed())
    assert (publish.ended, desk.is_quiet, desk.happened) == (True, True, [])


async def test_a_second_publish_is_another() -> None:
    desk = heard(Desk("live/stream"), began(), media(), unpublished(), began("c2"), media("c2"))
    assert [(each.session, each.ended) for each in desk.publishes] == [("c1", True), ("c2", False)]
    heard(desk, unpublished("c1"))
    assert not desk.publishes[1].ended


async def test_whatever_comes_first_is_the_stream() -> None:
    desk = heard(Desk(None), began(stream="app/x"), media(stream="app/x"), began("c2"))
    assert (desk.stream, len(desk.publishes), desk.publishes[0].has_media) == ("app/x", 1, True)


def test_what_happens_elsewhere_is_told() -> None:
    desk = Desk("live/stream")
    heard(
        desk,
        *(opened(f"c{n}") for n in range(1, 8)),
        began("c1", "live/other"),
        RequestRefused(**who("c2"), request="publish", stream="live/x", code="stream_busy",
                       detail="taken"),
        RequestRefused(**who("c3"), request="connect", stream="", code="limit", detail="full"),
        PlayBegan(**who("c4"), stream="live/stream"),
        connected("c5"),
        *(closed(f"c{n}") for n in range(1, 6)),
        closed("c6", EndReason.PROTOCOL_ERROR, "byte 0"),
        closed("c7"),
        began("c8"),
        unpublished("c8"),
    )  # fmt: skip
    assert desk.happened == [
        "live/other was published by 127.0.0.1:5001",
        "publish live/x by 127.0.0.1:5002 was refused: stream_busy: taken",
        "connect by 127.0.0.1:5003 was refused: limit: full",
        "live/stream was played by 127.0.0.1:5004",
        "127.0.0.1:5005 connected and left without publishing",
        "127.0.0.1:5006 opened a connection and left without publishing: protocol_error: byte 0",
        "127.0.0.1:5007 opened a connection and left without publishing",
        "live/stream was published by 127.0.0.1:5008, and ended without audio or video: peer_fin",
    ]


def test_what_is_told_is_bounded() -> None:
    desk = heard(Desk("live/stream"), *(began(f"c{n}", f"live/{n}") for n in range(100)))
    assert len(desk.happened) == 20


def test_the_source_is_no_publish_and_its_player_is_awaited() -> None:
    desk = Desk("live/stream", source="source/stream")
    heard(desk, opened(), opened("c2"), began("c1", "source/stream"))
    assert (desk.publishes, desk.source_wanted.is_set()) == ([], False)
    heard(desk, PlayBegan(**who("c2"), stream="source/stream"))
    assert desk.source_wanted.is_set()
    assert not desk.is_quiet
    heard(desk, closed("c2"))
    assert desk.is_quiet
    assert desk.happened == []


async def test_who_waits_looks_when_something_has_happened(autojump_clock: MockClock) -> None:
    desk = Desk("live/stream")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(desk.until, lambda: bool(desk.publishes))
        await trio.sleep(1)
        heard(desk, opened())
        await trio.sleep(1)
        heard(desk, began())
    with trio.move_on_after(1) as patience:
        await desk.until(lambda: False)
    assert patience.cancelled_caught
    with trio.fail_after(1):
        await desk.until(lambda: True)
