"""A plan makes the server's configuration, and fills in the command."""

from __future__ import annotations

import math

import pytest

from trio_srs.hub.settings import InspectLevel
from trio_srs.net.address import Address
from trio_srs.tools.expect.run_plan import PLACEHOLDERS, RunPlan, placeholders


def test_the_server_looks_at_everything() -> None:
    config = RunPlan(listen=Address("127.0.0.1", 1936), timeout_s=2.5).config()
    assert [str(address) for address in config.rtmp.listen] == ["127.0.0.1:1936"]
    assert config.stream.inspect is InspectLevel.FULL
    assert config.stream.publish_idle_timeout == 2.5
    assert config.stream.first_packet_timeout == 2.5
    assert RunPlan(timeout_s=math.inf).config().stream.publish_idle_timeout == math.inf


@pytest.mark.parametrize("listen", ["127.0.0.1:0", ":1935"])
def test_the_server_is_asked_for_nothing_but_rtmp(listen: str) -> None:
    config = RunPlan(listen=Address.parse(listen)).config()
    assert config.rtmp.listen == (Address.parse(listen),)
    opened = (config.http.listen, config.https.listen, config.api.listen)
    assert opened == ((), (), ())


def test_there_is_something_for_every_placeholder() -> None:
    values = placeholders("rtmp://127.0.0.1:4000/live/a", "rtmp://127.0.0.1:4000/source/a")
    assert list(values) == list(PLACEHOLDERS)
    assert values["url"] == "rtmp://127.0.0.1:4000/live/a"
    assert [values[name] for name in ("host", "port", "app", "name")] == [
        "127.0.0.1", "4000", "live", "a",
    ]  # fmt: skip
    assert "source_url" not in placeholders("rtmp://127.0.0.1/live/a", None)
