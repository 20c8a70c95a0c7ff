"""How many, and how fast: each limit by itself, of whom it says."""

from __future__ import annotations

from typing import Any

import pytest

from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.quota import BitRateLimitError, Place, Quotas
from trio_srs.hub.settings import StreamSettings, override

ALICE = {"user": "alice", "peer": "10.0.0.1:5"}


def take(quotas: Quotas, what: str, stream: str = "live/a", **more: Any) -> Place:
    keys = {name: more.pop(name) for name in list(more) if name.startswith("max_")}
    return quotas.take(what, stream, settings=StreamSettings(**keys), **{**ALICE, **more})


@pytest.mark.parametrize(
    ("what", "key", "other", "code", "text"),
    [
        (
            "play",
            "max_players",
            {"stream": "live/b"},
            "too_many_players",
            "live/a has its 2 players",
        ),
        (
            "play",
            "max_players_per_user",
            {"user": "bob"},
            "too_many_players_of_user",
            "alice has its 2 players",
        ),
        (
            "play",
            "max_players_per_address",
            {"peer": "10.0.0.2:5"},
            "too_many_players_of_address",
            "10.0.0.1 has its 2 players",
        ),
        (
            "publish",
            "max_publishers_per_user",
            {"user": "bob"},
            "too_many_publishers_of_user",
            "alice has its 2 publishers",
        ),
        (
            "publish",
            "max_publishers_per_address",
            {"peer": "10.0.0.2:5"},
            "too_many_publishers_of_address",
            "10.0.0.1 has its 2 publishers",
        ),
    ],
)
def test_one_more_than_may_be_is_refused(
    what: str, key: str, other: dict[str, str], code: str, text: str
) -> None:
    quotas = Quotas()
    streams = ["live/a"] * 3 if what == "play" else ["live/x", "live/y", "live/a"]
    places = [take(quotas, what, stream) for stream in streams[:2]]
    with pytest.raises(RefusedError, match=text) as refused:
        take(quotas, what, streams[2], **{key: 2})
    assert (refused.value.code, refused.value.end) == (code, EndReason.LIMIT)
    more: dict[str, Any] = {"stream": streams[2], key: 2, **other}
    places.append(take(quotas, what, **more))
    places.append(take(quotas, what, streams[2], **{key: 3}))
    places[0].give_back()
    places[0].give_back()
    places[3].give_back()
    places.append(take(quotas, what, streams[2], **{key: 2}))
    for place in places:
        place.give_back()
    assert len(quotas) == 0


def test_who_takes_its_own_stream_over_is_no_other_publisher() -> None:
    quotas = Quotas()
    take(quotas, "publish", "live/a")
    take(quotas, "publish", "live/a", max_publishers_per_user=1, max_publishers_per_address=1)
    with pytest.raises(RefusedError):
        take(quotas, "publish", "live/b", max_publishers_per_user=1)


@pytest.mark.parametrize("peer", ["unix", "", "rtmp://10.0.0.1:1935"])
def test_who_has_no_address_counts_for_none(peer: str) -> None:
    quotas = Quotas()
    for _ in range(3):
        take(quotas, "play", peer=peer, user="", max_players_per_address=1, max_players_per_user=1)


@pytest.mark.parametrize("value", [5, "off", None])
def test_a_platform_may_set_a_limit(value: object) -> None:
    changed = override(StreamSettings(max_players=7), {"max_players": value})
    assert changed.max_players == (5 if value == 5 else None)


@pytest.mark.parametrize("value", ["5", 5.0, True, 0])
def test_a_limit_is_a_whole_number(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        override(StreamSettings(), {"max_players": value})


def metered(quotas: Quotas, stream: str, **more: Any) -> Any:
    place = take(quotas, "publish", stream, **more)
    keys = {name: value for name, value in more.items() if name.startswith("max_")}
    return place.meter(StreamSettings(**keys))


def test_what_is_not_limited_is_not_measured() -> None:
    assert metered(Quotas(), "live/a") is None


def send(meter: Any, kbps: int, seconds: int, *, begin: int = 0, total: int = 0) -> int:
    for second in range(begin, begin + seconds):
        assert meter.look(float(second), total) == second + 1
        assert meter.look(second + 0.5, total) == second + 1
        total += kbps * 125
    return total


def test_a_bit_rate_is_measured_over_ten_seconds() -> None:
    meter = metered(Quotas(), "live/a", max_publish_kbps=1000)
    total = 5_000_000  # what an encoder has collected, at once
    total = send(meter, 1000, 20, total=total)
    total = send(meter, 1100, 1, begin=20, total=total)
    with pytest.raises(
        BitRateLimitError, match=r"live/a: 1010 kbit/s over 10 s, and it may send 1000"
    ):
        meter.look(21.0, total)


@pytest.mark.parametrize(
    ("key", "other", "whose"),
    [
        ("max_publish_kbps_per_user", {"user": "bob"}, "alice"),
        ("max_publish_kbps_per_address", {"peer": "10.0.0.2:1"}, r"10\.0\.0\.1"),
    ],
)
def test_a_bit_rate_may_be_that_of_all_together(
    key: str, other: dict[str, str], whose: str
) -> None:
    quotas = Quotas()
    one = metered(quotas, "live/a", **{key: 1000})
    two = metered(quotas, "live/b", **{key: 1000})
    stranger = metered(quotas, "live/c", **{key: 1000}, **other)
    send(stranger, 900, 15)
    send(one, 600, 15)
    with pytest.raises(BitRateLimitError, match=f"{whose}: 1200 kbit/s"):
        send(two, 600, 15)


def test_who_is_nobody_has_no_bit_rate_of_a_user() -> None:
    meter = metered(Quotas(), "live/a", user="", max_publish_kbps_per_user=1)
    send(meter, 900, 15)
