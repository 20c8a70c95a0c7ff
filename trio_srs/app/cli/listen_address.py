"""Where to listen, on the command line. Floor 8."""

from __future__ import annotations

import argparse

from trio_srs.net.address import Address

__all__ = ["listen_address"]


def listen_address(text: str) -> Address:
    """An address over TCP (``host:port``) or of a Unix socket (``unix:/path``)."""
    try:
        return Address.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
