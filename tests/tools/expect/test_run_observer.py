"""The observer knows who came for the stream, and what else happened."""

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
from trio_srs.tools.expect.run_observer import RunObserver


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


def heard(observer: RunObserver, *events: Any) -> RunObserver:
    for event in events:
        observer.hear(event)
    return observer


async def test_a_publish_is_followed_from_its_beginning_to_its_end(
    autojump_clock: MockClock,
) -> None:
    observer = RunObserver("live/stream")
    names: list[str] = []
    observer.on_publish = names.append
    heard(observer, opened(), connected(), began())
    await trio.sleep(2)
    heard(observer, media(), media("c2"), media(stream="live/other"))
    [publish] = observer.publishes
    assert (names, publish.has_media, publish.ended) == (["live/stream"], True, False)
    assert publish.media_at == trio.current_time()
    assert not observer.is_quiet
    heard(observer, unpublished(), closed())
    assert (publish.ended, observer.is_quiet, observer.happened) == (True, True, [])


async def test_a_second_publish_is_another() -> None:
    observer = heard(
        RunObserver("live/stream"), began(), media(), unpublished(), began("c2"), media("c2")
    )
    assert [(each.session, each.ended) for each in observer.publishes] == [
        ("c1", True),
        ("c2", False),
    ]
    heard(observer, unpublished("c1"))
    assert not observer.publishes[1].ended


async def test_whatever_comes_first_is_the_stream() -> None:
    observer = heard(RunObserver(None), began(stream="app/x"), media(stream="app/x"), began("c2"))
    assert (observer.stream, len(observer.publishes), observer.publishes[0].has_media) == (
        "app/x",
        1,
        True,
    )


def test_what_happens_elsewhere_is_told() -> None:
    observer = RunObserver("live/stream")
    heard(
        observer,
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
    assert observer.happened == [
        "live/other was published by 127.0.0.1:5001",
        "publish live/x by 127.0.0.1:5002 was refused: stream_busy: taken",
        "connect by 127.0.0.1:5003 was refused: limit: full",
        "live/stream was played by 127.0.0.1:5004",
        "127.0.0.1:5005 connected and left without publishing",
        "127.0.0.1:5006 opened a connection and left without publishing: protocol_error: byte 0",
        "127.0.0.1:5007 opened a connection and left without publishing",
        "live/stream was published by 127.0.0.1:5008, and ended without audio or video: peer_fin"
        "; an encoder that writes another container than FLV sends nothing: ffmpeg needs -f flv",
    ]


def test_what_is_told_is_bounded() -> None:
    observer = heard(RunObserver("live/stream"), *(began(f"c{n}", f"live/{n}") for n in range(100)))
    assert len(observer.happened) == 20


def test_the_source_is_no_publish_and_its_player_is_awaited() -> None:
    observer = RunObserver("live/stream", source="source/stream")
    heard(observer, opened(), opened("c2"), began("c1", "source/stream"))
    assert (observer.publishes, observer.source_wanted.is_set()) == ([], False)
    heard(observer, PlayBegan(**who("c2"), stream="source/stream"))
    assert observer.source_wanted.is_set()
    assert not observer.is_quiet
    heard(observer, closed("c2"))
    assert observer.is_quiet
    assert observer.happened == []


async def test_who_waits_looks_when_something_has_happened(autojump_clock: MockClock) -> None:
    observer = RunObserver("live/stream")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(observer.until, lambda: bool(observer.publishes))
        await trio.sleep(1)
        heard(observer, opened())
        await trio.sleep(1)
        heard(observer, began())
    with trio.move_on_after(1) as patience:
        await observer.until(lambda: False)
    assert patience.cancelled_caught
    with trio.fail_after(1):
        await observer.until(lambda: True)
