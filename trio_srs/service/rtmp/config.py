"""The [rtmp] and [rtmps] sections: where RTMP is served, and every limit of a connection.

Floor 3. A field's ``live`` metadata says whether a reload changes it for new connections;
what is not live needs a restart.
"""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.net.address import Address
from trio_srs.net.proxy_config import check_proxies
from trio_srs.net.tls_config import TlsConfig
from trio_srs.units import Bytes, Seconds, Timeout, bytes_within, seconds_within, within
from trio_srs.wire.rtmp.oddity import OddityKind

__all__ = ["RtmpConfig", "RtmpsConfig"]

_RESTART: Final = {"live": False}


def _check_oddities(_config: object, _field: object, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        if kind not in list(OddityKind):
            known = ", ".join(each.value for each in OddityKind)
            raise ValueError(f'"{kind}" is no kind of oddity: expected some of {known}')


@attrs.frozen(kw_only=True)
class RtmpConfig:
    """RTMP over TCP and unix sockets; everything but `listen` holds for RTMPS too."""

    listen: tuple[Address, ...] = attrs.field(default=(Address("", 1935),), metadata=_RESTART)
    """Where to listen: any number of `":1935"` (every address, IPv4 and IPv6),
    `"127.0.0.1:0"` (0 is any free port), `"[::1]:1935"`, `"unix:/path/to/socket"`. `[]` is
    nowhere."""
    trusted_proxies: tuple[str, ...] = attrs.field(default=(), validator=check_proxies)
    """Networks of proxies in front of this server: a connection from there may begin with the PROXY
    protocol, version 1 or 2, or the frame of SRS's proxy, and counts as its client's. `"unix"` is
    whoever comes by a Unix socket. From elsewhere such a beginning is no RTMP."""
    backlog: int = attrs.field(default=4096, validator=within(1, 65535), metadata=_RESTART)
    """Connections the kernel may hold before they are accepted; the kernel caps it
    (`net.core.somaxconn`)."""
    chunk_size: int = attrs.field(default=60_000, validator=within(128, 16_777_215))
    """The largest chunk, in bytes, that we send; announced first thing to every peer."""
    window_ack_size: Bytes = attrs.field(
        default=Bytes(2_500_000), validator=bytes_within("4KiB", "1GiB")
    )
    """Ask peers to acknowledge every so many bytes."""
    peer_bandwidth: Bytes = attrs.field(
        default=Bytes(2_500_000), validator=bytes_within("4KiB", "1GiB")
    )
    """The output window that peers are told to use (Set Peer Bandwidth, type dynamic)."""
    handshake_timeout: Timeout = attrs.field(
        default=Timeout(5.0), validator=seconds_within("1ms", "never")
    )
    """Drop a connection whose handshake, TLS included, is not finished in this time."""
    connect_timeout: Timeout = attrs.field(
        default=Timeout(10.0), validator=seconds_within("1ms", "never")
    )
    """Drop a connection that has sent no `connect` command this long after the handshake."""
    command_idle_timeout: Timeout = attrs.field(
        default=Timeout(180.0), validator=seconds_within("1ms", "never")
    )
    """Drop a peer that does not publish and has sent nothing at all for this long, not even
    the answer to a ping."""
    ping_after: Timeout = attrs.field(
        default=Timeout(30.0), validator=seconds_within("1ms", "never")
    )
    """Ping a peer that has been silent for this long; `"never"` sends no pings."""
    shutdown_grace: Seconds = attrs.field(
        default=Seconds(5.0), validator=seconds_within("0s", "1h")
    )
    """How long connections have to end by themselves when the server stops gracefully."""
    refusal_linger: Seconds = attrs.field(
        default=Seconds(1.0), validator=seconds_within("0s", "1m")
    )
    """How long a peer that was refused a publish or play may take to ask for something else,
    before its connection is closed."""
    close_timeout: Seconds = attrs.field(default=Seconds(1.0), validator=seconds_within("0s", "1m"))
    """How long the last words to a peer may take to leave before its connection is cut."""
    max_connections: int = attrs.field(default=10_000, validator=within(1, 1_000_000))
    """The most RTMP and RTMPS clients at once; one more is told so, and closed. They count from
    their `connect` to their end, whether their connections are closed by then or not."""
    max_connections_per_ip: int | None = attrs.field(default=None, validator=within(1, 1_000_000))
    """The most of them at once from one IP address; `"off"` counts none."""
    max_message: Bytes = attrs.field(
        default=Bytes(16_777_215), validator=bytes_within("1KiB", "16777215B")
    )
    """The longest message a peer may send. The default is the most that the format can say."""
    max_half_read: Bytes = attrs.field(
        default=Bytes(32 * 2**20), validator=bytes_within("1KiB", "1GiB")
    )
    """The most bytes of unfinished messages, over all its chunk streams, that one connection
    may make us hold. Not less than `max_message`."""
    max_chunk_streams: int = attrs.field(default=256, validator=within(4, 65_598))
    """The most chunk streams one connection may use. Encoders use fewer than ten; peers that
    number them by message stream use five for each and a few more, so the default has room
    for every one of `max_message_streams`."""
    max_message_streams: int = attrs.field(default=32, validator=within(1, 1024))
    """The most message streams (`createStream`) that one connection may have open."""
    max_commands_per_second: int = attrs.field(default=100, validator=within(1, 100_000))
    """The most commands per second that one connection may send."""
    max_amf_depth: int = attrs.field(default=32, validator=within(1, 128))
    """How deep objects and arrays in a command may be nested."""
    max_amf_values: int = attrs.field(default=4096, validator=within(16, 1_000_000))
    """The most values in one command, all levels counted together."""
    strict: bool = False
    """End the session of a peer that does something odd, in place of letting it pass: the error
    says what it was. For tests of encoders; see the oddities of a [report](reports.md)."""
    strict_allow: tuple[str, ...] = attrs.field(default=(), validator=_check_oddities)
    """Kinds of oddities that `strict` lets pass all the same, such as `"first_chunk_fmt"`, which
    librtmp does and with it many encoders."""
    read_buffer: Bytes = attrs.field(
        default=Bytes(64 * 2**10), validator=bytes_within("4KiB", "16MiB")
    )
    """The most that one read takes from a connection before the others have their turn."""
    send_buffer: Bytes | None = attrs.field(default=None, validator=bytes_within("4KiB", "64MiB"))
    """The kernel's send buffer for each connection (`SO_SNDBUF`); `"off"` leaves it to the
    kernel, which makes it grow as needed."""
    notsent_lowat: Bytes | None = attrs.field(default=None, validator=bytes_within("4KiB", "64MiB"))
    """Write to a connection only while less than this is unsent in the kernel
    (`TCP_NOTSENT_LOWAT`); `"off"` leaves it to the kernel."""
    tcp_nodelay: bool = True
    """Send small writes at once (`TCP_NODELAY`)."""
    tcp_keepalive: Seconds | None = attrs.field(
        default=Seconds(60.0), validator=seconds_within("1s", "9h")
    )
    """Let the kernel probe a connection that has been silent for this long; `"off"` does
    not."""

    def __attrs_post_init__(self) -> None:
        if self.max_half_read < self.max_message:
            raise ValueError(
                f"max_half_read ({self.max_half_read} bytes) is less than max_message "
                f"({self.max_message} bytes): no message of that length could ever be read"
            )


@attrs.frozen(kw_only=True)
class RtmpsConfig(TlsConfig):
    """RTMP inside TLS, usually on `[":1936"]` or `[":443"]`; off until `listen` names an
    address."""
