"""What is left out has words."""

from __future__ import annotations

from trio_srs.media.remux.left_out import MAX_LEFT_OUT, LeftOut, LeftOutCounter, LeftOutReason


def test_it_is_said_in_a_line() -> None:
    what = LeftOut("video", "vp9", LeftOutReason.NOT_CARRIED, "the container has no place for it")
    assert str(what) == "video vp9: the container has no place for it"
    assert str(LeftOut("audio", "", LeftOutReason.UNREADABLE, "empty")) == "audio: empty"


def test_a_thing_is_named_once_and_counted() -> None:
    counter = LeftOutCounter()
    for detail in ("the first", "again"):
        counter.note("video", "vp8", LeftOutReason.NOT_CARRIED, detail)
    counter.note("audio", "vp8", LeftOutReason.NOT_CARRIED, "another kind")
    assert [(what.detail, what.count) for what in counter.found] == [
        ("the first", 2), ("another kind", 1),
    ]  # fmt: skip
    counter.clear()
    assert counter.found == []


def test_only_so_many_things_are_named() -> None:
    counter = LeftOutCounter()
    for number in [*range(MAX_LEFT_OUT + 9), 0]:
        counter.note("video", f"z{number:03}", LeftOutReason.NOT_CARRIED, "noise")
    assert len(counter.found) == MAX_LEFT_OUT
    assert counter.found[0].count == 2
