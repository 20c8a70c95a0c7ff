"""By the numbers drawn in pictures: which are lost, repeated, out of order, or cannot be read."""

from __future__ import annotations

from typing import Final

import pytest

from tests.media.decoded.measured import pictures
from trio_srs.media.decoded.numbers import Numbered, NumberFacts, number_facts

_: Final = None


def found(facts: NumberFacts, what: str) -> list[tuple[int, int]]:
    """At which pictures it was found, and how many."""
    some: tuple[Numbered, ...] = getattr(facts, what)
    return [(each.picture.index, each.count) for each in some]


@pytest.mark.parametrize(
    ("numbers", "lost", "repeated", "reordered", "unreadable"),
    [
        ([0, 1, 2, 3], [], [], [], []),
        ([5, 6, 7], [], [], [], []),  # it was joined late
        ([0, 1, 3, 4], [(2, 1)], [], [], []),
        ([0, 1, 5, 6, 8], [(2, 3), (4, 1)], [], [], []),
        ([0, 1, 1, 2], [], [(2, 1)], [], []),
        ([0, 1, 1, 3], [(3, 1)], [(2, 1)], [], []),  # at a constant rate one is lost so
        ([0, 2, 1, 3], [], [], [(2, 1)], []),
        ([0, 1, _, 3], [], [], [], [(2, 1)]),  # it may have been 2
        ([0, _, 4, 5], [(2, 2)], [], [], [(1, 1)]),
        ([_, 0, 1, _], [], [], [], [(0, 1), (3, 1)]),
        ([(1 << 24) - 2, (1 << 24) - 1, 0, 1], [], [], [], []),  # they go round
    ],
)
def test_what_became_of_pictures(
    numbers: list[int | None],
    lost: list[tuple[int, int]],
    repeated: list[tuple[int, int]],
    reordered: list[tuple[int, int]],
    unreadable: list[tuple[int, int]],
) -> None:
    facts = number_facts(pictures(numbers))
    assert found(facts, "lost") == lost
    assert found(facts, "repeated") == repeated
    assert found(facts, "reordered") == reordered
    assert found(facts, "unreadable") == unreadable
    assert len(facts.read) == sum(number is not None for number in numbers)


def test_numbers_that_go_round_go_on() -> None:
    facts = number_facts(pictures([(1 << 24) - 1, 0, 1]))
    assert [number for number, _ in facts.read] == [(1 << 24) - 1, 1 << 24, (1 << 24) + 1]


@pytest.mark.parametrize("numbers", [[], [_, _, _], [7, _, _]])
def test_pictures_without_numbers_are_not_of_the_pattern(numbers: list[int | None]) -> None:
    assert number_facts(pictures(numbers)) == NumberFacts()
