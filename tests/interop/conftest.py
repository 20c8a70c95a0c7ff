"""What all of these tests share: the files."""

from __future__ import annotations

import pytest

from tests.interop.media import Library


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The media files, made once."""
    return Library(tmp_path_factory.mktemp("media"))
