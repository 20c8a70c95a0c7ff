"""The [http] and [https] sections: where streams are served over HTTP, and every limit. Floor 3."""

from __future__ import annotations

import enum
import re
from pathlib import Path
from typing import Final

import attrs

from trio_srs.net.address import Address
from trio_srs.net.proxy_config import check_proxies
from trio_srs.net.tls_config import TlsConfig
from trio_srs.units import Bytes, Seconds, Timeout, bytes_within, seconds_within, within

__all__ = ["HttpConfig", "HttpsConfig", "ListedTo"]

_RESTART: Final = {"live": False}
_ORIGIN: Final = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class ListedTo(enum.StrEnum):
    """Who is told which streams there are."""

    LOCAL = "local"
    """Who asks from this machine, not through a proxy."""
    ALL = "all"
    """Everybody."""
    NOBODY = "nobody"
    """Streams are played by whoever knows their names."""


@attrs.frozen(kw_only=True)
class HttpConfig:
    """Streams over HTTP and WebSocket. Everything but `listen` holds for HTTPS too. Without this
    section a server whose `rtmp.listen` is not the default has it off: who says where to listen is
    not listened to elsewhere."""

    listen: tuple[Address, ...] = attrs.field(default=(Address("", 8080),), metadata=_RESTART)
    """Where to listen, in the forms of `rtmp.listen`. `[]` is off."""
    trusted_proxies: tuple[str, ...] = attrs.field(default=(), validator=check_proxies)
    """Networks of proxies in front of this server: a connection from there may begin with the PROXY
    protocol, and `X-Forwarded-For` says who its client is: the last address there that is none of
    these proxies. `"unix"` is whoever comes by a Unix socket. From elsewhere nobody is believed."""
    backlog: int = attrs.field(default=1024, validator=within(1, 65535), metadata=_RESTART)
    """Connections the kernel may hold before they are accepted."""
    publish: bool = True
    """Let clients publish: `POST` or `PUT` of FLV to `/{app}/{stream}.flv`."""
    flv_for_browsers: bool = False
    """Leave out of FLV what makes mpegts.js stop, the player of most pages: colour metadata, other
    tracks and modifiers of Enhanced RTMP, and codecs that it does not know. What it knows by
    another name gets that. Otherwise messages are sent as they were published."""
    missing_timeout: Timeout = attrs.field(
        default=Timeout(3.0), validator=seconds_within("0s", "never")
    )
    """How long a viewer of a stream that nobody publishes waits for it before the answer is 404;
    with `play_missing = "refuse"` it is not waited for."""
    republish_timeout: Timeout = attrs.field(
        default=Timeout(10.0), validator=seconds_within("0s", "never")
    )
    """How long viewers wait, when a publisher has left, for the next one of the same name. `"0s"`
    ends their answers with the publish."""
    folder: Path | None = attrs.field(default=None, metadata=_RESTART)
    """Serve the files of this folder, beside the streams; `"off"` serves none."""
    folder_max_age: Seconds = attrs.field(
        default=Seconds(0.0), validator=seconds_within("0s", "8760h")
    )
    """How long caches, such as those of a CDN, may serve a file of the folder without asking
    whether it has changed; with `"0s"` they ask each time."""
    players: bool = True
    """Serve a page at `/players/` that plays streams in a browser."""
    list_streams: ListedTo = ListedTo.LOCAL
    """Whom that page shows which streams there are: `"local"` who is on this machine and asks it
    directly, `"all"` everybody, `"nobody"`. Gates are not asked: they decide who may play. Who is
    not shown them can type a name."""
    cors_origins: tuple[str, ...] = ("*",)
    """The web pages whose scripts may use what is served (CORS), by origin:
    `"https://example.com"`; `"*"` is all of them."""
    request_timeout: Timeout = attrs.field(
        default=Timeout(10.0), validator=seconds_within("1ms", "never")
    )
    """Drop a client whose request, TLS handshake included, is not there this long after its first
    byte."""
    idle_timeout: Timeout = attrs.field(
        default=Timeout(60.0), validator=seconds_within("1ms", "never")
    )
    """Close a connection on which nothing has been asked for this long."""
    close_timeout: Seconds = attrs.field(default=Seconds(2.0), validator=seconds_within("0s", "1h"))
    """How long a client may take to read the end of an answer before its connection is cut off."""
    max_request_head: Bytes = attrs.field(
        default=Bytes(32 * 2**10), validator=bytes_within("1KiB", "1MiB")
    )
    """The longest request line and header fields together."""
    max_request_headers: int = attrs.field(default=100, validator=within(8, 1000))
    """The most header fields of one request."""
    max_connections: int = attrs.field(default=10_000, validator=within(1, 1_000_000))
    """The most connections at once, viewers and publishers over HTTP among them. If there are as
    many, those on which nothing is asked make room."""
    max_connections_per_ip: int | None = attrs.field(default=None, validator=within(1, 1_000_000))
    """The most viewers and publishers at once from one IP address; `"off"` counts none."""
    tcp_keepalive: Seconds | None = attrs.field(
        default=Seconds(60.0), validator=seconds_within("1s", "9h")
    )
    """Let the kernel probe a connection that has been silent for this long; `"off"` does not."""

    def __attrs_post_init__(self) -> None:
        for origin in self.cors_origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    'cors_origins: expected "*" or an origin such as "https://example.com:8443", '
                    f'not "{origin}"'
                )


@attrs.frozen(kw_only=True)
class HttpsConfig(TlsConfig):
    """The same inside TLS, usually on `[":8443"]` or `[":443"]`; off until `listen` names an
    address."""
