"""The [hooks] section: which URLs are asked and told, and how long that may take. Floor 3.

A virtual host may have URLs of its own.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from trio_srs.secret import Secret
from trio_srs.units import Seconds, seconds_within, within
from trio_srs.wire.url import DEFAULT_VHOST

__all__ = ["Action", "HookDialect", "HookPlatforms", "HookTargets", "HooksConfig", "OnFailure"]

_RESTART: Final = {"live": False}
_URL: Final = re.compile(r"https?://[!-~]+")


class OnFailure(enum.StrEnum):
    """What becomes of a request when the server that is to decide cannot be asked."""

    DENY = "deny"
    """It is refused."""
    ALLOW = "allow"
    """It is granted as if nobody had been to be asked."""


class Action(enum.StrEnum):
    """What a call is about, in SRS's words."""

    ON_CONNECT = "on_connect"
    ON_CLOSE = "on_close"
    ON_PUBLISH = "on_publish"
    ON_UNPUBLISH = "on_unpublish"
    ON_PLAY = "on_play"
    ON_STOP = "on_stop"
    ON_DONE = "on_done"
    """nginx-rtmp's: told when a publish or a play is over, behind the call of that one."""
    ON_UPDATE = "on_update"
    """nginx-rtmp's: asked from time to time while a publish or a play goes on."""
    ON_HLS = "on_hls"
    ON_DVR = "on_dvr"


class HookDialect(enum.StrEnum):
    """Whose callbacks ours are like: what is said in them, and what an answer means."""

    SRS = "srs"
    """A JSON object; a JSON object in answer."""
    NGINX_RTMP = "nginx-rtmp"
    """A form, as a browser sends it; the status in answer, and `Location`."""


def _check_urls(_config: object, _field: object, urls: tuple[str, ...]) -> None:
    for url in urls:
        if not _URL.fullmatch(url):
            raise ValueError(
                f'expected URLs such as "http://127.0.0.1:8085/api/v1/streams", not "{url}"'
            )


@attrs.frozen(kw_only=True)
class HookTargets:
    """Who is asked and told, and in which words. A virtual host that has any of these keys goes by
    its own alone, and not by those of `[hooks]`."""

    enabled: bool = attrs.field(default=True, metadata=_RESTART)
    """`false` calls nobody, whatever URLs there are."""
    dialect: HookDialect = attrs.field(default=HookDialect.SRS, metadata=_RESTART)
    """`srs`: a JSON object is said, and one is answered. `nginx-rtmp`: a form, as nginx-rtmp sends
    it (`call=publish&name=…`), and the answer is the status: 2xx is yes, 3xx with `Location` is a
    yes under that name, or a redirect where it is a URL, and 4xx is no."""
    on_connect: tuple[str, ...] = attrs.field(default=(), validator=_check_urls, metadata=_RESTART)
    """Asked once for each RTMP connection, when its client has named a stream for the first time,
    and before `on_publish` or `on_play`."""
    on_close: tuple[str, ...] = attrs.field(default=(), validator=_check_urls, metadata=_RESTART)
    """Told when that connection has ended."""
    on_publish: tuple[str, ...] = attrs.field(default=(), validator=_check_urls, metadata=_RESTART)
    """Asked before a publisher is told yes. A URL answers with status 200 and the body `0` or
    `{"code": 0}` for yes; any other `code` is a no."""
    on_unpublish: tuple[str, ...] = attrs.field(
        default=(), validator=_check_urls, metadata=_RESTART
    )
    """Told when a publish is over: once for each `on_publish` that was granted."""
    on_play: tuple[str, ...] = attrs.field(default=(), validator=_check_urls, metadata=_RESTART)
    """Asked before a player or viewer is told yes."""
    on_stop: tuple[str, ...] = attrs.field(default=(), validator=_check_urls, metadata=_RESTART)
    """Told when a play is over: once for each `on_play` that was granted."""
    on_done: tuple[str, ...] = attrs.field(default=(), validator=_check_urls, metadata=_RESTART)
    """Told when a publish or a play is over, behind `on_unpublish` or `on_stop`."""
    on_update: tuple[str, ...] = attrs.field(default=(), validator=_check_urls, metadata=_RESTART)
    """Asked every `update_interval` while a publish or a play goes on: a no ends its session."""
    update_strict: bool = attrs.field(default=False, metadata=_RESTART)
    """Whether a session ends also when a URL of `on_update` cannot be asked, or answers what makes
    no sense."""
    on_hls: tuple[str, ...] = attrs.field(default=(), validator=_check_urls, metadata=_RESTART)
    """Told when a segment of HLS is whole."""
    on_dvr: tuple[str, ...] = attrs.field(default=(), validator=_check_urls, metadata=_RESTART)
    """Told when a recording is whole."""
    on_failure: OnFailure = OnFailure.DENY
    """What becomes of a request when a URL cannot be asked, or answers what makes no sense: `deny`
    refuses it, `allow` goes on as if it had not been to be asked."""
    secret: Secret | None = None
    """Sign every call: the header `Trio-Srs-Signature: t=SECONDS,v1=HEX` has the time of the call
    (Unix) and the HMAC-SHA256, under this key, of that number, a full stop and the body. `"off"`
    signs none."""

    def urls_of(self, action: Action) -> tuple[str, ...]:
        """Whom an action is said to, in order."""
        urls: tuple[str, ...] = getattr(self, action)
        return urls if self.enabled else ()

    @property
    def is_used(self) -> bool:
        """Whether anybody is to be asked or told anything."""
        return any(map(self.urls_of, Action))


