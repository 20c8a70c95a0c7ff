"""Which proxies are believed, in the configuration of whoever listens. Floor 2."""

from __future__ import annotations

__all__ = ["check_proxies"]


def check_proxies(_config: object, _field: object, networks: tuple[str, ...]) -> None:
    """Check a list of networks.

    Raises:
        ValueError: one of them is none.
    """
    if not networks:
        return
    from trio_srs.wire.networks import UNIX, parse_network  # few have any

    for each in networks:
        try:
            if each != UNIX:
                parse_network(each)
        except ValueError:
            raise ValueError(
                f'expected networks such as "10.0.0.0/8", "::1" or "unix", not "{each}"'
            ) from None
