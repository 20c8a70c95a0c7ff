"""A printed configuration loads back equal, and shows no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.config.app_scope import AppConfig, StreamsConfig
from trio_srs.config.load import ConfigError, loads
from trio_srs.config.render import key_path, show
from trio_srs.config.schema import Config
from trio_srs.config.tables import print_config
from trio_srs.config.vhost_scope import VhostConfig
from trio_srs.hub.settings import StreamSettings, TimestampMode
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.net.address import Address
from trio_srs.secret import Secret
from trio_srs.service.capture.config import CaptureWhen, VhostCapture
from trio_srs.service.hooks.config import HookDialect, HookTargets
from trio_srs.service.rtmp.config import RtmpConfig, RtmpsConfig
from trio_srs.units import NEVER, Bytes, Seconds

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
overrides = st.fixed_dictionaries(
    {},
    optional={
        "gop_cache": st.none() | st.floats(0, 3600).map(Seconds),
        "log_bytes": st.integers(2**16, 2**34).map(Bytes),
        "play_missing_timeout": st.just(NEVER),
        "timestamps": st.sampled_from(TimestampMode),
        "publish_notify": st.booleans(),
    },
)
hls = st.fixed_dictionaries(
    {},
    optional={
        "segment": st.floats(1, 60).map(Seconds),
        "container": st.sampled_from(SegmentContainer),
        "folder": st.none() | st.just(Path("/srv/h l s")),
        "enabled": st.booleans(),
    },
)
streams = overrides | st.builds(StreamsConfig, settings=overrides, hls=hls)
apps = st.dictionaries(
    names,
    st.builds(
        AppConfig, settings=overrides, hls=hls, stream=st.dictionaries(names, streams, max_size=2)
    ),
    max_size=2,
)
targets = st.builds(
    HookTargets,
    on_play=st.sampled_from([(), ("http://a/?b=1",)]),
    dialect=st.sampled_from(HookDialect),
    secret=st.none() | st.just(Secret("hunter2", ("env", "P"))),
)
captures = st.builds(VhostCapture, when=st.sampled_from(CaptureWhen))
vhosts = st.dictionaries(
    st.sampled_from(["a", "b.c", "", "__defaultVhost__"]),
    st.builds(
        VhostConfig,
        enabled=st.booleans(),
        settings=overrides,
        app=apps,
        dash=st.sampled_from([{}, {"delay": None}]),
        hooks=targets,
        capture=captures,
    ),
    max_size=3,
)
configs = st.builds(
    Config,
    app=apps,
    vhost=vhosts,
    stream=st.builds(StreamSettings, gop_cache=st.none() | st.just(Seconds(0.1 + 0.2))),
    rtmp=st.builds(
        RtmpConfig,
        listen=st.lists(
            st.sampled_from([Address("::1", 5), Address(path='/a "b"\\c'), Address("", 0)])
        ).map(tuple),
        max_connections_per_ip=st.none() | st.integers(1, 1000),
    ),
    rtmps=st.builds(
        RtmpsConfig,
        certificate=st.just(Path("c\t\x7f.pem")),
        key=st.just(Path("k")),
        key_password=st.none() | st.just(Secret("hunter2", ("env", "P"))),
    ),
)


@pytest.mark.property
@given(configs)
def test_a_printed_configuration_loads_back_equal(config: Config) -> None:
    assert loads(print_config(config), environ={"P": "hunter2"}) == config


def test_a_secret_given_in_plain_is_masked() -> None:
    text = print_config(
        Config(rtmps=RtmpsConfig(certificate=Path("c"), key=Path("k"), key_password=Secret("pw7")))
    )
    assert 'key_password = "***"' in text
    assert "pw7" not in text


def test_a_secret_from_elsewhere_is_printed_as_its_source() -> None:
    assert show(Secret("x", ("file", "/run/s")), Secret) == '{ file = "/run/s" }'


def test_a_size_and_a_number_are_told_apart_by_type() -> None:
    assert (show(4096, Bytes), show(4096, int)) == ('"4KiB"', "4096")


def test_a_key_path_is_quoted_where_it_must_be() -> None:
    path = ("vhost", "a.b", "app", "live-1", "stream", "", "x", 3)
    assert key_path(path) == 'vhost."a.b".app.live-1.stream."".x[3]'
    with pytest.raises(ConfigError, match=r"\.x .*: unknown key"):
        loads("", overrides=[f"{key_path(path[:-1])} = 1"])
