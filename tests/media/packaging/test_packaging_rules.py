"""All rules together: nothing is found where nothing is wrong, and nothing upsets them."""

from __future__ import annotations

import re

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.packaging.viewings import SOUND, breaches, sound_viewing
from trio_srs.media.packaging.packaging_rules import PACKAGING_RULES, check_packaging
from trio_srs.media.packaging.viewing import Viewing


@pytest.mark.parametrize("name", SOUND)
def test_nothing_is_wrong_with_what_we_make(name: str) -> None:
    assert list(map(str, breaches(sound_viewing(name)))) == []


def test_rules_have_names_of_their_own_and_say_what_has_to_be() -> None:
    names = [rule.name for rule in PACKAGING_RULES]
    assert len(set(names)) == len(names)
    for rule in PACKAGING_RULES:
        assert re.fullmatch(r"[a-z][a-z0-9_]+", rule.name)
        assert rule.clause
        assert rule.meaning.endswith(".")


def test_what_is_broken_in_one_place_again_and_again_is_said_once() -> None:
    fetched = [
        attrs.evolve(each, body=each.body.replace(b"DURATION:2", b"DURATION:1"))
        for each in sound_viewing("alone")
    ]
    found = breaches(fetched)
    assert {(each.rule.name, each.departure.where[-11:]) for each in found} == {
        ("segments_fit_the_target_duration", f"segment {number}") for number in range(100, 104)
    }
    assert found[0].count > found[-1].count >= 1


def test_some_rules_may_be_looked_at_alone() -> None:
    viewing = Viewing(sound_viewing("plain"))
    assert check_packaging(viewing, PACKAGING_RULES[:3]) == []


def test_nothing_can_be_wrong_with_nothing() -> None:
    assert breaches([]) == []


@pytest.mark.property
@settings(max_examples=6)  # each reads a whole presentation
@given(st.data())
def test_whatever_comes_is_judged(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["ts", "plain"]))
    fetched = sound_viewing(name)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(fetched) - 1))
        body = bytearray(fetched[place].body)
        at = data.draw(st.integers(0, max(len(body) - 1, 0)))
        body[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
        fetched[place] = attrs.evolve(fetched[place], body=bytes(body))
    breaches(fetched)
