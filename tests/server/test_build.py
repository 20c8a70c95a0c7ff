"""A server pays for what its configuration names, and for nothing else."""

from __future__ import annotations

import subprocess
import sys

from trio_srs.config.load import loads
from trio_srs.config.schema import Config
from trio_srs.server.build import Offer, build
from trio_srs.service.base import Parts

ELSEWHERE = 'rtmp.listen = ["127.0.0.1:0"]'
"""Who says where to listen is listened to nowhere else."""
IMPORTED = f"""
import sys
import trio_srs.app.cli.serve, trio_srs.server.process
from trio_srs.config.load import loads
from trio_srs.server.build import build
build(loads({ELSEWHERE!r}))
print(*sys.modules)
"""


def test_a_start_imports_no_section_that_is_not_named() -> None:
    """And of a service that is off, whether it is to be on, and no more."""
    run = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True, timeout=30
    )
    modules = {*run.stdout.split()}
    of_services = {tuple(name.split(".")[2:]) for name in modules if ".service." in name}
    assert {name for name in of_services if name[-1] == "config"} == {("rtmp", "config")}
    of_others = {name[1:] for name in of_services if name[0] not in ("base", "rtmp", "access")}
    assert of_others == {(), ("make",)}
    late = ("app_scope", "vhost_scope", "tables")
    assert not {f"trio_srs.config.{name}" for name in late} & modules
    assert not {"tomlkit", "httpx2", "cryptography", "jwt"} & modules
    assert not {"litestar", "msgspec", "av", "numpy", "pygal"} & modules


def test_an_offer_of_a_section_is_made_where_that_is_named() -> None:
    made: list[Config] = []

    def make(parts: Parts, config: Config) -> None:
        made.append(config)

    offers = [Offer(make, sections=("hooks", "vhost"))]
    for text in ("", "[log]", "[app.live]"):
        build(loads(text), services=offers)
    assert made == []
    named = [loads(text) for text in ("[hooks]", "[vhost.v]")]
    for config in named:
        build(config, services=offers)
    build(loads(""), services=[Offer(make)])
    assert made == [*named, loads("")]