@attrs.frozen(kw_only=True)
class HooksConfig(HookTargets):
    """HTTP callbacks, as SRS has them: a POST to each URL of a list, in order. Off while all lists
    are empty."""

    call_timeout: Seconds = attrs.field(default=Seconds(5.0), validator=seconds_within("1ms", "1h"))
    """How long one call may take."""
    total_timeout: Seconds = attrs.field(
        default=Seconds(8.0), validator=seconds_within("1ms", "1h")
    )
    """How long all calls together may take that decide on one request; `access.gate_timeout`
    bounds them too."""
    update_interval: Seconds = attrs.field(
        default=Seconds(30.0), validator=seconds_within("1s", "24h")
    )
    """How often `on_update` is asked about each publish and play."""
    retry_for: Seconds = attrs.field(default=Seconds(300.0), validator=seconds_within("0s", "24h"))
    """How long what is only told is tried again where it could not be delivered: after half a
    second, then each time twice as long, up to half a minute."""
    queue: int = attrs.field(default=10_000, validator=within(1, 1_000_000))
    """The most calls that may wait to be told; one more is lost, which is counted and logged."""
    max_connections: int = attrs.field(default=64, validator=within(2, 10_000), metadata=_RESTART)
    """The most connections to all URLs together; telling takes half of them at most."""
    keep_alive: Seconds = attrs.field(
        default=Seconds(5.0), validator=seconds_within("10ms", "1h"), metadata=_RESTART
    )
    """How long a connection is kept that nobody uses: less than the servers keep it."""


_NOT_SAID: Final = HookTargets()
"""What a virtual host has that says nothing."""


@attrs.frozen
class HookPlatforms:
    """All that the configuration says of hooks."""

    general: HooksConfig
    of_vhosts: Mapping[str, HookTargets] = attrs.field(factory=dict)
    """By the configured name of the virtual host."""

    def __iter__(self) -> Iterator[HookTargets]:
        """All that may be called."""
        yield self.general
        yield from self.of_vhosts.values()

    def vhost_of(self, host: str) -> str:
        """The virtual host of a name in a stream's key: the default one, if it is none."""
        return host if host in self.of_vhosts else DEFAULT_VHOST

    def of(self, vhost: str) -> HookTargets:
        """Who is called about what concerns a virtual host."""
        own = self.of_vhosts.get(vhost)
        return self.general if own is None or own == _NOT_SAID else own

    @property
    def is_used(self) -> bool:
        """Whether anybody is to be asked or told anything."""
        return any(targets.is_used for targets in self)
