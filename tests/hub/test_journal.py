"""The journal: every event has its number and its time, the newest are kept, and none is missed."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import wait_all_tasks_blocked

from trio_srs.hub.bus import Bus, Event, SessionBegan
from trio_srs.hub.journal import Journal, JournalEntry


def event(number: int) -> Event:
    return SessionBegan(session=f"c{number}", peer="unix", protocol="rtmp")


def journal_of(count: int, most: int = 10) -> Journal:
    times = iter(range(1000, 9999))
    journal = Journal(most, clock=lambda: float(next(times)))
    for number in range(1, count + 1):
        journal.hear(event(number))
    return journal


def test_an_empty_journal_has_no_newest_event() -> None:
    journal = Journal()
    assert (journal.last, journal.first, journal.since(0)) == (0, 1, ())


def test_events_are_numbered_and_have_the_time_of_day() -> None:
    assert journal_of(2).since(0) == (
        JournalEntry(1, 1000.0, event(1)),
        JournalEntry(2, 1001.0, event(2)),
    )


def test_it_listens_on_a_bus() -> None:
    bus, journal = Bus(), Journal()
    with bus.listening(journal.hear):
        bus.tell(event(1))
    bus.tell(event(2))
    assert [entry.event for entry in journal.since(0)] == [event(1)]


@pytest.mark.property
@given(st.integers(0, 30), st.integers(1, 10), st.integers(0, 40), st.integers(0, 10))
def test_who_asks_from_a_number_gets_all_that_is_kept_behind_it(
    told: int, most: int, number: int, wanted: int
) -> None:
    journal = journal_of(told, most)
    kept = range(max(told - most, 0) + 1, told + 1)
    assert journal.first == (kept[0] if kept else 1)
    expected = [each for each in kept if each > number]
    for limit, numbers in ((None, expected), (wanted, expected[:wanted])):
        entries = journal.since(number, limit)
        assert [entry.number for entry in entries] == numbers
        assert [entry.event for entry in entries] == [event(each) for each in numbers]


async def test_waiting_ends_at_once_if_there_is_something_newer() -> None:
    await journal_of(2).changed(1)


async def test_everybody_who_waits_is_woken_by_the_next_event() -> None:
    journal, woken = journal_of(2), []
    async with trio.open_nursery() as nursery:

        async def wait(number: int) -> None:
            await journal.changed(number)
            woken.append(number)

        nursery.start_soon(wait, 2)
        nursery.start_soon(wait, 3)
        await wait_all_tasks_blocked()
        assert woken == []
        journal.hear(event(3))
        await wait_all_tasks_blocked()
        assert woken == [2]
        journal.hear(event(4))
    assert woken == [2, 3]
