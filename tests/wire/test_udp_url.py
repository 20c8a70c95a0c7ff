"""URLs of transport streams in datagrams."""

from __future__ import annotations

import pytest

from trio_srs.wire.udp_url import UdpUrl
from trio_srs.wire.url import UrlError


@pytest.mark.parametrize(
    ("text", "host", "port", "multicast"),
    [
        ("udp://127.0.0.1:5000", "127.0.0.1", 5000, False),
        ("udp://@239.1.2.3:5000", "239.1.2.3", 5000, True),
        ("udp://:5000", "", 5000, False),
        ("UDP://Host:1/?fifo_size=1", "host", 1, False),
        ("udp://[ff02::1]:5000", "ff02::1", 5000, True),
    ],
)
def test_a_url_says_where_to_listen(text: str, host: str, port: int, multicast: bool) -> None:
    made = UdpUrl.parse(text)
    assert (made.host, made.port, made.is_multicast) == (host, port, multicast)
    assert made.authority.endswith(f":{port}")
    assert (made.authority[0] == "[") is (":" in host)


@pytest.mark.parametrize("text", ["udp://host", "udp://host:0", "udp://host:65536", "rtp://h:1"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(UrlError):
        UdpUrl.parse(text)
