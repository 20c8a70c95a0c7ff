"""From a configuration to the HTTP service of a server. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from trio_srs.net.certificate import tls_context
from trio_srs.service.base import Parts, WebSections

if TYPE_CHECKING:
    from trio_srs.service.http.config import HttpConfig, HttpsConfig
    from trio_srs.service.http.server import HttpService

__all__ = ["HttpSections", "make_http"]

_READ_BYTES: Final = 64 * 1024


class HttpSections(WebSections, Protocol):
    """What of a configuration is about HTTP."""

    @property
    def http(self) -> HttpConfig:
        """The section ``[http]`` of the configuration."""
        ...

    @property
    def https(self) -> HttpsConfig:
        """What is added by TLS."""
        ...


def make_http(parts: Parts, config: HttpSections) -> HttpService | None:
    """Make the service; None where nothing is listened to. Nothing is opened or started."""
    if not config.serves_http:
        return None
    # Who serves no HTTP needs nothing of it; who does imports the most of it when it is ready.
    from trio_srs.service.http.context import HttpContext
    from trio_srs.service.http.server import HttpService

    context = HttpContext(
        config=config.http,
        access=parts.access,
        hub=parts.hub,
        bus=parts.bus,
        registry=parts.registry,
        server_name=parts.server_name,
        buffer=memoryview(bytearray(_READ_BYTES)),
        routes=parts.web_routes,
        faults=parts.faults,
        reader=parts.reader,
    )
    service = HttpService(context, config.https.listen, lambda: tls_context(config.https))
    service.has_tls_files = config.https.certificate is not None
    return service
