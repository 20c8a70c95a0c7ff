"""When reading takes much of the time: passes on a clock of the test's."""

from __future__ import annotations

from trio_srs.net.read_load import ReadLoad


def after(load: ReadLoad, began_s: float, passes: int, share: float) -> bool:
    """Whether it is much after so many passes, one in 10 ms, that take that share of the time."""
    for number in range(passes):
        at = began_s + number * 0.01
        load.add(at, at + share * 0.01)
    return load.is_high


def test_a_fifth_of_the_time_is_much_and_less_is_not() -> None:
    assert not after(ReadLoad(), 100, 200, 0.19)
    assert after(ReadLoad(), 100, 200, 0.25)


def test_one_long_pass_is_not_much() -> None:
    load = ReadLoad()
    load.add(100, 100.05)
    assert not after(load, 100.05, 60, 0.01)


def test_what_is_much_stays_so_until_it_is_very_little() -> None:
    load = ReadLoad()
    assert after(load, 100, 200, 0.3)
    assert after(load, 102, 200, 0.07)
    assert not after(load, 104, 200, 0.03)
