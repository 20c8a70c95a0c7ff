"""What tests need of synthetic streams is in one place."""

from __future__ import annotations

from trio_srs.media import pattern
from trio_srs.testing import streams


def test_everything_public_is_handed_on() -> None:
    assert {name: getattr(streams, name) for name in pattern.__all__} == {
        name: getattr(pattern, name) for name in streams.__all__
    }
