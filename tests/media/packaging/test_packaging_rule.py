"""What a rule says of itself, and of what breaks it."""

from __future__ import annotations

from collections.abc import Iterator

from trio_srs.media.packaging.packaging_rule import Breach, Departure, Severity, packaging_rule
from trio_srs.media.packaging.viewing import Viewing


@packaging_rule("8216 4.1", Severity.WARNING)
def names_are_short(_: Viewing) -> Iterator[Departure]:
    """Names are
    short."""
    yield Departure("a long one", "a short one", "a.m3u8 line 3")


def test_a_rule_is_named_by_the_function_that_finds() -> None:
    assert (names_are_short.name, names_are_short.meaning) == (
        "names_are_short",
        "Names are short.",
    )
    assert (names_are_short.clause, names_are_short.severity) == ("8216 4.1", "warning")


def test_a_breach_says_what_was_seen_where_and_how_often() -> None:
    (departure,) = names_are_short.find(Viewing([]))
    text = "warning names_are_short: a.m3u8 line 3: a long one, expected a short one"
    assert str(Breach(names_are_short, departure)) == f"{text} [8216 4.1]"
    assert str(Breach(names_are_short, departure, 3)) == f"{text} (3 times) [8216 4.1]"
