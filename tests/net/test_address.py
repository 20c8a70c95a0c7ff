"""Addresses: every form, every refusal, and that writing is exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.net.address import Address

FORMS = {
    ":1935": Address("", 1935),
    "127.0.0.1:0": Address("127.0.0.1", 0),
    "[::1]:1935": Address("::1", 1935),
    "[fe80::1%eth0]:1935": Address("fe80::1%eth0", 1935),
    "localhost:65535": Address("localhost", 65535),
    "unix:/run/srs.sock": Address(path="/run/srs.sock"),
    "unix:relative.sock": Address(path="relative.sock"),
}


@pytest.mark.parametrize(("text", "address"), FORMS.items())
def test_a_form_is_read_and_written(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1935",
        "localhost",
        "localhost:",
        "::1:1935",
        "[::1]",
        "[::1]:",
        "[x]:1",
        "a b:1",
        "http://localhost:1935",
        ":-1",
        ":1x",
        ":٣",
        ":123456",
        "unix:",
        "unix:/a\0b",
        ":1\n",
    ],
)
def test_what_is_no_address_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r'expected an address such as ":1935"'):
        Address.parse(text)


def test_a_port_beyond_65535_is_named() -> None:
    with pytest.raises(ValueError, match=r"a port from 0 to 65535 in 'a:65536', not 65536"):
        Address.parse("a:65536")


@pytest.mark.property
@given(st.text(max_size=20) | st.from_regex(r"\[[0-9a-f:]{1,9}\]:[0-9]{1,5}|\w{0,5}:[0-9]{1,5}"))
def test_what_is_read_is_written_and_read_again(text: str) -> None:
    try:
        address = Address.parse(text)
    except ValueError:
        return
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    ("text", "url"),
    {
        ":1985": "http://127.0.0.1:1985",
        "0.0.0.0:1985": "http://127.0.0.1:1985",
        "[::]:1985": "http://[::1]:1985",
        "localhost:1985": "http://localhost:1985",
        "unix:/run/api": "unix:/run/api",
    }.items(),
)
def test_an_address_to_listen_on_is_reached_by_a_url(text: str, url: str) -> None:
    assert Address.parse(text).reachable.url("http") == url
