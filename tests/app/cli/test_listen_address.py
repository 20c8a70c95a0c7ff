"""Where to listen, as people write it on the command line."""

from __future__ import annotations

import argparse

import pytest

from trio_srs.app.cli.listen_address import listen_address
from trio_srs.net.address import Address


def test_tcp_and_unix_sockets_are_addresses() -> None:
    assert listen_address("127.0.0.1:0") == Address("127.0.0.1", 0)
    assert listen_address("unix:/run/a").path == "/run/a"


def test_what_is_none_is_refused_in_words() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="nowhere"):
        listen_address("nowhere")
