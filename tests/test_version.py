"""The version is said once."""

from __future__ import annotations

import importlib.metadata

from trio_srs.version import VERSION


def test_the_installed_package_has_the_version_of_the_source() -> None:
    assert importlib.metadata.version("trio-srs") == VERSION
