"""Ids: those of one process differ, and those of two processes with names of their own too."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.hub.ids import Ids, ProcessName, SrsIds, parse_process_name

names = st.from_regex(r"[A-Za-z0-9_.-]{0,32}", fullmatch=True).map(parse_process_name)


def test_a_process_without_a_name_leaves_nothing_before_the_number() -> None:
    ids = Ids()
    assert [ids.next_session(), ids.next_session(), ids.event(3)] == ["c1", "c2", "3"]


def test_a_name_comes_first() -> None:
    ids = Ids(ProcessName("edge-1"))
    assert [ids.next_session(), ids.next_session(), ids.event(3)] == [
        "edge-1-c1",
        "edge-1-c2",
        "edge-1-3",
    ]


@given(names, names)
def test_ids_of_two_processes_are_different_if_their_names_are(
    one: ProcessName, other: ProcessName
) -> None:
    made = [Ids(one), Ids(other)]
    sessions = {ids.next_session() for ids in made for _ in range(3)}
    assert len(sessions) == (3 if one == other else 6)


@given(names, st.integers(0, 10**18 - 1), names)
def test_only_its_own_process_knows_the_number_of_an_event(
    one: ProcessName, number: int, other: ProcessName
) -> None:
    event = Ids(one).event(number)
    assert Ids(one).event_number(event) == number
    assert (Ids(other).event_number(event) is None) == (one != other)


@pytest.mark.parametrize("event", ["", "a-", "a-x", "a--1", "b-1", "1", "a-1 ", "a-" + 19 * "9"])
def test_what_is_no_id_of_an_event_has_no_number(event: str) -> None:
    assert Ids(ProcessName("a")).event_number(event) is None


@pytest.mark.parametrize("text", ["a b", "a/b", "é", "a\n", 33 * "a", "\x00"])
def test_a_name_may_stand_in_a_url_and_a_log_as_it_is(text: str) -> None:
    with pytest.raises(ValueError, match="expected at most 32 letters"):
        parse_process_name(text)


def test_ids_for_clients_of_srs_look_like_its_own_and_tell_apart() -> None:
    ids, other = SrsIds(), SrsIds()
    assert re.fullmatch(r"vid-[0-9a-z]{7}", ids.server)
    assert re.fullmatch(r"[0-9a-z]{8}", ids.service)
    assert ids.of("live/a") == ids.of("live/a") != ids.of("live/b")
    assert (ids.server, ids.service) != (other.server, other.service)
    assert ids.of("live/a") != other.of("live/a")


def test_a_process_with_a_name_is_the_server_of_that_name() -> None:
    assert SrsIds(ProcessName("edge-1")).server == "edge-1"
