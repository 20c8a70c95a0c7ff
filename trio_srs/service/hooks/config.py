"""The [hooks] section: which URLs are asked and told, and how long that may take. Floor 3."""

from __future__ import annotations

import enum
import re
from typing import Final

import attrs

from trio_srs.secret import Secret
from trio_srs.units import Seconds, seconds_within, within

__all__ = ["Action", "HooksConfig", "OnFailure"]

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


def _check_urls(_config: object, _field: object, urls: tuple[str, ...]) -> None:
    for url in urls:
        if not _URL.fullmatch(url):
            raise ValueError(
                f'expected URLs such as "http://127.0.0.1:8085/api/v1/streams", not "{url}"'
            )


@attrs.frozen(kw_only=True)
class HooksConfig:
    """HTTP callbacks, as SRS has them: POST of a JSON object to each URL of a list, in order. Off
    while all lists are empty."""

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
    on_failure: OnFailure = OnFailure.DENY
    """What becomes of a request when a URL cannot be asked, or answers what makes no sense: `deny`
    refuses it, `allow` goes on as if it had not been to be asked."""
    call_timeout: Seconds = attrs.field(default=Seconds(5.0), validator=seconds_within("1ms", "1h"))
    """How long one call may take."""
    total_timeout: Seconds = attrs.field(
        default=Seconds(8.0), validator=seconds_within("1ms", "1h")
    )
    """How long all calls together may take that decide on one request; `access.gate_timeout`
    bounds them too."""
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
    secret: Secret | None = None
    """Sign every call: the header `Trio-Srs-Signature: t=SECONDS,v1=HEX` has the time of the call
    (Unix) and the HMAC-SHA256, under this key, of that number, a full stop and the body. `"off"`
    signs none."""

    def urls_of(self, action: Action) -> tuple[str, ...]:
        """Whom an action is said to, in order."""
        urls: tuple[str, ...] = getattr(self, action)
        return urls

    @property
    def is_used(self) -> bool:
        """Whether anybody is to be asked or told anything."""
        return any(map(self.urls_of, Action))
