"""Following events over HTTP: from where they begin, what ends them, who is too slow."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.service.api.calls import Call
from tests.service.api.site import Site, open_site
from tests.service.rtmp.house import House
from trio_srs.hub.bus import RequestRefused
from trio_srs.hub.ids import Ids, ProcessName
from trio_srs.hub.journal import Journal
from trio_srs.service.api.event_stream import KEEP_ALIVE_S, event_words

EVENTS = "/api/v2/events"


def tell(site: Site, number: int = 1, stream: str = "live/a") -> None:
    """Let something happen, so many times."""
    for _ in range(number):
        site.house.bus.tell(
            RequestRefused(
                session="c1", peer="p", request="publish", stream=stream, code="x", detail="line\n2"
            )
        )


async def follow(site: Site, nursery: trio.Nursery, query: str = "", **headers: str) -> Call:
    call = Call(
        site.app, EVENTS, query, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    nursery.start_soon(call.run)
    await call.heard("retry")
    await wait_all_tasks_blocked()
    return call


def numbers(call: Call) -> list[int | None]:
    return [number for number, _, _ in call.events()]


async def test_every_event_is_sent_as_it_happens(site: Site, nursery: trio.Nursery) -> None:
    call = await follow(site, nursery)
    assert call.status == 200
    assert call.said["content-type"].startswith("text/event-stream")
    assert call.said["cache-control"] == "no-cache"
    peer = await site.house.publisher("a")
    peer.close()
    await call.heard("session_ended")
    words = [word for _, word, _ in call.events()]
    assert [word for word in words if word.startswith("publish")] == [
        "publish_began",
        "publish_ended",
    ]
    assert words[0] == "session_began"
    assert set(words) <= set(event_words())
    assert numbers(call) == list(range(1, len(words) + 1))
    data: Any = next(data for _, word, data in call.events() if word == "publish_began")
    assert (data["event"], data["stream"], data["session"]) == ("publish_began", "live/a", "c1")
    assert data["number"] == words.index("publish_began") + 1
    assert data["at"] > 1_700_000_000
    call.leave()


async def test_a_line_break_in_an_event_breaks_nothing(site: Site, nursery: trio.Nursery) -> None:
    call = await follow(site, nursery)
    tell(site)
    await call.heard("refused")
    [(_, word, data)] = call.events()
    assert (word, data["detail"]) == ("request_refused", "line\n2")
    call.leave()


async def test_by_default_only_what_comes_is_sent(site: Site, nursery: trio.Nursery) -> None:
    tell(site, 3)
    call = await follow(site, nursery)
    assert b"id: 3\n\n" in call.body  # a client that connects again begins there
    tell(site)
    await call.heard("refused")
    assert numbers(call) == [4]
    call.leave()


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ("since=0", {}, [1, 2, 3]),
        ("since=2", {}, [3]),
        ("since=3", {}, []),
        ("", {"last_event_id": "1"}, [2, 3]),
        ("since=0", {"last_event_id": "2"}, [3]),  # connected again: the URL is still the old one
    ],
)
async def test_what_happened_since_an_event_is_sent_first(
    site: Site, nursery: trio.Nursery, query: str, headers: dict[str, str], expected: list[int]
) -> None:
    tell(site, 3)
    call = await follow(site, nursery, query, **headers)
    assert numbers(call) == expected
    tell(site)
    await wait_all_tasks_blocked()
    assert numbers(call) == [*expected, 4]
    call.leave()


async def test_a_client_that_was_away_too_long_is_told_what_it_missed(
    site: Site, nursery: trio.Nursery
) -> None:
    kept = site.house.journal.most
    assert kept is not None
    tell(site, kept + 5)
    call = await follow(site, nursery, "since=2")
    assert call.events()[0] == (5, "missed", {"after": 2, "first": 6, "count": 3})
    assert numbers(call)[1:] == list(range(6, kept + 6))
    call.leave()


async def test_a_client_of_a_server_before_this_one_is_told_so(
    site: Site, nursery: trio.Nursery
) -> None:
    tell(site, 2)
    call = await follow(site, nursery, last_event_id="700")
    assert call.events()[0] == (0, "restarted", {"after": 700, "last": 2})
    assert numbers(call)[1:] == [1, 2]
    call.leave()


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("a", "a-2", [3]),
        ("a", "b-2", [None, 1, 2, 3]),
        ("a", "2", [None, 1, 2, 3]),
        ("", "a-2", [None, 1, 2, 3]),
        ("a", "a-4", [None, 1, 2, 3]),
    ],
)
async def test_an_event_of_another_process_is_no_place_to_go_on_from(
    nursery: trio.Nursery, name: str, known: str, expected: list[int | None]
) -> None:
    journal = Journal(ids=Ids(ProcessName(name)))
    house: House = await nursery.start(House(journal=journal).run)
    async with open_site(house) as site:
        tell(site, 3)
        call = await follow(site, nursery, last_event_id=known)
        said = [data.get("number") for _, _, data in call.events()]
        assert said == expected
        if None in expected:
            assert call.events()[0][1:] == ("restarted", {"after": int(known[-1]), "last": 3})
        assert f"id: {journal.id_of(3)}\n".encode() in call.body  # what it says the next time
        call.leave()


async def test_a_client_that_does_not_read_is_owed_little_and_told_what_it_missed(
    site: Site, nursery: trio.Nursery
) -> None:
    call = await follow(site, nursery)
    call.hold = trio.Event()
    tell(site)
    await wait_all_tasks_blocked()
    kept = site.house.journal.most
    assert kept is not None
    tell(site, kept + 100)
    await wait_all_tasks_blocked()
    call.hold.set()
    await wait_all_tasks_blocked()
    assert call.events()[1] == (101, "missed", {"after": 1, "first": 102, "count": 100})
    assert numbers(call)[-1] == site.house.journal.last
    call.leave()


async def test_only_events_of_one_stream_are_sent_if_so_asked(
    site: Site, nursery: trio.Nursery
) -> None:
    call = await follow(site, nursery, "stream=live/b")
    tell(site, 2)
    tell(site, stream="live/b")
    await call.heard("live/b")
    assert numbers(call) == [3]
    call.leave()


async def test_without_following_the_answer_ends_with_what_there_is(site: Site) -> None:
    tell(site, 2)
    call = Call(site.app, EVENTS, "since=0&follow=false")
    await call.run()
    assert numbers(call) == [1, 2]


async def test_a_silent_feed_says_that_it_lives(autojump_clock: MockClock, site: Site) -> None:
    async with trio.open_nursery() as nursery:
        call = Call(site.app, EVENTS)
        nursery.start_soon(call.run)
        await trio.sleep(2.5 * KEEP_ALIVE_S)
        assert call.body.endswith(b"\n\n:\n\n:\n\n")
        call.leave()


async def test_a_stop_is_the_last_that_is_heard(site: Site, nursery: trio.Nursery) -> None:
    call = await follow(site, nursery)
    tell(site)
    site.context.stopping.set()
    await call.over.wait()
    assert [word for _, word, _ in call.events()] == ["request_refused", "end"]
    assert call.events()[-1] == (1, "end", {"reason": "server_stops"})


async def test_a_client_that_goes_leaves_nothing_behind(site: Site, nursery: trio.Nursery) -> None:
    call = await follow(site, nursery)
    call.leave()
    await call.over.wait()
    tell(site)
    await wait_all_tasks_blocked()
    assert call.events() == []


@pytest.mark.parametrize(
    ("params", "headers", "where"),
    [
        ({"since": "x"}, {}, "query.since"),
        ({"since": "-2"}, {}, "query.since"),
        ({"since": "null"}, {}, "query.since"),
        ({}, {"last-event-id": "x"}, "header.last-event-id"),
        ({}, {"last-event-id": "a-"}, "header.last-event-id"),
        ({}, {"last-event-id": "a/b-1"}, "header.last-event-id"),
        ({}, {"last-event-id": "9" * 19}, "header.last-event-id"),
        ({"stream": "live"}, {}, "query.stream"),
        ({"follow": "maybe"}, {}, "query.follow"),
    ],
)
async def test_a_place_to_begin_that_is_none_is_refused(
    site: Site, params: dict[str, str], headers: dict[str, str], where: str
) -> None:
    status, said = await site.get(EVENTS, params=params, headers=headers)
    assert (status, said["where"]) == (400, where)
