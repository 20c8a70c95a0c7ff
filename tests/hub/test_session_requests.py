"""What a session asked for, and what is told of it while it gets it and after."""

from __future__ import annotations

from trio_srs.errors import EndReason
from trio_srs.hub.session_requests import ACCEPTED, ASKED, Request, RequestCounters, SessionRequests


def test_a_request_goes_on_from_yes_to_its_end() -> None:
    request = Request("play", "live/a", 1, 0.0)
    assert (request.outcome, request.going_on) == (ASKED, False)
    request.outcome = "stream_busy"
    assert not request.going_on
    request.outcome = ACCEPTED
    assert request.going_on
    request.finish(EndReason.KICKED, "enough", RequestCounters(bytes=5))
    assert not request.going_on


def test_what_it_got_is_measured_until_it_ends_and_then_kept() -> None:
    request = Request("play", "live/a", 1, 0.0)
    assert request.counters_so_far() == RequestCounters()
    request.measure = lambda: RequestCounters(bytes=3)
    assert request.counters_so_far() == RequestCounters(bytes=3)
    request.finish(EndReason.PEER_FIN, "", RequestCounters(bytes=5))
    assert request.counters_so_far() == RequestCounters(bytes=5)
    assert request.measure is None


def test_a_session_that_asks_without_end_is_not_remembered_without_end() -> None:
    requests = SessionRequests()
    for number in range(100):
        requests.add(Request("play", f"live/{number}", number, 0.0, ACCEPTED))
    assert len(requests.going_on("play")) == 64
    assert requests.going_on("play")[99] == "live/99"
    assert requests.going_on("publish") == {}
