"""What is noted of a session stays within its bounds, and says what it has left out."""

from __future__ import annotations

from trio_srs.service.capture.session_notes import MemoryBudget, SessionNotes
from trio_srs.wire.session_capture import CaptureKind, CaptureRecord


def came(at_us: int, size: int = 100) -> CaptureRecord:
    return CaptureRecord(CaptureKind.RECEIVED, at_us, bytes(size))


def went(at_us: int, size: int = 100) -> CaptureRecord:
    return CaptureRecord(CaptureKind.SENT, at_us, bytes(size))


def taken(notes: SessionNotes) -> list[CaptureRecord]:
    return [*notes.take_first(), *notes.take_last()]


def test_a_short_session_is_kept_whole() -> None:
    budget = MemoryBudget(10_000)
    notes = SessionNotes(budget, first=200, last=200)
    records = [came(1), went(2), came(3), went(4)]
    for record in records:
        notes.note(record)
    assert budget.used == 4 * 260
    assert notes.has_first
    assert taken(notes) == records
    assert budget.used == 0
    assert not notes.has_first


def test_the_middle_of_a_long_one_is_left_out_and_counted() -> None:
    notes = SessionNotes(MemoryBudget(10_000), first=250, last=200)
    for at in range(10):
        notes.note(came(at) if at % 2 else went(at))
    first, second, gap, *last = taken(notes)
    assert [first.at_us, second.at_us] == [0, 1]
    assert (gap.at_us, gap.omitted) == (7, (300, 300))
    assert [each.at_us for each in last] == [8, 9]


def test_what_is_no_bytes_is_kept_and_not_counted() -> None:
    notes = SessionNotes(MemoryBudget(10_000), first=100, last=0)
    ended = CaptureRecord(CaptureKind.PEER_ENDED, 3)
    for record in (came(1), came(2), ended):
        notes.note(record)
    first, gap, last = taken(notes)
    assert (first, gap.omitted, last) == (came(1), (100, 0), ended)


def test_where_memory_ends_the_newest_of_those_who_want_more_is_left_out() -> None:
    budget = MemoryBudget(2 * 260)
    one, two = (SessionNotes(budget, first=1000, last=1000) for _ in range(2))
    one.note(came(1))
    two.note(came(2))
    two.note(came(3))
    two.note(CaptureRecord(CaptureKind.CLOSED, 4))
    assert budget.used <= budget.most
    first, gap = taken(two)
    assert (first, gap.omitted) == (came(2), (100, 0))
    two.note(came(5))
    assert taken(two)[-1] == came(5), "there is room again"
    two.forget()
    one.forget()
    assert budget.used == 0


def test_what_was_taken_is_behind_nothing_twice() -> None:
    """Once something is left out, what comes later belongs to the end, also if there is room."""
    notes = SessionNotes(MemoryBudget(10_000), first=150, last=500)
    notes.note(came(1))
    notes.note(came(2))
    assert notes.take_first() == [came(1)]
    notes.note(came(3, 10))
    assert not notes.has_first
    assert notes.take_last() == [came(2), came(3, 10)]
