"""Reports: of what goes on and of what is over, within bounds in number and in bytes."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from tests.hub.scene import Scene
from trio_srs.errors import EndReason
from trio_srs.hub.history import HistoryConfig
from trio_srs.hub.settings import InspectLevel
from trio_srs.hub.stream import Stream
from trio_srs.testing.bodies import inter, key, metadata
from trio_srs.units import Bytes


async def test_of_a_name_that_was_never_published_there_is_nothing() -> None:
    scene = Scene()
    reports = scene.reports
    assert (reports.find("x"), reports.history("x"), reports.names()) == (None, (), ())
    assert (reports.newest("x"), reports.publishes("x")) == (None, 0)


async def test_the_present_publish_is_found_and_then_the_newest() -> None:
    scene = Scene()
    for number in (1, 2, 3):
        publish_record = scene.come()
        scene.say(*(key(0) for _ in range(number)))
        report = scene.reports.find("cam")
        assert report is not None
        assert (report.facts.messages, report.end) == (number, None)
        assert scene.reports.history("cam")[-1] == report
        scene.go(publish_record)
        report = scene.reports.find("cam")
        assert report is not None
        assert (report.facts.messages, report.end) == (number, EndReason.PEER_FIN)
    history = scene.reports.history("cam")
    assert [each.facts.messages for each in history] == [1, 2, 3]
    assert (scene.reports.publishes("cam"), scene.reports.names()) == (3, ("cam",))


async def test_a_report_does_not_change_when_more_comes() -> None:
    scene = Scene()
    publish_record = scene.come()
    scene.say(key(0))
    before = publish_record.report()
    scene.say(inter(40))
    assert (before.facts.messages, publish_record.report().facts.messages) == (1, 2)


async def test_of_one_name_the_oldest_are_forgotten() -> None:
    scene = Scene(HistoryConfig(reports_per_stream=2))
    for number in range(4):
        scene.go(scene.come(session=f"c{number}"))
    running = scene.come(session="c9")
    assert [each.session for each in scene.reports.history("cam")] == ["c2", "c3", "c9"]
    assert scene.reports.publishes("cam") == 5
    scene.go(running)
    assert [each.session for each in scene.reports.history("cam")] == ["c3", "c9"]


async def test_of_all_names_together_the_oldest_are_forgotten() -> None:
    scene = Scene(HistoryConfig(reports=3))
    for name in ("a", "b", "a", "c", "d"):
        scene.live.name = name
        scene.go(scene.come())
    assert scene.reports.names() == ("a", "c", "d")
    assert [len(scene.reports.history(name)) for name in "abcd"] == [1, 0, 1, 1]


async def test_what_goes_on_is_not_forgotten() -> None:
    scene = Scene(HistoryConfig(reports=0))
    publish_record = scene.come()
    assert scene.reports.find("cam") is not None
    scene.go(publish_record)
    assert scene.reports.names() == ()
    assert scene.reports.publishes("cam") == 0


async def test_reports_take_no_more_bytes_than_they_may() -> None:
    scene = Scene(HistoryConfig(report_bytes=Bytes(100_000)), inspect=InspectLevel.FULL)
    for number in range(6):
        publish_record = scene.come(session=f"c{number}")
        scene.say(key(0), *(inter(40 * n) for n in range(1, 400)))
        scene.go(publish_record)
    kept = scene.reports.history("cam")
    assert [each.session for each in kept] == ["c3", "c4", "c5"]
    assert sum(len(each.trace.rows) for each in kept) <= 100_000


async def test_metadata_count_for_the_bytes_of_a_report() -> None:
    scene = Scene(HistoryConfig(report_bytes=Bytes(200_000)))
    for number in range(5):
        publish_record = scene.come(session=f"c{number}")
        scene.say(metadata({"title": "x" * 60_000, "list": [1.0, {"a": True}]}))
        scene.go(publish_record)
    assert [each.session for each in scene.reports.history("cam")] == ["c3", "c4"]


@pytest.mark.property
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40),
    st.integers(0, 5),
    st.integers(0, 3),
)
@pytest.mark.trio
async def test_whatever_is_published_the_bounds_hold(
    publishes: list[tuple[str, bool]], most: int, most_each: int
) -> None:
    scene = Scene(HistoryConfig(reports=most, reports_per_stream=most_each))
    lives = {name: Stream(name, scene.settings, scene.live.feed._broadcaster) for name in "abc"}
    kept: list[tuple[str, str]] = []  # the streams and sessions of those that have ended
    for number, (name, ends) in enumerate(publishes):
        scene.live = lives[name]
        if scene.live.lease is not None:
            continue  # it goes on
        publish_record = scene.come(session=f"c{number}")
        if ends:
            scene.go(publish_record)
            kept.append((name, f"c{number}"))
            while sum(each == name for each, _ in kept) > most_each:
                kept.remove(next(each for each in kept if each[0] == name))
            del kept[: max(len(kept) - most, 0)]
        for one in "abc":
            history = scene.reports.history(one)
            over = [each.session for each in history if each.end is not None]
            assert over == [session for each, session in kept if each == one]
            assert len(history) - len(over) == lives[one].publishing


async def test_what_is_published_is_looked_at_without_being_asked_for(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    for level, soon_s in ((InspectLevel.FULL, 0.26), (InspectLevel.HEADERS, 1.01)):
        scene = Scene(inspect=level)
        nursery.start_soon(scene.reports.run)
        publish_record = scene.come()
        assert publish_record.inspector is not None
        scene.say(key(0), inter(40))
        assert publish_record.inspector.cursor.behind == 2
        await trio.sleep(soon_s)
        assert publish_record.inspector.cursor.behind == 0
