"""The registry: every open session within reach, and counted against the limits."""

from __future__ import annotations

import pytest

from trio_srs.errors import EndReason
from trio_srs.hub.registry import Registry, SessionEntry, TooManyConnectionsError
from trio_srs.wire.rtmp.status import StatusCode


def entry(registry: Registry, peer: str = "127.0.0.1:50000") -> SessionEntry:
    return SessionEntry(registry.next_id(), "rtmp", peer, 0.0, lambda reason, detail: None)


def test_a_session_is_found_until_it_is_removed() -> None:
    registry = Registry()
    one, two = entry(registry), entry(registry)
    registry.add(one)
    registry.add(two)
    assert list(registry) == [one, two]
    assert registry.find(two.id) is two
    registry.remove(two)
    assert list(registry) == [one]
    assert registry.find(two.id) is None
    registry.remove(one)
    assert len(registry) == 0


def test_no_two_sessions_have_one_id() -> None:
    registry = Registry()
    assert len({registry.next_id() for _ in range(100)}) == 100


def test_a_session_is_ended_from_outside() -> None:
    ends: list[tuple[EndReason, str]] = []
    one = SessionEntry("c1", "rtmp", "unix", 0.0, lambda *end: ends.append(end))
    one.end(EndReason.KICKED, "by a test")
    assert ends == [(EndReason.KICKED, "by a test")]
    assert (one.publishes, one.plays) == ({}, {})


@pytest.mark.parametrize(
    ("peer", "address"),
    [("127.0.0.1:50000", "127.0.0.1"), ("[::1]:50000", "[::1]"), ("unix", "unix")],
)
def test_the_address_is_the_peer_without_its_port(peer: str, address: str) -> None:
    assert entry(Registry(), peer).address == address


def test_the_server_has_a_limit() -> None:
    registry = Registry()
    one, two = entry(registry), entry(registry, "10.0.0.1:1")
    registry.add(one)
    registry.add(two)
    assert registry.admit(one, most=1, most_per_address=None) is None
    error = registry.admit(two, most=1, most_per_address=None)
    assert str(error) == "the server has its 1 connections"
    registry.remove(one)
    assert registry.admit(two, most=1, most_per_address=None) is None


def test_an_address_has_a_limit_of_its_own() -> None:
    registry = Registry()
    here = [entry(registry, f"10.0.0.1:{port}") for port in range(3)]
    elsewhere = entry(registry, "10.0.0.2:1")
    for each in (*here, elsewhere):
        registry.add(each)
    assert registry.admit(here[0], most=9, most_per_address=2) is None
    assert registry.admit(here[1], most=9, most_per_address=2) is None
    error = registry.admit(here[2], most=9, most_per_address=2)
    assert str(error) == "10.0.0.1 has its 2 connections"
    assert registry.admit(elsewhere, most=9, most_per_address=2) is None
    registry.remove(here[1])
    assert registry.admit(here[2], most=9, most_per_address=2) is None


@pytest.mark.parametrize("per_address", [None, 1])
def test_a_place_is_free_when_its_session_has_ended_not_when_it_is_closed(
    per_address: int | None,
) -> None:
    registry = Registry()
    for _ in range(3):
        one = entry(registry)
        registry.add(one)
        assert registry.admit(one, most=1, most_per_address=per_address) is None
        registry.leave(one)
        registry.leave(one)  # as often as you like
    assert len(registry) == 3
    last = entry(registry)
    registry.add(last)
    assert registry.admit(last, most=1, most_per_address=per_address) is None


def test_who_was_not_admitted_takes_no_place() -> None:
    registry = Registry()
    many = [entry(registry) for _ in range(10)]
    for each in many:
        registry.add(each)
    assert registry.admit(many[0], most=1, most_per_address=1) is None
    for each in many[1:]:
        assert registry.admit(each, most=1, most_per_address=1) is not None
    registry.remove(many[0])
    assert registry.admit(many[1], most=1, most_per_address=1) is None


def test_who_left_does_not_count_and_is_not_remembered() -> None:
    registry = Registry()
    for port in range(100):
        each = entry(registry, f"10.0.0.{port}:1")
        registry.add(each)
        assert registry.admit(each, most=1, most_per_address=1) is None
        registry.remove(each)
    assert not registry._addresses


def test_how_one_too_many_is_answered() -> None:
    error = TooManyConnectionsError("full")
    assert (error.end, error.rtmp_status) == (EndReason.LIMIT, StatusCode.CONNECT_REJECTED)
    assert (error.srs_code, error.http_status) == (1074, 503)


@pytest.mark.parametrize("recent", [0, 1, 3])
def test_those_that_ended_are_found_for_as_long_as_they_are_kept(recent: int) -> None:
    registry = Registry(recent)
    ended = [SessionEntry(f"c{n}", "rtmp", f"10.0.0.1:{n}", float(n)) for n in range(5)]
    for each in ended:
        registry.add(each)
        registry.remove(each)
    kept = ended[5 - recent :]
    assert list(registry.recent) == kept
    assert [each for each in ended if registry.find_ended(each.id) is each] == kept
    assert registry.find_ended("c9") is None
