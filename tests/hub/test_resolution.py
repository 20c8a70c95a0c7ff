"""From what a peer says to a stream of this server."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from trio_srs.hub.resolution import VhostDisabledError, find_app, find_name, resolve_stream
from trio_srs.hub.settings import StreamSettings
from trio_srs.wire.url import DEFAULT_VHOST, StreamNameError


class Rules:
    """One virtual host with an alias, and one that is off."""

    namespaces: Mapping[str, bool] = MappingProxyType({})

    def vhost_of(self, host: str) -> str:
        return {"www.a": "a", "a": "a", "off": "off"}.get(host, DEFAULT_VHOST)

    def vhost_enabled(self, vhost: str) -> bool:
        return vhost != "off"

    def settings_for(self, vhost: str, app: str, name: str) -> StreamSettings:
        return StreamSettings(publish_notify=vhost != "a")


def test_the_virtual_host_is_the_configured_one() -> None:
    said = find_name(Rules(), "rtmp://www.a/live", "live", "cam?token=x")
    assert (said.vhost, said.app, said.name, said.params) == ("a", "live", "cam", {"token": "x"})
    assert find_app(Rules(), "rtmp://elsewhere/live", "live").vhost == DEFAULT_VHOST


def test_what_is_no_name_is_refused() -> None:
    with pytest.raises(StreamNameError):
        find_name(Rules(), "", "live", "..")
    with pytest.raises(VhostDisabledError, match="virtual host off is not enabled"):
        find_app(Rules(), "rtmp://off/live", "live")


def test_a_stream_is_known_by_its_host_unless_that_is_the_default_one() -> None:
    stream = resolve_stream(Rules(), "a", "live", "cam")
    assert (stream.key, stream.settings.publish_notify) == ("a/live/cam", False)
    other = resolve_stream(Rules(), DEFAULT_VHOST, "live", "cam", overrides={"gop_cache": None})
    assert (other.key, other.settings) == ("live/cam", StreamSettings(gop_cache=None))
