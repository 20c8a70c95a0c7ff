"""The keys of a section are what its class says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trio_srs.config.keys import keys, without_none
from trio_srs.hub.settings import StreamSettings
from trio_srs.service.rtmp.config import RtmpConfig, RtmpsConfig
from trio_srs.units import Bytes, Seconds, Within


@pytest.mark.parametrize(
    ("kind", "inner"),
    [(Path | None, Path), (Bytes | None, Bytes), (Seconds, Seconds), (tuple[int, ...], 0)],
)
def test_off_is_told_apart_from_the_type(kind: Any, inner: Any) -> None:
    assert without_none(kind) == (inner or kind)


def test_a_key_has_type_default_range_and_liveness() -> None:
    key = keys(StreamSettings)["gop_cache"]
    assert (key.inner, key.optional, key.default, key.live) == (Seconds, True, 10.0, True)
    assert isinstance(key.valid, Within)
    certificate = keys(RtmpsConfig)["certificate"]
    assert (certificate.inner, certificate.valid, certificate.live) == (Path, None, False)
    assert not keys(RtmpConfig)["chunk_size"].optional
