"""Stream settings: the defaults are the documented ones, and ranges hold."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from trio_srs.hub.settings import BusyPolicy, StreamSettings, override
from trio_srs.units import NEVER, Bytes, Seconds, Timeout


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("first_packet_timeout", 0.0),
        ("publish_idle_timeout", 0.0),
        ("stalled_timeout", 0.0),
        ("publish_busy_wait", -1.0),
        ("play_missing_timeout", -1.0),
        ("slow_reader_after", 0.05),
        ("gop_cache", 3601.0),
        ("gop_cache_records", 0),
        ("gop_cache_bytes", 1),
        ("log_bytes", 1),
        ("send_interval", 2.5),
        ("merge_read", -0.1),
    ],
)
def test_a_value_out_of_range_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected .* not "):
        attrs.evolve(StreamSettings(), **{key: value})


def test_zero_is_zero_where_it_means_something() -> None:
    settings: Any = {"gop_cache": 0.0, "send_interval": 0.0, "merge_read": 0.0}
    made = StreamSettings(**settings, publish_busy_wait=settings["gop_cache"])
    assert (made.gop_cache, made.send_interval, made.publish_busy_wait) == (0.0, 0.0, 0.0)


def test_off_is_none() -> None:
    assert StreamSettings(gop_cache=None).gop_cache is None


def test_settings_do_not_change() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        StreamSettings().gop_cache = None  # type: ignore[misc]  # the point of the test


def test_settings_may_be_given_over_others() -> None:
    changed = override(
        StreamSettings(publish_notify=False),
        {"publish_busy": "replace", "play_missing_timeout": 5, "gop_cache": None},
    )
    assert changed == StreamSettings(
        publish_notify=False,
        publish_busy=BusyPolicy.REPLACE,
        play_missing_timeout=Timeout(5.0),
        gop_cache=None,
    )


def test_settings_may_be_given_as_a_configuration_has_them() -> None:
    said = {"gop_cache": "5s", "publish_idle_timeout": "never", "log_bytes": "1MiB"}
    assert override(StreamSettings(), said) == StreamSettings(
        gop_cache=Seconds(5.0), publish_idle_timeout=NEVER, log_bytes=Bytes(2**20)
    )
    assert override(StreamSettings(), {"gop_cache": "off"}).gop_cache is None


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("publish_busi", "wait", "there is no stream setting 'publish_busi'"),
        ("publish_busy", "maybe", "'maybe' is not a valid BusyPolicy"),
        ("publish_notify", "false", "publish_notify is 'false', expected a bool"),
        ("log_bytes", 2.5, "log_bytes is 2.5, expected a int"),
        ("log_bytes", True, "log_bytes is True, expected a int"),
        ("log_bytes", None, "log_bytes is None, expected a int"),
        ("log_bytes", "off", "expected a size"),
        ("stalled_timeout", "5 parsecs", "expected a duration"),
        ("gop_cache", -1, "expected 0s to 1h"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(key: str, value: object, why: str) -> None:
    with pytest.raises((TypeError, ValueError), match=why):
        override(StreamSettings(), {key: value})
