"""Proxies are named by their networks."""

from __future__ import annotations

import pytest

from trio_srs.service.http.config import HttpConfig
from trio_srs.service.rtmp.config import RtmpConfig


def test_proxies_are_networks_or_unix_sockets() -> None:
    RtmpConfig(trusted_proxies=("10.0.0.0/8", "::1", "unix"))
    assert HttpConfig().trusted_proxies == ()


@pytest.mark.parametrize("network", ["", "proxy.example.com", "10.0.0.0/33"])
def test_what_is_no_network_is_refused(network: str) -> None:
    with pytest.raises(ValueError, match="expected networks such as"):
        RtmpConfig(trusted_proxies=(network,))
