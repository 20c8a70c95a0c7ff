"""Only what is on this machine is loaded, and every client has its number."""

from __future__ import annotations

from typing import Any

import pytest

from trio_srs.tools.load.plan import Load, LoadPlan, LoadRefusedError

URL = "rtmp://127.0.0.1:1935/live/s"


def plan(url: str = URL, **more: Any) -> LoadPlan:
    return LoadPlan(load=Load.PLAY, url=url, **more)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "[::1]"])
def test_loopback_addresses_are_loaded(host: str) -> None:
    assert plan(f"rtmp://{host}:1999/live/s").address == (host.strip("[]"), 1999)


@pytest.mark.parametrize(
    "host",
    ["192.0.2.1", "10.0.0.1", "0.0.0.0", "[::]", "[2001:db8::1]", "localhost", "example.com"],
)
def test_other_addresses_are_refused(host: str) -> None:
    with pytest.raises(LoadRefusedError, match=r"not an address in 127\.0\.0\.0/8 or ::1"):
        plan(f"rtmp://{host}/live/s")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://127.0.0.1/live/s", r"ends in none of \.flv, \.ts, \.mp4"),
        ("ws://127.0.0.1/live/s.m3u8", r"ends in none of \.flv, \.ts, \.mp4"),
        ("http://127.0.0.1/live/ .flv", "percent-encoded"),
        ("https://127.0.0.1/live/s.flv", "no RTMP URL"),
        ("rtmps://127.0.0.1/live/s", "expected rtmp"),
        ("rtmp://127.0.0.1", "no app"),
    ],
)
def test_other_urls_are_refused(url: str, complaint: str) -> None:
    with pytest.raises(LoadRefusedError, match=complaint):
        plan(url)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("clients", 0, "clients is 0, expected 1 or more"),
        ("ramp", 0.0, "ramp is 0.0, expected more than 0"),
        ("stalled", -1, "stalled is -1"),
        ("frame_size", 63, "frame_size is 63, expected 64"),
        ("speed", -1.0, "speed is -1.0"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(name: str, value: float, complaint: str) -> None:
    numbers: dict[str, Any] = {name: value}
    with pytest.raises(LoadRefusedError, match=complaint):
        plan(**numbers)


def test_a_number_stands_for_percent_d_and_wraps_at_the_streams() -> None:
    numbered = plan("rtmp://127.0.0.1/live/s%d", clients=5, streams=3)
    assert [numbered.target(i).stream for i in range(5)] == ["s0", "s1", "s2", "s0", "s1"]


def test_shares_are_the_whole() -> None:
    whole = plan(clients=10, ramp=100.0)
    shares = whole.shares(3)
    assert sorted(n for share in shares for n in share.numbers) == list(range(10))
    assert sum(share.ramp for share in shares) == pytest.approx(100)


def test_there_are_no_more_processes_than_clients() -> None:
    assert len(plan(clients=2).shares(8)) == 2


def test_a_plan_survives_its_journey_to_a_worker() -> None:
    whole = plan(clients=7, speed=2.5)
    assert LoadPlan.parse(whole.dump()) == whole
