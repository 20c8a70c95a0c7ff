"""Which settings hold for which stream, and which host is which virtual host."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from trio_srs.config import schema
from trio_srs.config.app_scope import AppConfig, StreamsConfig
from trio_srs.config.load import loads
from trio_srs.config.schema import DEFAULT_VHOST, Config
from trio_srs.config.vhost_scope import VhostConfig
from trio_srs.hub.settings import StreamSettings
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.net.address import Address
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.http.config import HttpConfig, HttpsConfig
from trio_srs.service.rtmp.config import RtmpConfig


def marked(records: int) -> dict[str, Any]:
    return {"gop_cache_records": records}


def test_a_section_that_is_not_given_is_made_when_it_is_asked_for() -> None:
    config = Config(rtmp=RtmpConfig(chunk_size=4096))
    assert (config.names("rtmp"), config.names("hls", "dash")) == (True, False)
    assert config.hls is config.hls
    assert config.hls == HlsConfig()
    assert not config.names("hls")
    assert config == Config(rtmp=RtmpConfig(chunk_size=4096), hls=HlsConfig())
    assert attrs.evolve(config, rtmp=RtmpConfig()) == Config()


def test_a_scope_is_named_when_there_is_one() -> None:
    assert not Config(app={}).names("app")
    assert Config(app={"live": AppConfig()}).names("vhost", "app")


def test_there_is_no_section_but_those_that_there_are() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'http2'"):
        _ = getattr(Config(), "http2")  # noqa: B009 - a type checker knows it too


HERE = (Address("127.0.0.1", 0),)
SECURE = HttpsConfig(listen=HERE, self_signed=True)


@pytest.mark.parametrize(
    ("sections", "is_served"),
    [
        ({}, True),
        ({"rtmp": RtmpConfig()}, True),
        ({"rtmp": RtmpConfig(listen=HERE)}, False),
        ({"rtmp": RtmpConfig(listen=HERE), "http": HttpConfig(listen=HERE)}, True),
        (
            {"rtmp": RtmpConfig(listen=HERE), "https": SECURE},
            True,
        ),
        ({"http": HttpConfig(listen=())}, False),
    ],
)
def test_http_is_served_unless_something_else_is_said(
    sections: dict[str, Any], is_served: bool
) -> None:
    config = Config(**sections)
    assert config.serves_http is is_served
    assert bool(config.http.listen or config.https.listen) is is_served


LEVELS: list[
    dict[str, Any]
] = [  # from weakest to strongest: what is added, for vhost "v", app "a", stream "cam1"
    {"stream": StreamSettings(gop_cache_records=1)},
    {"app": {"a": AppConfig(settings=marked(2))}},
    {"app": {"a": AppConfig(settings=marked(2), stream={"c*": marked(3)})}},
    {"vhost": {"v": VhostConfig(settings=marked(4))}},
    {"vhost": {"v": VhostConfig(settings=marked(4), app={"a": AppConfig(settings=marked(5))})}},
    {
        "vhost": {
            "v": VhostConfig(
                settings=marked(4),
                app={"a": AppConfig(settings=marked(5), stream={"c*": marked(6)})},
            )
        }
    },
]


@pytest.mark.parametrize("level", range(1, len(LEVELS) + 1))
def test_the_order_of_levels_is_as_documented(level: int) -> None:
    sections: dict[str, Any] = {}
    for added in LEVELS[:level]:
        sections |= added
    assert Config(**sections).settings_for("v", "a", "cam1").gop_cache_records == level


def test_levels_are_folded_key_by_key() -> None:
    config = Config(
        app={"a": AppConfig(settings={"publish_notify": False}, stream={"c*": marked(7)})},
        vhost={"v": VhostConfig(settings={"gop_cache": None})},
    )
    settings = config.settings_for("v", "a", "cam")
    assert (settings.publish_notify, settings.gop_cache_records, settings.gop_cache) == (
        False,
        7,
        None,
    )


def test_the_very_name_beats_a_pattern_and_a_longer_pattern_a_shorter() -> None:
    stream = {"cam1": marked(1), "cam?*": marked(2), "*": marked(3), "cam[12]": marked(4)}
    config = Config(app={"a": AppConfig(stream=stream)})
    got = {
        name: config.settings_for(DEFAULT_VHOST, "a", name).gop_cache_records
        for name in ("cam1", "cam2", "cam3", "x")
    }
    assert got == {"cam1": 1, "cam2": 4, "cam3": 2, "x": 3}


def test_of_equally_long_patterns_the_later_in_the_alphabet_wins() -> None:
    for patterns in (["a*", "?b"], ["?b", "a*"]):
        stream = {pattern: marked(ord(pattern[0])) for pattern in patterns}
        config = Config(app={"a": AppConfig(stream=stream)})
        assert config.settings_for("v", "a", "ab").gop_cache_records == ord("a")


def test_a_name_with_brackets_is_still_a_name() -> None:
    config = Config(app={"a": AppConfig(stream={"cam[1]": marked(9)})})
    assert config.settings_for("v", "a", "cam[1]").gop_cache_records == 9


def test_patterns_distinguish_case() -> None:
    config = Config(app={"a": AppConfig(stream={"CAM*": marked(9)})})
    assert config.settings_for("v", "a", "cam1") == StreamSettings()


def test_other_places_are_not_touched() -> None:
    config = Config(
        app={"a": AppConfig(settings=marked(2))}, vhost={"v": VhostConfig(settings=marked(3))}
    )
    assert config.settings_for("w", "b", "x") is config.stream


def test_what_was_resolved_is_kept_but_not_for_ever() -> None:
    config = Config(app={"a": AppConfig(settings=marked(2))})
    first = config.settings_for("v", "a", "x")
    assert config.settings_for("v", "a", "x") is first
    for number in range(4096):
        config.settings_for("v", "a", f"flood{number}")
    assert config.settings_for("v", "a", "x") == first
    assert config.settings_for("v", "a", "x") is not first


def test_a_host_is_found_by_name_and_alias_without_regard_to_case() -> None:
    config = Config(vhost={"Example.com": VhostConfig(aliases=("www.example.com",))})
    hosts = ["example.com", "WWW.Example.Com", "example.org", ""]
    assert [config.vhost_of(host) for host in hosts] == [
        "Example.com",
        "Example.com",
        DEFAULT_VHOST,
        DEFAULT_VHOST,
    ]


def test_a_virtual_host_can_be_switched_off() -> None:
    config = Config(
        vhost={"v": VhostConfig(enabled=False), DEFAULT_VHOST: VhostConfig(enabled=False)}
    )
    assert not config.vhost_enabled("v")
    assert not config.vhost_enabled(config.vhost_of("unknown"))
    assert Config().vhost_enabled(DEFAULT_VHOST)


def test_a_host_claimed_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="host 'B' is claimed by two virtual hosts, 'a' and 'B'"):
        Config(vhost={"a": VhostConfig(aliases=("b",)), "B": VhostConfig(aliases=("b",))})


@pytest.mark.parametrize("scope", [AppConfig, VhostConfig])
def test_an_override_out_of_range_is_refused_in_python_too(scope: Any) -> None:
    with pytest.raises(ValueError, match="expected 1 to 1000000, not 0"):
        scope(settings=marked(0))
    with pytest.raises(ValueError, match="expected 1 to 1000000, not 0"):
        AppConfig(stream={"x": marked(0)})
    with pytest.raises(TypeError, match="gop_cash"):
        scope(settings={"gop_cash": None})


def test_who_says_where_to_listen_for_rtmp_is_not_listened_to_elsewhere() -> None:
    everywhere, own = (Address("", 8080),), RtmpConfig(listen=(Address("127.0.0.1", 0),))
    assert Config().http.listen == everywhere
    assert Config(rtmp=RtmpConfig(chunk_size=4096)).http.listen == everywhere
    assert Config(rtmp=own).http.listen == ()
    assert Config(rtmp=own, http=HttpConfig(publish=False)).http.listen == everywhere


def test_how_a_stream_is_served_is_folded_as_settings_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_MAX_CACHED", 3)
    config = loads("""
        hls = { segment = "3s", window = "40s", container = "ts" }
        app.a.hls = { segment = "4s", part = "off" }
        app.a.stream."c*" = { hls = { segment = "5s", enabled = false }, gop_cache = "off" }
        vhost.v.hls = { container = "fmp4", enabled = true }
        vhost.v.app.a.hls.segment = "6s"
    """)
    found = config.hls_for("v", "a", "cam1")
    assert (found.segment, found.window, found.part, found.enabled) == (6.0, 40.0, None, True)
    assert found.container is SegmentContainer.FMP4
    assert config.hls_for("v", "a", "cam1") is found
    assert config.hls_for("w", "a", "cam1").segment == 5.0
    assert config.settings_for("w", "a", "cam1").gop_cache is None
    assert config.hls_for("w", "b", "cam1") is config.hls
    assert config.dash_for("v", "a", "cam1") is config.dash
    for number in range(4):
        config.hls_for("v", "a", f"flood{number}")
    assert config.hls_for("v", "a", "cam1") == found, "also when it is kept no more"


def test_of_no_parts_and_low_latency_the_one_nearer_to_the_stream_counts() -> None:
    config = loads("""
        dash = { low_latency = true }
        app.slow.dash.part = "off"
        app.slow.stream.fast.dash.low_latency = true
    """)
    slow, fast = config.dash_for("", "slow", "x"), config.dash_for("", "slow", "fast")
    assert (slow.part, slow.low_latency) == (None, False)
    assert (fast.part, fast.low_latency) == (0.2, True)


@pytest.mark.parametrize(
    ("text", "hls", "dash"),
    [
        ("", True, True),
        ("hls.enabled = false", False, True),
        ("hls.enabled = false\napp.a.stream.x.hls.enabled = true", True, True),
        ("dash.enabled = false\nvhost.v.app.a.dash.enabled = true", True, True),
        ("dash.enabled = false\nvhost.v.dash.segment = '4s'", True, False),
        ("http.listen = []", False, False),
    ],
)
def test_a_form_is_served_if_it_is_of_any_stream(text: str, hls: bool, dash: bool) -> None:
    config = loads(text)
    assert (config.serves_hls, config.serves_dash) == (hls, dash)


def test_what_is_said_in_python_for_some_streams_is_checked() -> None:
    assert AppConfig(stream={"x": StreamsConfig(hls={"segment": 4.0})}).hls == {}
    with pytest.raises(ValueError, match="expected 1s to 1m"):
        AppConfig(stream={"x": StreamsConfig(hls={"segment": 0.5})})
