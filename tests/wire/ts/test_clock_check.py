"""What a program's clock must not do, it is seen to do."""

from __future__ import annotations

from trio_srs.wire.ts.clock_check import ClockCheck
from trio_srs.wire.ts.packet import PCR_PER_TICK
from trio_srs.wire.ts.ts_oddity import TsOddityKind

MS = 90
WRAP = 1 << 33


def pcr(ms: float) -> int:
    return round(ms * MS) % WRAP * PCR_PER_TICK


def ticks(ms: float) -> int:
    return round(ms * MS) % WRAP


def test_a_clock_is_to_come_every_100_ms() -> None:
    check = ClockCheck()
    assert [check.reference(pcr(at), is_set=False) for at in (0, 100, 180)] == [None] * 3
    assert check.reference(pcr(281), is_set=False) == (
        TsOddityKind.PCR_INTERVAL, "101 ms between two clock references",
    )  # fmt: skip


def test_a_clock_goes_on_unless_it_is_said_to_be_set() -> None:
    check = ClockCheck()
    check.reference(pcr(1000), is_set=False)
    assert check.reference(pcr(1000), is_set=False) == (TsOddityKind.PCR_BACK, "0 ms back")
    assert check.reference(pcr(960), is_set=False) == (TsOddityKind.PCR_BACK, "40 ms back")
    assert check.reference(pcr(10), is_set=True) is None
    assert check.reference(pcr(9000), is_set=True) is None


def test_a_clock_goes_round() -> None:
    check = ClockCheck()
    assert [check.reference(pcr(at), is_set=False) for at in (-40, 40)] == [None, None]
    assert check.decode_time(ticks(50)) is None


def test_steps_too_long_to_be_of_one_clock_are_no_steps() -> None:
    check = ClockCheck()
    assert [check.reference(pcr(at), is_set=False) for at in (0, 3e6, 0)] == [None] * 3
    assert check.decode_time(ticks(3e6)) is None


def test_what_comes_when_it_should_be_decoded_already_is_late() -> None:
    check = ClockCheck()
    check.reference(pcr(1000), is_set=False)
    assert check.decode_time(ticks(1000)) is None
    assert check.decode_time(ticks(960)) == (TsOddityKind.LATE, "40 ms behind the clock")


def test_without_a_clock_that_is_told_once_a_second_behind_the_first_time() -> None:
    check = ClockCheck()
    assert [check.decode_time(ticks(at)) for at in (0, 900, 1000)] == [None] * 3
    assert check.decode_time(ticks(1040)) == (
        TsOddityKind.NO_PCR, "1040 ms without a clock reference",
    )  # fmt: skip
    assert check.decode_time(ticks(1080)) is None
    check.reference(pcr(1080), is_set=False)
    assert [check.decode_time(ticks(at)) for at in (1100, 2000)] == [None, None]
    assert check.decode_time(ticks(2140)) is not None
