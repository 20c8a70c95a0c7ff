"""What it takes to serve streams in segments where HTTP is served. Floor 3."""

from __future__ import annotations

from typing import Protocol

from trio_srs.service.base import ListeningSection

__all__ = ["WebSections", "is_served"]


class WebSections(Protocol):
    """What of a configuration says where HTTP is served."""

    @property
    def http(self) -> ListeningSection:
        """Plain HTTP, as far as it serves this."""
        ...

    @property
    def https(self) -> ListeningSection:
        """HTTP inside TLS, as far as it serves this."""
        ...


def is_served(config: WebSections) -> bool:
    """Whether HTTP is served at all."""
    return bool(config.http.listen or config.https.listen)
