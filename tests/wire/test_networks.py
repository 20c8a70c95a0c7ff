"""Networks, and who is in them."""

from __future__ import annotations

import pytest

from trio_srs.wire.networks import are_trusted, forwarded_for, is_in, is_loopback, parse_network

PROXIES = ("10.0.0.0/8", "fd00::/8", "unix")


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("10.1.2.3:5", True),
        ("11.1.2.3:5", False),
        ("[::ffff:10.1.2.3]:5", True),
        ("[fd00::1%eth0]:5", True),
        ("[fe80::1]:5", False),
        ("unix", False),
        ("", False),
    ],
)
def test_a_peer_is_in_a_network_by_its_address(peer: str, expected: bool) -> None:
    assert is_in(peer, [parse_network("10.0.0.0/8"), parse_network("fd00::/8")]) is expected


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        parse_network("nonsense")


@pytest.mark.parametrize(
    ("peer", "networks", "expected"),
    [
        ("10.1.2.3:5", PROXIES, True),
        ("11.1.2.3:5", PROXIES, False),
        ("unix", PROXIES, True),
        ("unix", ("10.0.0.0/8",), False),
        ("10.1.2.3:5", (), False),
    ],
)
def test_proxies_are_trusted_by_their_networks(
    peer: str, networks: tuple[str, ...], expected: bool
) -> None:
    assert are_trusted(peer, networks) is expected


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("192.0.2.1", "192.0.2.1:0"),
        ("6.6.6.6, 192.0.2.1", "192.0.2.1:0"),
        ("6.6.6.6, 192.0.2.1, 10.0.0.7,10.0.0.8", "192.0.2.1:0"),
        ("192.0.2.1:4711", "192.0.2.1:0"),
        ("2001:db8::1", "[2001:db8::1]:0"),
        ("[2001:db8::1]:4711", "[2001:db8::1]:0"),
        ("::ffff:192.0.2.1", "192.0.2.1:0"),
        ("10.0.0.7", ""),
        ("", ""),
        ("unknown", ""),
        ("192.0.2.1, _hidden", ""),
    ],
)
def test_the_client_is_the_last_that_is_no_proxy(said: str, client: str) -> None:
    assert forwarded_for(said, PROXIES) == client


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("app.localhost", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.7", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_a_host_is_this_machine_by_what_it_is_called(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
