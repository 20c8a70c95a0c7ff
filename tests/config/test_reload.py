"""What a reload finds changed, and which of it needs a restart."""

from __future__ import annotations

from trio_srs.config.load import loads
from trio_srs.config.reload import difference
from trio_srs.config.schema import Config
from trio_srs.hub.steering import ConfigChange


def test_nothing_changed_is_no_difference() -> None:
    assert difference(Config(), loads("")) == []


def test_limits_change_live_and_addresses_after_a_restart() -> None:
    new = loads("[rtmp]\nlisten = [':0']\nchunk_size = 4096\n[http]\n[log]\nlevel = 'debug'")
    assert difference(Config(), new) == [
        ConfigChange("rtmp.listen", '[":1935"]', '[":0"]', live=False),
        ConfigChange("rtmp.chunk_size", "60000", "4096", live=True),
        ConfigChange("log.level", '"info"', '"debug"', live=True),
    ]


def test_an_override_comes_and_goes() -> None:
    old = loads("app.live.gop_cache = 'off'")
    new = loads("vhost.'a.b'.app.live.gop_cache = '5s'")
    assert [str(change) for change in difference(old, new)] == [
        'vhost."a.b".enabled: not set -> true',
        'vhost."a.b".aliases: not set -> []',
        'vhost."a.b".app.live.gop_cache: not set -> "5s"',
        'app.live.gop_cache: "off" -> not set',
    ]


def test_how_some_streams_are_served_changes_live() -> None:
    [change] = difference(
        loads("app.live.hls.enabled = true"), loads("app.live.hls.enabled = false")
    )
    assert str(change) == "app.live.hls.enabled: true -> false"


def test_an_override_given_at_its_default_is_a_change_all_the_same() -> None:
    [change] = difference(Config(), loads("app.live.gop_cache = '10s'"))
    assert (change.old, change.new) == (None, '"10s"')


def test_a_secret_that_changed_is_seen_and_not_shown() -> None:
    text = "[rtmps]\ncertificate = 'c'\nkey = 'k'\nkey_password = "
    [change] = difference(loads(text + "'one'"), loads(text + "'two'"))
    assert str(change) == 'rtmps.key_password: "***" -> "***" (after a restart)'
